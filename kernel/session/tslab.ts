import { createRequire } from "node:module";

import type { JsonObject } from "../wire/message.js";
import type { Displays } from "./displays.js";

/** What tslab hands over when a cell displays something. */
interface TslabDisplay {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  readonly transient: { readonly display_id?: string };
}

/**
 * Lets the display functions of the npm package tslab work here. They call a function that tslab's own kernel puts into one
 * of its modules; ours goes there instead.
 *
 * @param require - Resolves as the notebook's imports do.
 */
export function showTslabOutputs(require: NodeJS.Require, displays: Displays): void {
  const inside = createRequire(require.resolve("tslab"));
  const module = inside("./jupyter.js") as { lastWriteDisplayData: unknown };
  module.lastWriteDisplayData = ({ data, metadata, transient }: TslabDisplay, update?: boolean) => {
    const id = transient.display_id;
    void displays.display(data, {
      raw: true,
      metadata,
      update: update === true,
      ...(id === undefined ? {} : { id }),
    });
  };
}
