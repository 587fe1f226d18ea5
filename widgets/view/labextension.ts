import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import type { Application, IPlugin } from "@lumino/application";
import type { Widget } from "@lumino/widgets";

import { showStills, type RendererRegistry } from "./still.js";

declare const SIGHTBOOK_VERSION: string;

/** What we use of JupyterLab and Notebook. */
interface FrontEnd extends Application {
  readonly docRegistry: {
    addWidgetExtension(
      widgetName: "Notebook",
      extension: { createNew(panel: NotebookPanel): undefined },
    ): unknown;
  };
}

interface NotebookPanel extends Widget {
  readonly content: { readonly rendermime: RendererRegistry };
}

/** JupyterLab's and Notebook's plugin: makes the widgets' module known to the widget manager. */
const widgets: IPlugin<Application, void> = {
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

/** JupyterLab's and Notebook's plugin: static pictures where live widgets are not. */
const stills: IPlugin<FrontEnd, void> = {
  id: "sightbook:stills",
  description: "Static pictures of widgets without a kernel",
  autoStart: true,
  activate: ({ docRegistry }) => {
    docRegistry.addWidgetExtension("Notebook", {
      createNew: ({ content }) => {
        showStills(content.rendermime);
        return undefined;
      },
    });
  },
};

export default [widgets, stills];
