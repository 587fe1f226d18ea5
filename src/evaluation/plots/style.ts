import type { JsonObject, VegaLiteSpec } from "./specs.js";

/**
 * Colours of labels: told apart by people with any colour vision, and against white as well as against the dark grounds of
 * notebooks, up to `#333`, of a contrast above 3 as WCAG asks of graphics. After Okabe and Ito.
 *
 * @see M. Okabe, K. Ito, Color universal design (2008).
 */
export const palette = ["#1F82C8", "#D55E00", "#009E73", "#CC79A7", "#7D6BF5", "#EB2D5A"];

/** Dash patterns (in pixels) that take over when the colours are used up, with Plotly's names for the like. */
const dashes = [
  { vega: [1, 0], plotly: "solid" },
  { vega: [7, 3], plotly: "dash" },
  { vega: [2, 2], plotly: "dot" },
  { vega: [8, 3, 2, 3], plotly: "dashdot" },
] as const;

export interface LineStyle {
  readonly color: string;
  readonly dash: (typeof dashes)[number];
}

/** Distinct styles for the first 24 series; after that they repeat. */
export function lineStyle(index: number): LineStyle {
  return {
    color: palette[index % palette.length]!,
    dash: dashes[Math.floor(index / palette.length) % dashes.length]!,
  };
}

export const trainingColor = palette[0]!;
export const validationColor = palette[1]!;
/** Colour of what static pictures write and draw on their white; live ones take the theme's. */
export const ink = "#222222";
const quietInk = "#666666";
/** Stands back on white as well as on dark grounds. */
export const guideColor = "#888888";

/** Names that exist on every system come last; servers without any of them fall back to what they have. */
export const fontFamily = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** What all Vega-Lite charts share. Ground and ink are left to where they are shown, such as a notebook in its dark theme. */
export function vegaLiteChart(title: string, subtitle: readonly string[], chart: JsonObject): VegaLiteSpec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: { text: title, ...(subtitle.length > 0 && { subtitle }) },
    padding: 12,
    ...chart,
    config: {
      font: fontFamily,
      view: { stroke: null },
      title: {
        anchor: "start",
        fontSize: 15,
        fontWeight: "bold",
        subtitleFontSize: 12,
        subtitlePadding: 4,
        offset: 12,
      },
      axis: {
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        gridColor: guideColor,
        gridOpacity: 0.22,
        domainColor: guideColor,
        tickColor: guideColor,
        titlePadding: 8,
        labelFlush: false,
      },
      legend: {
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        // Names are shortened by us, so that the figures after them stay.
        labelLimit: 1000,
        titleLimit: 1000,
        symbolStrokeWidth: 2.5,
        symbolSize: 300,
        rowPadding: 3,
      },
    },
  };
}

/**
 * Ground and ink of pictures that are saved: Vega-Lite's configuration. The ground is white on purpose, not transparent: a
 * picture must be legible on a dark page too.
 */
export const staticConfig = {
  background: "white",
  title: { color: ink, subtitleColor: quietInk },
  axis: { labelColor: ink, titleColor: ink },
  legend: { labelColor: ink, titleColor: quietInk },
};

/** The colour of text that is a mark, which configurations do not reach: Vega asks for the ground that it is drawn on. */
export const inkOnGround = { expr: `luminance(background) < 0.2 ? "white" : "${ink}"` };

const small = (line: string): string => `<span style="font-size:12px">${plotlyText(line)}</span>`;

/** What all Plotly figures share. Ground, ink and grid are left to the theme of where they are shown. */
export function plotlyLayout(title: string, subtitle: readonly string[], layout: JsonObject): JsonObject {
  const lines = [`<b>${plotlyText(title)}</b>`, ...subtitle.map(small)];
  return {
    title: { text: lines.join("<br>"), x: 0, xref: "paper", xanchor: "left", font: { size: 15 } },
    font: { family: fontFamily, size: 12 },
    margin: { l: 64, r: 24, t: 56 + 18 * subtitle.length, b: 56 },
    hoverlabel: { align: "left" },
    ...layout,
  };
}

export function plotlyAxis(title: string, rest: JsonObject): JsonObject {
  return {
    title: { text: title },
    ticks: "outside",
    zeroline: false,
    automargin: true,
    ...rest,
  };
}

export const plotlyConfig: JsonObject = { responsive: true, displaylogo: false };

/** Label names are the user's; Plotly reads some HTML in every text. */
export function plotlyText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** At most `length` characters; the middle goes first, since the ends of names tell them apart. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (length - 1 - head)).join("")}`;
}

/** Short names that stay different, by full name: charts take equal names for one thing. */
export function distinctlyShortened(names: readonly string[], length: number): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const shortNames = new Map<string, string>();
  for (const name of names) {
    let short = shortened(name, length);
    for (let number = 2; taken.has(short); number++) short = `${shortened(name, length - 4)} (${number})`;
    taken.add(short);
    shortNames.set(name, short);
  }
  return shortNames;
}
