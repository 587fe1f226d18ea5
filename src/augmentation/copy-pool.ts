import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { SightbookError } from "../errors.js";
import type { ImageProblem } from "../images/index.js";
import type { AugmenterRecipe } from "./augmenter.js";
import { makeCopies, type CopyOrder } from "./copies.js";
import { isKnown } from "./recipe.js";

/** What a worker is asked for. */
export interface CopyRequest {
  readonly path: string;
  readonly format: "jpeg" | "png";
  readonly orders: readonly { readonly recipe: AugmenterRecipe; readonly seed: number }[];
}

/** What it answers. */
export type CopyAnswer =
  { readonly copies: Uint8Array[] } | { readonly problem: ImageProblem } | { readonly failure: string };

/**
 * Makes copies in worker threads, so that the calling thread, a notebook's, stays free.
 *
 * Augmenters of the user's own cannot be sent to another thread: pipelines that hold one run on the calling thread.
 */
export class CopyPool {
  readonly size = Math.max(1, Math.min(8, availableParallelism()));
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];

  /** The copies, or what is wrong with the image. At most {@link size} at a time. */
  async make(
    path: string,
    format: "jpeg" | "png",
    orders: readonly CopyOrder[],
  ): Promise<{ readonly copies: Uint8Array[] } | { readonly problem: ImageProblem }> {
    if (!orders.every(({ pipeline }) => isKnown(pipeline)))
      return { copies: await makeCopies(path, format, orders) };
    const worker = this.#idle.pop() ?? this.#start();
    const request: CopyRequest = {
      path,
      format,
      orders: orders.map(({ pipeline, seed }) => ({ recipe: pipeline.toJSON(), seed })),
    };
    worker.postMessage(request);
    const [answer] = (await once(worker, "message")) as [CopyAnswer];
    this.#idle.push(worker);
    if ("failure" in answer) throw new SightbookError(`${path}: augmenting failed. ${answer.failure}`);
    return answer;
  }

  /** Ends the workers; none may be at work. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = new Worker(new URL("./copy-worker.js", import.meta.url));
    this.#all.push(worker);
    return worker;
  }
}
