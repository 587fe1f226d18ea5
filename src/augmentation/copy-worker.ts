/** Runs in a worker thread: makes copies of one image after another, as `copy-pool.ts` asks for. */
import { parentPort } from "node:worker_threads";

import { ImageError } from "../images/index.js";
import { makeCopies } from "./copies.js";
import type { CopyAnswer, CopyRequest } from "./copy-pool.js";
import { fromRecipe } from "./recipe.js";

const port = parentPort;
port?.on("message", ({ path, format, orders }: CopyRequest) => {
  const made = makeCopies(
    path,
    format,
    orders.map(({ recipe, seed }) => ({ pipeline: fromRecipe(recipe), seed })),
  );
  made.then(
    (copies) => {
      port.postMessage({ copies } satisfies CopyAnswer);
    },
    (error: unknown) => {
      const problem = error instanceof ImageError ? error.toProblem() : undefined;
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage((problem ? { problem } : { failure }) satisfies CopyAnswer);
    },
  );
});
