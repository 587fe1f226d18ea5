import { display, Widget, type JsonObject, type WidgetState } from "../../kernel/index.js";
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

/** Under this name a widget tells the kernel the id by which what was shown of it is renewed. */
export const displayId = Symbol.for("Jupyter.displayId");

/** Quiet time after a person's last change, in milliseconds: while somebody drags or labels quickly nothing is renewed. */
const quietMs = 500;

/**
 * Keeps true what stands for a widget where it cannot live, as in a notebook that is saved: the static forms of its output are
 * made again when what they show has changed.
 */
export class Renewal {
  readonly #shown: { readonly [displayId]: string };
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(shown: { readonly [displayId]: string }) {
    this.#shown = shown;
  }

  /** From now on there is an output to renew. */
  begin(): void {
    this.#isShown = true;
  }

  /** After the last of several changes. */
  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.now();
    }, quietMs).unref();
  }

  /** At once; the running cell waits for it. */
  now(): void {
    clearTimeout(this.#timer);
    if (!this.#isShown) return;
    // What cannot be made any more, as after the dataset's folder went, stays as it was.
    display(this.#shown, { update: true }).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
