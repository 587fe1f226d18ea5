import { DOMWidgetView } from "@jupyter-widgets/base";

import { watchKernelEnd, type KernelKeeper } from "./kernel-end.js";
import type { Render, WidgetModel } from "./shared/widget-model.js";
import "./style.css";

interface ViewModule {
  readonly render: Render<never>;
}

/** Marks a view that was restored from the notebook's file, without the pictures that only its kernel has. */
const restoredClass = "sightbook-restored";

/**
 * Makes the class of a view from the module that draws it.
 *
 * @param showsPictures - Whether the view is poor without its kernel.
 */
function viewClass(
  load: () => Promise<ViewModule>,
  { showsPictures = false }: { readonly showsPictures?: boolean } = {},
): typeof DOMWidgetView {
  return class extends DOMWidgetView {
    #end: (() => void) | undefined;
    #removed = false;

    override render(): void {
      super.render();
      watchKernelEnd(this.model.widget_manager as unknown as KernelKeeper);
      if (showsPictures && !this.model.comm_live) this.el.classList.add(restoredClass);
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

export const AnnotationView = viewClass(() => import("./annotation/annotation-view.js"), {
  showsPictures: true,
});
export const MonitorView = viewClass(() => import("./monitor/monitor-view.js"));
export const OverviewView = viewClass(() => import("./overview/overview-view.js"), { showsPictures: true });
export const PrecisionRecallView = viewClass(() => import("./precision-recall/precision-recall-view.js"));
export const ResultsView = viewClass(() => import("./results/results-view.js"), { showsPictures: true });
