import { createRequire } from "node:module";
import type ts from "typescript";

import { requireCached, type CachedModule } from "./code-cache.js";

export type TypeScript = typeof ts;

let loaded: CachedModule | undefined;

/** The compiler, loaded at the first call: it is nine megabytes of source. */
export function loadTypeScript(): TypeScript {
  loaded ??= requireCached(createRequire(import.meta.url).resolve("typescript"));
  return loaded.exports as TypeScript;
}

/** Lets the next kernel load the compiler faster. */
export function keepTypeScript(): void {
  loaded?.keep();
}
