import type { LoadStepReport, TimelinePoint } from "./report-types.js";
import { serverParts, type ServerPart } from "./server-timing.js";
import { joinedPoints } from "./timeline.js";

/** Most points of a line: more are not told apart, and a live chart would send them again several times a second. */
const mostPoints = 300;

/** How a load test went, as lines over one axis of seconds, all steps one after the other. */
export interface OverTime {
  /** Middle of each stretch, in seconds from the first step's begin. */
  readonly seconds: readonly number[];
  /** Where the last stretch ends. */
  readonly end: number;
  readonly charts: readonly {
    readonly title: string;
    /** A value for each of {@link seconds}; `null` where nothing was measured. */
    readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  }[];
}

/** Answers, failures and latency and, where the server tells of them, its own times: what the widget and the report draw. */
export function overTime(steps: readonly LoadStepReport[]): OverTime {
  const all = inOneTimeline(steps);
  const points = joinedPoints(all, Math.max(1, Math.ceil(all.length / mostPoints)));
  const line = (name: string, valueOf: (point: TimelinePoint) => number | undefined) => ({
    name,
    values: points.map((point) => {
      const value = valueOf(point);
      return value === undefined ? null : rounded(value);
    }),
  });
  const latency = (name: "p50" | "p90" | "p99") =>
    line(name, (point) => (point.answers > 0 ? point[name] : undefined));
  const told = serverParts.filter((part) => points.some(({ serverTimes }) => part in serverTimes));
  const inServer = (name: "p50" | "p99") => ({
    title: `In the server, ${name} (ms)`,
    lines: told.map((part: ServerPart) => line(part, ({ serverTimes }) => serverTimes[part]?.[name])),
  });
  const last = points.at(-1);
  return {
    seconds: points.map(({ second, seconds }) => rounded(second + seconds / 2)),
    end: last === undefined ? 0 : last.second + last.seconds,
    charts: [
      {
        title: "Per second",
        lines: [
          line("answers", ({ answers, seconds }) => answers / seconds),
          line("failed", ({ errors, seconds }) => errors / seconds),
        ],
      },
      { title: "Latency (ms)", lines: [latency("p50"), latency("p90"), latency("p99")] },
      ...(told.length > 0 ? [inServer("p50"), inServer("p99")] : []),
    ],
  };
}

function inOneTimeline(steps: readonly LoadStepReport[]): TimelinePoint[] {
  let begun = 0;
  return steps.flatMap(({ timeline }) => {
    const offset = begun;
    begun += timeline.reduce((sum, { seconds }) => sum + seconds, 0);
    return timeline.map((point) => ({ ...point, second: offset + point.second }));
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
