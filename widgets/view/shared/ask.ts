import type { Answer, Question } from "../../state/index.js";
import { isConnected } from "./connection.js";
import type { WidgetModel } from "./widget-model.js";

export interface Answered<Content> {
  readonly content: Content;
  readonly buffers: readonly DataView[];
}

/** No answer will come: the kernel was gone, or went before it answered. */
export class KernelEndedError extends Error {
  constructor() {
    super("The kernel of this widget has ended.");
    this.name = "KernelEndedError";
  }
}

/**
 * Asks the host something and waits for its answer. A kernel that is busy answers when it is free; `signal` ends the wait.
 *
 * @throws Error with the host's sentence when it cannot answer.
 * @throws {@link KernelEndedError}
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
      widget.off("comm_live_update", checkKernel);
      signal.removeEventListener("abort", cancel);
    };
    const fail = (reason: Error): void => {
      end();
      reject(reason);
    };
    const cancel = (): void => {
      fail(signal.reason as Error);
    };
    const checkKernel = (): void => {
      if (!isConnected(widget)) fail(new KernelEndedError());
    };
    const hear = (message: Answer<Content>, buffers: readonly DataView[]): void => {
      if (message.answer !== question.ask) return;
      if ("error" in message) {
        fail(new Error(message.error));
        return;
      }
      end();
      resolve({ content: message.content, buffers });
    };
    if (signal.aborted) cancel();
    else if (!isConnected(widget)) checkKernel();
    else {
      signal.addEventListener("abort", cancel);
      widget.on("msg:custom", hear);
      widget.on("comm_live_update", checkKernel);
      widget.send(question);
    }
  });
}

/** A name no other view has; `crypto.randomUUID` is missing where JupyterLab is reached over plain HTTP. */
export function uniqueName(): string {
  return crypto.getRandomValues(new Uint32Array(3)).join("-");
}
