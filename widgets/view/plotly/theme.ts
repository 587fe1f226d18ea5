import type { Data, Layout, Template } from "plotly.js";

/** What the notebook's theme has to say about a figure. */
export interface Theme {
  /** What a figure does not colour itself. */
  readonly template: Template;
  /** Colour of text and of what is drawn like it. */
  readonly ink: string;
  readonly isDark: boolean;
}

/** The page's theme of this moment: asked of the page, since an output may be drawn before it has its place there. */
export function pageTheme(): Theme {
  const style = getComputedStyle(document.body);
  const variable = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  const ink = variable("--jp-ui-font-color1", "#212121");
  const surface = variable("--jp-layout-color0", "#fff");
  const axis = {
    gridcolor: variable("--jp-border-color2", "#e0e0e0"),
    linecolor: variable("--jp-border-color1", "#bdbdbd"),
    tickcolor: variable("--jp-border-color1", "#bdbdbd"),
    zerolinecolor: variable("--jp-border-color1", "#bdbdbd"),
  };
  const layout: Partial<Layout> = {
    paper_bgcolor: surface,
    plot_bgcolor: surface,
    font: { color: ink },
    xaxis: axis,
    yaxis: axis,
    hoverlabel: { bordercolor: ink },
  };
  return { template: { layout }, ink, isDark: document.body.dataset["jpThemeLight"] === "false" };
}

/** What the library's own figures have in a trace that it marks by `meta: "themed"`. */
interface ThemedTrace {
  readonly meta?: unknown;
  readonly type?: string;
  readonly line?: object;
  /** A heatmap's values from 0 to `zmax`, and what its cells say. */
  readonly z?: readonly (readonly number[])[];
  readonly zmax?: number;
  readonly text?: readonly (readonly string[])[];
}

/**
 * A trace of a figure in the theme. What is marked has colours for white alone: its lines get the theme's ink, and a heatmap's
 * scale, which leads from the ground to what stands out, turns round in a dark theme, its text with it.
 */
export function inTheme(trace: Data, theme: Theme): Data {
  const themed = trace as ThemedTrace;
  if (themed.meta !== "themed") return trace;
  if (themed.type !== "heatmap") return { ...themed, line: { ...themed.line, color: theme.ink } } as Data;
  return { ...themed, ...heatmapIn(theme, themed) } as Data;
}

function heatmapIn({ isDark }: Theme, { z = [], zmax = 1, text }: ThemedTrace): object {
  const isBright = (value: number): boolean => value > 0.5 * zmax === isDark;
  const colored = text?.map((row, i) =>
    row.map(
      (cell, j) => `<span style="color:${isBright(z[i]?.[j] ?? 0) ? "black" : "white"}">${cell}</span>`,
    ),
  );
  return { reversescale: isDark, ...(colored && { text: colored }) };
}
