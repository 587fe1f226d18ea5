import { useRef } from "preact/hooks";

import type { OverviewSize } from "../../state/index.js";
import { useWidth } from "../shared/hooks.js";
import { ticksOf } from "../shared/ticks.js";

const height = 200;
const margin = { left: 52, right: 16, top: 12, bottom: 40 };

/** Width and height of the images; the area of a mark is the number of images of that size. */
export function SizeChart({ sizes }: { readonly sizes: readonly OverviewSize[] }) {
  const place = useRef<HTMLDivElement>(null);
  const width = Math.min(560, useWidth(place, 400));
  const xTicks = ticksOf(0, Math.max(1, ...sizes.map((size) => size.width)));
  const yTicks = ticksOf(0, Math.max(1, ...sizes.map((size) => size.height)));
  const bottom = height - margin.bottom;
  const toX = (x: number): number =>
    margin.left + (x / xTicks.at(-1)!) * (width - margin.left - margin.right);
  const toY = (y: number): number => bottom - (y / yTicks.at(-1)!) * (bottom - margin.top);
  const most = Math.max(1, ...sizes.map(({ count }) => count));
  const common = sizes[0];
  const sentence =
    common === undefined
      ? "Image sizes: no images"
      : `Image sizes: ${sizes.length} different, most often ${common.width} x ${common.height} px`;
  return (
    <div ref={place} class="sightbook-chart">
      <svg width={width} height={height} role="img" aria-label={sentence}>
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
              {y}
            </text>
          </g>
        ))}
        {xTicks.map((x) => (
          <text key={x} x={toX(x)} y={bottom + 16} text-anchor="middle">
            {x}
          </text>
        ))}
        <text x={(margin.left + width - margin.right) / 2} y={height - 6} text-anchor="middle">
          width in px; height upwards
        </text>
        <g class="sightbook-sizes">
          {sizes.map((size) => (
            <circle
              key={`${size.width} ${size.height}`}
              cx={toX(size.width)}
              cy={toY(size.height)}
              r={3 + 9 * Math.sqrt(size.count / most)}
            >
              <title>{`${size.width} x ${size.height} px: ${size.count}`}</title>
            </circle>
          ))}
        </g>
      </svg>
    </div>
  );
}
