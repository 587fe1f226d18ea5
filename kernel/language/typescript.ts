import { createRequire } from "node:module";
import type ts from "typescript";

export type TypeScript = typeof ts;

let loaded: TypeScript | undefined;

/** The compiler, loaded at the first call: it is nine megabytes of source. */
export function loadTypeScript(): TypeScript {
  // `require` skips the scan for named exports that importing a CommonJS module costs.
  loaded ??= createRequire(import.meta.url)("typescript") as TypeScript;
  return loaded;
}
