import { DOMWidgetView } from "@jupyter-widgets/base";

import type { Render, WidgetModel } from "./shared/widget-model.js";
import "./style.css";

interface ViewModule {
  readonly render: Render<never>;
}

/** Makes the class of a view from the module that draws it. */
function viewClass(load: () => Promise<ViewModule>): typeof DOMWidgetView {
  return class extends DOMWidgetView {
    #end: (() => void) | undefined;
    #removed = false;

    override render(): void {
      super.render();
      void this.#draw();
    }

    override remove(): this {
      this.#removed = true;
      this.#end?.();
      return super.remove() as this;
    }

    async #draw(): Promise<void> {
      const { render } = await load();
      // A view may be gone before its code has come.
      if (this.#removed) return;
      this.#end = render({ model: this.model as unknown as WidgetModel<never>, el: this.el });
    }
  };
}

export const AnnotationView = viewClass(() => import("./annotation/annotation-view.js"));
export const MonitorView = viewClass(() => import("./monitor/monitor-view.js"));
export const OverviewView = viewClass(() => import("./overview/overview-view.js"));
export const PrecisionRecallView = viewClass(() => import("./precision-recall/precision-recall-view.js"));
export const ResultsView = viewClass(() => import("./results/results-view.js"));
