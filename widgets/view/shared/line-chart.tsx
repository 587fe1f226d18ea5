import { useRef, useState } from "preact/hooks";

import type { MonitorChart, MonitorLine } from "../../state/index.js";
import { useWidth } from "./hooks.js";
import { formatTick, ticksOf, wholeTicksOf } from "./ticks.js";
import "./line-chart.css";

const height = 200;
const margin = { left: 48, right: 16, top: 20, bottom: 38 };

/**
 * Lines over one axis in the theme's colours, drawn at the width of their place. The legend tells the last values, or those
 * below the pointer.
 */
export function LineChart({ chart }: { readonly chart: MonitorChart }) {
  const place = useRef<HTMLDivElement>(null);
  const width = Math.max(160, useWidth(place, 400));
  const [pointed, point] = useState<number>();
  const [x0, x1] = chart.xDomain;
  const yTicks = ticksOf(...rangeOf(chart));
  const y0 = yTicks[0]!;
  const y1 = yTicks.at(-1)!;
  const innerWidth = width - margin.left - margin.right;
  const bottom = height - margin.bottom;
  const toX = (x: number): number => margin.left + ((x - x0) / (x1 - x0)) * innerWidth;
  const toY = (y: number): number => bottom - ((y - y0) / (y1 - y0)) * (bottom - margin.top);
  const { mark } = chart;
  const markIsRight = mark !== undefined && toX(mark.x) > width - 100;
  return (
    <figure class="sightbook-chart">
      <figcaption>
        <strong>{chart.title}</strong>
        <Legend chart={chart} at={pointed} />
      </figcaption>
      <div ref={place}>
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={describe(chart)}
          onPointerMove={(event) => {
            const left = event.currentTarget.getBoundingClientRect().left;
            const x = x0 + ((event.clientX - left - margin.left) / innerWidth) * (x1 - x0);
            point(nearest(chart.lines, x));
          }}
          onPointerLeave={() => {
            point(undefined);
          }}
        >
          {yTicks.map((y) => (
            <g key={y}>
              <line
                class="sightbook-chart-grid"
                x1={margin.left}
                x2={width - margin.right}
                y1={toY(y)}
                y2={toY(y)}
              />
              <text x={margin.left - 6} y={toY(y) + 4} text-anchor="end">
                {formatTick(y, yTicks[1]! - y0)}
              </text>
            </g>
          ))}
          {wholeTicksOf(x0, x1, innerWidth / 40).map((x) => (
            <text key={x} x={toX(x)} y={bottom + 16} text-anchor="middle">
              {x}
            </text>
          ))}
          <text x={margin.left + innerWidth / 2} y={height - 5} text-anchor="middle">
            {chart.xTitle}
          </text>
          {mark && (
            <g class="sightbook-chart-mark">
              <line x1={toX(mark.x)} x2={toX(mark.x)} y1={margin.top - 4} y2={bottom} />
              <text
                x={toX(mark.x) + (markIsRight ? -5 : 5)}
                y={margin.top - 7}
                text-anchor={markIsRight ? "end" : "start"}
              >
                {mark.text}
              </text>
            </g>
          )}
          {pointed !== undefined && (
            <line
              class="sightbook-chart-pointed"
              x1={toX(pointed)}
              x2={toX(pointed)}
              y1={margin.top}
              y2={bottom}
            />
          )}
          {chart.lines.map((line, i) => (
            <g key={line.name} class={seriesClass(chart.lines, i)}>
              <path d={pathOf(line, toX, toY)} />
              {dotsOf(line).map(([x, y]) => (
                <circle key={x} cx={toX(x)} cy={toY(y)} r={x === pointed ? 4 : 2.5} />
              ))}
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function Legend({ chart, at }: { readonly chart: MonitorChart; readonly at: number | undefined }) {
  const { lines, digits = 3 } = chart;
  return (
    <span class="sightbook-legend" aria-hidden="true">
      {lines.map((line, i) => {
        const index = at === undefined ? line.y.length - 1 : line.x.indexOf(at);
        const value = line.faint === true ? undefined : line.y[index];
        return (
          <span key={line.name} class={seriesClass(lines, i)}>
            <i />
            {line.name}
            {line.faint !== true && (
              <b>{value === null || value === undefined ? "–" : value.toFixed(digits)}</b>
            )}
          </span>
        );
      })}
    </span>
  );
}

/** Each line has a colour of its own; a faint one shares that of the line that follows it. */
function seriesClass(lines: readonly MonitorLine[], index: number): string {
  const color = lines.slice(0, index).filter(({ faint }) => faint !== true).length;
  return `sightbook-series sightbook-series-${color % 6}${lines[index]!.faint === true ? " sightbook-faint" : ""}`;
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

/** Points worth a dot: few enough to be told apart. */
function dotsOf({ x, y, faint }: MonitorLine): [x: number, y: number][] {
  if (faint === true || x.length > 40) return [];
  return x.flatMap((at, i): [number, number][] => {
    const value = y[i];
    return value === null || value === undefined ? [] : [[at, value]];
  });
}

/** Where the lines have a point closest to `x`. */
function nearest(lines: readonly MonitorLine[], x: number): number | undefined {
  let best: number | undefined;
  for (const { x: places, faint } of lines) {
    if (faint === true) continue;
    for (const place of places) {
      if (best === undefined || Math.abs(place - x) < Math.abs(best - x)) best = place;
    }
  }
  return best;
}

function rangeOf({ lines, yMax }: MonitorChart): [number, number] {
  const values = lines.flatMap(({ y }) => y.filter((value) => value !== null));
  if (values.length === 0) return [0, yMax ?? 1];
  if (yMax === undefined) return [0, Math.max(...values) || 1];
  // A full axis hides the last percent, a tight one exaggerates it.
  return [Math.max(0, Math.min(Math.min(...values) - 0.02, yMax - 0.1)), yMax];
}

/** The chart as a sentence. */
function describe({ title, lines, mark }: MonitorChart): string {
  const parts = lines
    .filter(({ faint, y }) => faint !== true && y.length > 0)
    .map(({ name, y }) => `${name} ${y.at(-1) ?? "nothing"}`);
  const ends = mark === undefined ? "" : `; ${mark.text}`;
  return parts.length === 0 ? `${title}: nothing yet` : `${title}: ${parts.join(", ")}${ends}`;
}
