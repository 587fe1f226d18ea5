import type { Layout, Template } from "plotly.js";

/** Plotly's template of the notebook's theme: what a figure does not colour itself. */
export function themeTemplate(node: HTMLElement): Template {
  const style = getComputedStyle(node);
  const variable = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  const text = variable("--jp-ui-font-color1", "#212121");
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
    font: { color: text },
    xaxis: axis,
    yaxis: axis,
    hoverlabel: { bordercolor: text },
  };
  return { layout };
}
