import type { Answer, Question } from "../../state/index.js";
import type { WidgetModel } from "./widget-model.js";

export interface Answered<Content> {
  readonly content: Content;
  readonly buffers: readonly DataView[];
}

/**
 * Asks the host something and waits for its answer. A kernel that is busy answers when it is free; one that is gone
 * never does, so `signal` ends the wait.
 *
 * @throws Error with the host's sentence when it cannot answer.
 */
export function ask<Content>(
  widget: WidgetModel<object>,
  about: string,
  content: unknown,
  signal: AbortSignal,
): Promise<Answered<Content>> {
  const question: Question = { ask: uniqueName(), about, content };
  return new Promise((resolve, reject) => {
    const end = (): void => {
      widget.off("msg:custom", hear);
      signal.removeEventListener("abort", cancel);
    };
    const cancel = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const hear = (message: Answer<Content>, buffers: readonly DataView[]): void => {
      if (message.answer !== question.ask) return;
      end();
      if ("error" in message) reject(new Error(message.error));
      else resolve({ content: message.content, buffers });
    };
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    signal.addEventListener("abort", cancel);
    widget.on("msg:custom", hear);
    widget.send(question);
  });
}

/** A name no other view has; `crypto.randomUUID` is missing where JupyterLab is reached over plain HTTP. */
export function uniqueName(): string {
  return crypto.getRandomValues(new Uint32Array(3)).join("-");
}
