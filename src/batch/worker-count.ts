import { availableParallelism } from "node:os";

import { ArgumentError } from "../errors.js";

/** One worker for two cores, since a worker itself decodes and scores in parallel. */
export function defaultWorkers(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

/** @throws {@link ArgumentError} that names the option which is no whole number of at least 1. */
export function checkCounts(where: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && (value as number) >= 1) continue;
    throw new ArgumentError(where, name, "a whole number of at least 1", value);
  }
}
