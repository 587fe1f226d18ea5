/** plotly.js as its authors bundle it: the same code as the package `plotly.js`, without its 60 dependencies. */
declare module "plotly.js-dist-min" {
  const plotly: import("./types.js").PlotlyModule;
  export default plotly;
}
