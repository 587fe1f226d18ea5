import type { Data, Layout } from "plotly.js";
import { useEffect, useRef, useState } from "preact/hooks";

import type { DrawnCurve, ThresholdPoint } from "../../state/index.js";
import { loadPlotly } from "../plotly/plotly.js";
import { formatThreshold } from "./threshold-slider.js";

export interface CurvePlotProps {
  readonly curve: DrawnCurve;
  readonly name: string;
  readonly point: ThresholdPoint;
  /** The chosen threshold, which `point` may not have caught up with. */
  readonly threshold: number;
  readonly onPick: (threshold: number) => void;
}

const margin = { l: 56, r: 16, t: 32, b: 48 };
const range = [-0.02, 1.02] as const;

/** The curve with the chosen point on it; a click or a drag chooses another. Keys use the slider. */
export function CurvePlot({ curve, name, point, threshold, onPick }: CurvePlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const drawing = useDrawing(box);
  const [recall, precision] = placeOf(curve, point, threshold);

  useEffect(() => {
    const node = plot.current!;
    let isGone = false;
    void loadPlotly().then(async (plotly) => {
      if (isGone || drawing.width === 0) return;
      const { data, layout } = figure(node, { curve, name, recall, precision, threshold, ...drawing });
      await plotly.react(node, data, layout, { displayModeBar: false, responsive: false });
    });
    return () => {
      isGone = true;
    };
  }, [curve, name, recall, precision, threshold, drawing]);
  useEffect(() => {
    const node = plot.current!;
    return () => {
      void loadPlotly().then((plotly) => {
        plotly.purge(node);
      });
    };
  }, []);

  const pick = (event: PointerEvent): void => {
    const { left, top } = box.current!.getBoundingClientRect();
    const nearest = nearestPoint(curve, {
      x: event.clientX - left,
      y: event.clientY - top,
      width: drawing.width,
      height: drawing.height,
    });
    if (nearest !== undefined && nearest !== threshold) onPick(nearest);
  };
  return (
    <div
      ref={box}
      class="sightbook-curve"
      role="img"
      aria-label={`Precision-recall curve of ${name}, the chosen point at precision ${precision.toFixed(3)} and recall ${recall.toFixed(3)}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        pick(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) pick(event);
      }}
    >
      <div ref={plot} />
    </div>
  );
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Counts changes of the theme. */
  readonly theme: number;
}

/** The room there is, and the theme: what makes the same curve look different. */
function useDrawing(box: { readonly current: HTMLElement | null }): Drawing {
  const [drawing, setDrawing] = useState<Drawing>({ width: 0, height: 0, theme: 0 });
  useEffect(() => {
    const node = box.current!;
    const sizes = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = node;
      setDrawing((old) => ({ ...old, width, height }));
    });
    sizes.observe(node);
    const themes = new MutationObserver(() => {
      setDrawing((old) => ({ ...old, theme: old.theme + 1 }));
    });
    themes.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
    };
  }, [box]);
  return drawing;
}

/** Where the threshold lies on the curve: exactly, once the kernel has said so. */
function placeOf(
  curve: DrawnCurve,
  point: ThresholdPoint,
  threshold: number,
): [recall: number, precision: number] {
  if (point.of === curve.of && point.threshold === threshold) return [point.recall ?? 0, point.precision];
  const index = curve.thresholds.findIndex((own) => own >= threshold);
  return index < 0 ? [0, 1] : [curve.recall[index]!, curve.precision[index]!];
}

/** The threshold of the point that is nearest on the screen. */
function nearestPoint(
  { thresholds, recall, precision }: DrawnCurve,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): number | undefined {
  const innerWidth = width - margin.l - margin.r;
  const innerHeight = height - margin.t - margin.b;
  const span = range[1] - range[0];
  let nearest: number | undefined;
  let least = Infinity;
  thresholds.forEach((threshold, i) => {
    const dx = margin.l + ((recall[i]! - range[0]) / span) * innerWidth - x;
    const dy = margin.t + ((range[1] - precision[i]!) / span) * innerHeight - y;
    const distance = dx * dx + dy * dy;
    if (distance < least) [nearest, least] = [threshold, distance];
  });
  return nearest;
}

interface FigureParts extends Drawing {
  readonly curve: DrawnCurve;
  readonly name: string;
  readonly recall: number;
  readonly precision: number;
  readonly threshold: number;
}

function figure(node: HTMLElement, parts: FigureParts): { data: Data[]; layout: Partial<Layout> } {
  const { curve, name, recall, precision, threshold, width, height } = parts;
  const style = getComputedStyle(node);
  const color = (property: string): string => style.getPropertyValue(property).trim();
  const text = color("--sightbook-text");
  const line = color("--sightbook-line");
  const accent = color("--sightbook-accent");
  const axis = (title: string) => ({
    title: { text: title, standoff: 8 },
    range: [...range],
    fixedrange: true,
    gridcolor: color("--sightbook-line-faint"),
    linecolor: line,
    zeroline: false,
    tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1],
  });
  const data: Data[] = [
    {
      type: "scatter",
      mode: curve.thresholds.length > 60 ? "lines" : "lines+markers",
      // From recall 0 on, where nothing is flagged and precision is 1 by definition.
      x: [0, ...[...curve.recall].reverse()],
      y: [1, ...[...curve.precision].reverse()],
      customdata: [
        "",
        ...[...curve.thresholds].reverse().map((own) => `<br>threshold ${formatThreshold(own)}`),
      ],
      line: { color: accent, width: 2, shape: "vh" },
      marker: { color: accent, size: 5 },
      hovertemplate: "precision %{y:.3f}<br>recall %{x:.3f}%{customdata}<extra></extra>",
    },
    {
      type: "scatter",
      mode: "markers",
      cliponaxis: false,
      x: [recall],
      y: [precision],
      marker: { color: color("--sightbook-surface"), size: 14, line: { color: text, width: 3 } },
      hovertemplate: `precision %{y:.3f}<br>recall %{x:.3f}<br>threshold ${formatThreshold(threshold)}<extra>chosen</extra>`,
    },
  ];
  const guide = { type: "line", layer: "below", line: { color: line, width: 1, dash: "dot" } } as const;
  return {
    data,
    layout: {
      width,
      height,
      margin,
      showlegend: false,
      dragmode: false,
      hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: text, family: style.fontFamily, size: 12 },
      title: {
        text: `${escapeText(name)}: average precision ${(curve.averagePrecision ?? 0).toFixed(3)}`,
        font: { size: 13 },
        x: 0,
        xref: "paper",
        y: 1,
        yref: "container",
        yanchor: "top",
        pad: { t: 8 },
      },
      xaxis: axis("Recall"),
      yaxis: axis("Precision"),
      shapes: [
        { ...guide, x0: recall, x1: recall, y0: range[0], y1: precision },
        { ...guide, x0: range[0], x1: recall, y0: precision, y1: precision },
      ],
    },
  };
}

/** Label names are the user's; Plotly reads some HTML in every text. */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
