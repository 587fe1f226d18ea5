/** Anything that JSON can hold. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** An object that JSON can hold. */
export type JsonObject = Readonly<Record<string, Json | undefined>>;

/** A chart in Vega-Lite version 5, as plain data. */
export interface VegaLiteSpec extends JsonObject {
  readonly $schema: "https://vega.github.io/schema/vega-lite/v5.json";
}

/** A Plotly figure, as plain data: as much of it as our plots use. */
export interface PlotlyFigure {
  readonly data: readonly PlotlyTrace[];
  readonly layout: JsonObject;
  readonly config: JsonObject;
}

export type PlotlyTrace = PlotlyLine | PlotlyPoint | PlotlyHeatmap;

/**
 * Marks a trace whose colours go with the theme where the renderer knows it: a line gets the theme's ink, a heatmap's scale
 * turns round in a dark theme. Other renderers, which draw on white, take the colours that the trace names.
 */
export type Themed = "themed";

export interface PlotlyLine {
  readonly type: "scatter";
  readonly mode: "lines" | "lines+markers";
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly line: {
    readonly color: string;
    readonly width: number;
    readonly dash: string;
    readonly shape?: "linear" | "vh";
  };
  readonly customdata?: readonly Json[];
  readonly hovertemplate?: string;
  readonly meta?: Themed;
  readonly hoverinfo?: "skip";
  readonly showlegend?: boolean;
  /** Lower comes first in the legend; 1000 where absent. */
  readonly legendrank?: number;
}

export interface PlotlyPoint {
  readonly type: "scatter";
  readonly mode: "markers";
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly marker: JsonObject;
  readonly hovertemplate: string;
  readonly showlegend: false;
}

export interface PlotlyHeatmap {
  readonly type: "heatmap";
  readonly meta: Themed;
  readonly x: readonly string[];
  readonly y: readonly string[];
  readonly z: readonly (readonly number[])[];
  readonly zmin: number;
  readonly zmax: number;
  readonly text?: readonly (readonly string[])[];
  readonly texttemplate?: string;
  readonly textfont?: JsonObject;
  readonly customdata: readonly (readonly Json[])[];
  readonly hovertemplate: string;
  readonly colorscale: readonly (readonly [number, string])[];
  readonly colorbar: JsonObject;
  readonly xgap: number;
  readonly ygap: number;
}
