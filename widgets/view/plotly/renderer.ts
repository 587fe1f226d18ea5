import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";

import { loadPlotly } from "./plotly.js";
import type { Figure } from "./types.js";

const mimeType = "application/vnd.plotly.v1+json";

/** Draws a Plotly figure in an output. */
class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  #drawn = false;

  constructor() {
    super();
    this.addClass("sightbook-plotly");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const figure = model.data[mimeType] as unknown as Figure;
    const plotly = await loadPlotly();
    if (this.isDisposed) return;
    await plotly.react(
      this.node,
      structuredClone(figure.data) as never,
      { ...figure.layout, autosize: true },
      { responsive: false, displaylogo: false, ...figure.config },
    );
    this.#drawn = true;
  }

  override dispose(): void {
    if (this.#drawn)
      void loadPlotly().then((plotly) => {
        plotly.purge(this.node);
      });
    super.dispose();
  }

  protected override onResize(message: Widget.ResizeMessage): void {
    super.onResize(message);
    this.#fit();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.#fit();
  }

  #fit(): void {
    if (this.#drawn && this.isVisible) void loadPlotly().then((plotly) => plotly.Plots.resize(this.node));
  }
}

/** JupyterLab's and Notebook's renderer of Plotly figures, which they do not bring. */
const extension: IRenderMime.IExtension = {
  id: "sightbook:plotly",
  description: "Renders Plotly figures",
  rendererFactory: {
    safe: true,
    mimeTypes: [mimeType],
    // Before the pictures that every plot carries as well.
    defaultRank: 50,
    createRenderer: () => new PlotlyRenderer(),
  },
  dataType: "json",
};

export default extension;
