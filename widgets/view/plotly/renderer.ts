import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";

import { loadPlotly } from "./plotly.js";
import { inTheme, pageTheme } from "./theme.js";
import type { Figure } from "./types.js";
import "./plotly.css";

const mimeType = "application/vnd.plotly.v1+json";

/** Plotly's own height where a figure names none, in pixels. */
const defaultHeight = 450;

/**
 * Draws a Plotly figure in an output: in the notebook's theme where the figure leaves colours open, again when the theme
 * changes, and at the width of the cell. Its height is kept free while plotly.js is fetched.
 */
class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  #figure: Figure | undefined;
  readonly #sizes = new ResizeObserver(() => {
    this.#fit();
  });
  readonly #themes = new MutationObserver(() => {
    void this.#draw();
  });

  constructor() {
    super();
    this.addClass("sightbook-plotly");
    this.#sizes.observe(this.node);
    this.#themes.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const figure = model.data[mimeType] as unknown as Partial<Figure> | null;
    if (!Array.isArray(figure?.data)) {
      this.#say("the figure must be an object whose data is a list of traces");
      return;
    }
    const { data, layout = {}, config = {}, frames } = figure;
    this.#figure = { data, layout, config, ...(frames !== undefined && { frames }) };
    this.node.style.minHeight = `${layout.height ?? defaultHeight}px`;
    await this.#draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#sizes.disconnect();
    this.#themes.disconnect();
    const wasDrawn = this.#figure !== undefined;
    this.#figure = undefined;
    if (wasDrawn) {
      void loadPlotly().then((plotly) => {
        plotly.purge(this.node);
      });
    }
    super.dispose();
  }

  async #draw(): Promise<void> {
    try {
      const plotly = await loadPlotly();
      const figure = this.#figure;
      if (figure === undefined) return;
      const { data, layout, config, frames } = structuredClone(figure);
      const theme = pageTheme();
      await plotly.react(this.node, {
        data: data.map((trace) => inTheme(trace, theme)),
        layout: {
          autosize: layout.width === undefined,
          // What the user has zoomed into stays when the theme changes.
          uirevision: "same",
          ...layout,
          template: layout.template ?? theme.template,
        },
        config: { displaylogo: false, ...config, responsive: false },
        ...(frames !== undefined && { frames }),
      });
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #fit(): void {
    const figure = this.#figure;
    if (figure?.layout.width !== undefined || !this.node.classList.contains("js-plotly-plot")) return;
    if (this.node.clientWidth === 0) return;
    void loadPlotly().then((plotly) => {
      if (this.#figure !== undefined) return plotly.Plots.resize(this.node);
      return undefined;
    });
  }

  /** An empty box would say nothing. */
  #say(why: string): void {
    this.#figure = undefined;
    this.node.style.minHeight = "";
    this.node.setAttribute("role", "alert");
    this.node.textContent = `This Plotly figure cannot be drawn: ${why}.`;
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
