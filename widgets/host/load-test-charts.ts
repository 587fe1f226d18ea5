import { overTime, type LoadStepReport } from "../../src/loadtest/index.js";
import type { MonitorChart } from "../state/index.js";

/**
 * Answers, failures, latency and the server's own times over the whole test, all steps one after the other.
 *
 * @param plannedSeconds - How long the test will be, as far as that is known; the axis ends there.
 */
export function loadTestCharts(steps: readonly LoadStepReport[], plannedSeconds?: number): MonitorChart[] {
  const { seconds, end, charts } = overTime(steps);
  const xDomain = [0, axisEnd(end, plannedSeconds, steps)] as const;
  return charts.map(({ title, lines }) => ({
    title,
    xTitle: "Seconds",
    xDomain,
    digits: 1,
    lines: lines.map(({ name, values }) => ({ name, x: seconds, y: values })),
  }));
}

/** A long test is not drawn into the first pixels of its axis: the axis grows with it. */
function axisEnd(end: number, plannedSeconds: number | undefined, steps: readonly LoadStepReport[]): number {
  if (steps.length > 0 && plannedSeconds === undefined) return Math.max(1, end);
  const room = [10, 30, 60, 120, 300, 600, 1800, 3600].find((seconds) => seconds > 1.2 * end) ?? Infinity;
  return Math.max(1, end, Math.min(plannedSeconds ?? 10, room));
}
