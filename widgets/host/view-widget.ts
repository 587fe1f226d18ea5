import { Widget, type JsonObject, type WidgetState } from "../../kernel/index.js";
import { display as jupyterDisplay } from "../../src/display.js";
import { sightbookVersion } from "../../src/version.js";

/** The browser module of all our widgets, registered by the labextension and on npm as `dist/index.js`. */
const module = "sightbook";

/** Opens the widget whose view is `view`, in the version that goes with this library. */
export function openViewWidget<S extends WidgetState>(
  view: string,
  state: S,
  fallback: () => JsonObject,
): Widget<S> {
  return new Widget({ module, moduleVersion: `^${sightbookVersion()}`, view, state, fallback });
}

export { jupyterDisplay };

/** What the kernel's widget shows, its fallback included. */
export function displayOf<S extends WidgetState>(widget: Widget<S>): JsonObject {
  return (widget as unknown as Record<symbol, () => JsonObject>)[jupyterDisplay]!();
}
