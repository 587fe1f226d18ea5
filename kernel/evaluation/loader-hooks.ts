import { LocalModules } from "./local-modules.js";

/**
 * Node 20 runs module hooks on a thread of their own, in this file; see `module.register`.
 * Later lines of Node run them in place, see {@link "./modules.js"}.
 */
let local: LocalModules | undefined;

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}

interface Loaded {
  readonly format: string;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray;
  readonly shortCircuit?: boolean;
}

export function initialize(data: { readonly referrer: string }): void {
  local = new LocalModules(data.referrer);
}

export async function resolve<C extends { readonly parentURL?: string }>(
  specifier: string,
  context: C,
  next: (specifier: string, context: C) => Promise<Resolved>,
): Promise<Resolved> {
  const url = local?.resolve(specifier, context.parentURL);
  return url === undefined ? next(specifier, context) : { url, format: "module", shortCircuit: true };
}

export async function load<C>(
  url: string,
  context: C,
  next: (url: string, context: C) => Promise<Loaded>,
): Promise<Loaded> {
  const source = local?.load(url);
  return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
}
