import type { DisplayOptions } from "../api.js";
import type { MimeBundle } from "../display/bundle.js";
import { displayIdOf, mimeBundle, rawBundle } from "../display/bundle.js";
import { currentContext } from "../evaluation/context.js";
import type { RequestContext } from "../evaluation/context.js";
import { publishOutput } from "./outputs.js";
import type { Publisher } from "./publisher.js";

/** Publishes what cells display, in the order in which they asked for it. */
export class Displays {
  readonly #publisher: Publisher;
  readonly #fallback: () => RequestContext | undefined;

  constructor(parts: {
    publisher: Publisher;
    /** The request to which a display belongs that no request's code asked for. */
    fallback: () => RequestContext | undefined;
  }) {
    this.#publisher = parts.publisher;
    this.#fallback = parts.fallback;
  }

  display(value: unknown, asked: DisplayOptions): Promise<void> {
    const id = asked.id ?? displayIdOf(value);
    const options = id === undefined ? asked : { ...asked, id };
    const context = currentContext() ?? this.#fallback();
    if (options.update === true && options.id === undefined) {
      throw new TypeError("display: update needs the id of the output that it replaces.");
    }
    const made = options.raw === true ? rawBundle(value) : mimeBundle(value);
    const earlier = context === undefined ? [] : [...context.pending];
    if (!(made instanceof Promise) && earlier.length === 0) {
      this.#publish(made, options, context);
      return Promise.resolve();
    }
    // Only displays wait for each other; what is printed meanwhile comes first.
    const shown = Promise.allSettled(earlier).then(async () => {
      this.#publish(await made, options, context);
    });
    if (context !== undefined) {
      const settled = shown.catch(() => undefined).finally(() => context.pending.delete(settled));
      context.pending.add(settled);
    }
    return shown;
  }

  clear(wait: boolean): void {
    const context = currentContext() ?? this.#fallback();
    if (context?.options.silent !== true)
      this.#publisher.publish("clear_output", { wait }, context?.parent ?? {});
  }

  #publish(bundle: MimeBundle, options: DisplayOptions, context: RequestContext | undefined): void {
    if (context?.options.silent === true) return;
    const metadata = { ...bundle.metadata, ...options.metadata };
    publishOutput(this.#publisher, options.update === true ? "update_display_data" : "display_data", {
      bundle: { data: bundle.data, metadata },
      context,
      id: options.id,
    });
  }
}
