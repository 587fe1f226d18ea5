import type { Config, Data, Frame, Layout, Root } from "plotly.js";

/** A figure as `application/vnd.plotly.v1+json` holds it, its optional parts made up for. */
export interface Figure {
  readonly data: Data[];
  readonly layout: Partial<Layout>;
  readonly config: Partial<Config>;
  readonly frames?: Frame[];
}

/** What we use of plotly.js. */
export interface PlotlyModule {
  react(root: Root, figure: Figure): Promise<HTMLElement>;
  react(root: Root, data: Data[], layout: Partial<Layout>, config: Partial<Config>): Promise<HTMLElement>;
  purge(root: Root): void;
  readonly Plots: { resize(root: Root): Promise<void> | undefined };
}
