import type { Config, Data, Layout, Root } from "plotly.js";

/** A figure as `application/vnd.plotly.v1+json` holds it. */
export interface Figure {
  readonly data: readonly Partial<Data>[];
  readonly layout: Readonly<Partial<Layout>>;
  readonly config?: Readonly<Partial<Config>>;
}

/** What we use of plotly.js. */
export interface PlotlyModule {
  react(root: Root, data: Data[], layout: Partial<Layout>, config: Partial<Config>): Promise<HTMLElement>;
  purge(root: Root): void;
  readonly Plots: { resize(root: Root): Promise<void> | undefined };
}
