import { randomUUID } from "node:crypto";

import type { MimeBundle } from "../display/bundle.js";
import type { RequestContext } from "../evaluation/context.js";
import type { Publisher } from "./publisher.js";

const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** What is published, and on whose behalf. */
export interface Output {
  readonly bundle: MimeBundle;
  readonly context: RequestContext | undefined;
  /** Display id, if it has one. */
  readonly id?: string | undefined;
  /** Execution count of a result. */
  readonly count?: number;
}

/**
 * Publishes an output.
 *
 * Where a program runs the notebook, which says with each cell that nobody can be asked, a live widget has no use: the
 * output then ends as its static picture. nbconvert would else prefer the widget, whose state it stores, and try to draw it
 * without its kernel by scripts from the network.
 */
export function publishOutput(
  publisher: Publisher,
  type: "display_data" | "update_display_data" | "execute_result",
  { bundle: { data, metadata }, context, id, count }: Output,
): void {
  const still = context?.options.allowStdin === false ? withoutWidget(data) : undefined;
  const displayId = id ?? (still === undefined ? undefined : randomUUID());
  const transient = displayId === undefined ? {} : { display_id: displayId };
  const parent = context?.parent ?? {};
  const content =
    type === "execute_result" ? { execution_count: count!, data, metadata } : { data, metadata };
  const isPlain = type === "execute_result" && displayId === undefined;
  publisher.publish(type, isPlain ? content : { ...content, transient }, parent);
  if (still !== undefined)
    publisher.publish("update_display_data", { data: still, metadata, transient }, parent);
}

/** The other formats of a widget, if one of them is more than a bare text. */
function withoutWidget(data: MimeBundle["data"]): MimeBundle["data"] | undefined {
  if (!(WIDGET_VIEW in data)) return undefined;
  const others = Object.fromEntries(Object.entries(data).filter(([type]) => type !== WIDGET_VIEW));
  const isRich = Object.keys(others).some((type) => type === "text/html" || type.startsWith("image/"));
  return isRich ? others : undefined;
}
