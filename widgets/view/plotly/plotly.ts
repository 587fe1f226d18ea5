import type { PlotlyModule } from "./types.js";

let loaded: Promise<PlotlyModule> | undefined;

/** plotly.js, fetched when the first plot is drawn. */
export function loadPlotly(): Promise<PlotlyModule> {
  loaded ??= import("plotly.js-dist-min").then((module) => module.default);
  return loaded;
}
