import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import type { Application, IPlugin } from "@lumino/application";

declare const SIGHTBOOK_VERSION: string;

/** JupyterLab's and Notebook's plugin: makes the widgets' module known to the widget manager. */
const plugin: IPlugin<Application, void> = {
  id: "sightbook:widgets",
  description: "Sightbook's widgets",
  requires: [IJupyterWidgetRegistry],
  autoStart: true,
  activate: (_application, registry: IJupyterWidgetRegistry) => {
    registry.registerWidget({
      name: "sightbook",
      version: SIGHTBOOK_VERSION,
      exports: () => import("./index.js"),
    });
  },
};

export default plugin;
