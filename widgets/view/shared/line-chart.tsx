import type { MonitorChart, MonitorLine } from "../../state/index.js";
import "./line-chart.css";

const width = 400;
const height = 220;
const left = 48;
const right = 12;
const top = 28;
const bottom = 40;

/** Lines over one axis, in the theme's colours; it grows with its place and reads out its last values. */
export function LineChart({ chart }: { readonly chart: MonitorChart }) {
  const { title, lines, mark, xTitle } = chart;
  const [x0, x1] = chart.xDomain;
  const yTicks = ticksOf(...rangeOf(chart));
  const y0 = yTicks[0]!;
  const y1 = yTicks.at(-1)!;
  const toX = (x: number): number => left + ((x - x0) / (x1 - x0)) * (width - left - right);
  const toY = (y: number): number => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom);
  return (
    <svg class="sightbook-chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(chart)}>
      <text x={left} y={16} class="sightbook-chart-title">
        {title}
      </text>
      {yTicks.map((y) => (
        <g key={y}>
          <line class="sightbook-chart-grid" x1={left} x2={width - right} y1={toY(y)} y2={toY(y)} />
          <text class="sightbook-chart-tick" x={left - 6} y={toY(y) + 4} text-anchor="end">
            {formatTick(y, yTicks[1]! - y0)}
          </text>
        </g>
      ))}
      {xTicksOf(x0, x1).map((x) => (
        <text key={x} class="sightbook-chart-tick" x={toX(x)} y={height - bottom + 16} text-anchor="middle">
          {x}
        </text>
      ))}
      <text class="sightbook-chart-tick" x={(left + width - right) / 2} y={height - 6} text-anchor="middle">
        {xTitle}
      </text>
      {mark && (
        <g class="sightbook-chart-mark">
          <line x1={toX(mark.x)} x2={toX(mark.x)} y1={top} y2={height - bottom} />
          <text
            x={toX(mark.x) + (isRight(mark.x, x0, x1) ? -5 : 5)}
            y={height - bottom - 6}
            text-anchor={isRight(mark.x, x0, x1) ? "end" : "start"}
          >
            {mark.text}
          </text>
        </g>
      )}
      {lines.map((line, i) => (
        <g key={line.name} class={`sightbook-chart-line sightbook-chart-${line.faint ? "faint" : line.name}`}>
          <path d={pathOf(line, toX, toY)} />
          {!line.faint &&
            line.x.length <= 40 &&
            line.x.map((x, at) => {
              const y = line.y[at];
              return y === null || y === undefined ? null : (
                <circle key={at} cx={toX(x)} cy={toY(y)} r={2.5} />
              );
            })}
          <desc>{i}</desc>
        </g>
      ))}
    </svg>
  );
}

function isRight(x: number, x0: number, x1: number): boolean {
  return (x - x0) / (x1 - x0) > 0.7;
}

function pathOf({ x, y }: MonitorLine, toX: (x: number) => number, toY: (y: number) => number): string {
  let path = "";
  let pen = "M";
  y.forEach((value, at) => {
    if (value === null) pen = "M";
    else {
      path += `${pen}${toX(x[at]!).toFixed(1)} ${toY(value).toFixed(1)}`;
      pen = "L";
    }
  });
  return path;
}

function rangeOf({ lines, yMax }: MonitorChart): [number, number] {
  const values = lines.flatMap(({ y }) => y.filter((value) => value !== null));
  if (values.length === 0) return [0, yMax ?? 1];
  const lowest = Math.min(...values);
  if (yMax === undefined) return [0, Math.max(...values) || 1];
  return [Math.max(0, Math.min(lowest - 0.02, yMax - 0.1)), yMax];
}

/** Round values that enclose the range, four to six of them. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Whole numbers only: epochs. */
function xTicksOf(low: number, high: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => (high - low) / size <= 10) ?? 2000;
  const ticks: number[] = [];
  for (let x = Math.ceil(low / step) * step; x <= high; x += step) ticks.push(x);
  return ticks;
}

function formatTick(value: number, step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return value.toFixed(Math.min(6, Number.isInteger(step * 10 ** digits) ? digits : digits + 1));
}

/** The chart as a sentence. */
function describe({ title, lines, mark }: MonitorChart): string {
  const parts = lines
    .filter(({ faint, y }) => faint !== true && y.length > 0)
    .map(({ name, y }) => `${name} ${String(y.at(-1))}`);
  const ends = mark === undefined ? "" : `; ${mark.text}`;
  return parts.length === 0 ? `${title}: nothing yet` : `${title}: ${parts.join(", ")}${ends}`;
}
