import type { LoadStepReport, TimelinePoint } from "../../src/loadtest/index.js";
import type { MonitorChart } from "../state/index.js";

/** Most points of a line: more are not told apart, and would be sent again several times a second. */
const mostPoints = 150;

/**
 * Answers, failures and latency over the whole test, all steps one after the other.
 *
 * @param plannedSeconds - How long the test will be, as far as that is known; the axis ends there.
 */
export function loadTestCharts(steps: readonly LoadStepReport[], plannedSeconds?: number): MonitorChart[] {
  const points = thinned(inOneTimeline(steps));
  const end = points.reduce((last, { second, seconds }) => Math.max(last, second + seconds), 0);
  const x = points.map(({ second, seconds }) => rounded(second + seconds / 2));
  const shared = { xTitle: "Seconds", xDomain: [0, axisEnd(end, plannedSeconds, steps)] as const, digits: 1 };
  const latency = (name: "p50" | "p90" | "p99") => ({
    name,
    x,
    y: points.map((point) => (point.answers > 0 ? rounded(point[name]) : null)),
  });
  return [
    {
      ...shared,
      title: "Per second",
      lines: [
        { name: "answers", x, y: points.map(({ answers, seconds }) => rounded(answers / seconds)) },
        { name: "failed", x, y: points.map(({ errors, seconds }) => rounded(errors / seconds)) },
      ],
    },
    { ...shared, title: "Latency (ms)", lines: [latency("p50"), latency("p90"), latency("p99")] },
  ];
}

function inOneTimeline(steps: readonly LoadStepReport[]): TimelinePoint[] {
  let begun = 0;
  return steps.flatMap(({ timeline }) => {
    const offset = begun;
    begun += timeline.reduce((sum, { seconds }) => sum + seconds, 0);
    return timeline.map((point) => ({ ...point, second: offset + point.second }));
  });
}

/** Neighbours joined until they are few; of percentiles, which cannot be joined, the worst is kept. */
function thinned(points: readonly TimelinePoint[]): TimelinePoint[] {
  const together = Math.ceil(points.length / mostPoints);
  if (together <= 1) return [...points];
  const groups = Array.from({ length: Math.ceil(points.length / together) }, (_, at) =>
    points.slice(at * together, (at + 1) * together),
  );
  return groups.map((group) =>
    group.reduce((a, b) => ({
      second: a.second,
      seconds: a.seconds + b.seconds,
      answers: a.answers + b.answers,
      errors: a.errors + b.errors,
      p50: Math.max(a.p50, b.p50),
      p90: Math.max(a.p90, b.p90),
      p99: Math.max(a.p99, b.p99),
      max: Math.max(a.max, b.max),
    })),
  );
}

/** A long test is not drawn into the first pixels of its axis: the axis grows with it. */
function axisEnd(end: number, plannedSeconds: number | undefined, steps: readonly LoadStepReport[]): number {
  if (steps.length > 0 && plannedSeconds === undefined) return Math.max(1, end);
  const room = [10, 30, 60, 120, 300, 600, 1800, 3600].find((seconds) => seconds > 1.2 * end) ?? Infinity;
  return Math.max(1, end, Math.min(plannedSeconds ?? 10, room));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
