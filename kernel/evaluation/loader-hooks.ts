import { type Loaded, LocalModules, type Resolved } from "./local-modules.js";

/**
 * Node 20 runs module hooks on a thread of their own, in this file; see `module.register`.
 * Later lines of Node run them in place, see {@link "./modules.js"}.
 */
let local: LocalModules | undefined;

export function initialize(data: { readonly referrer: string }): void {
  local = new LocalModules(data.referrer);
}

export async function resolve<C extends { readonly parentURL?: string }>(
  specifier: string,
  context: C,
  next: (specifier: string, context: C) => Promise<Resolved>,
): Promise<Resolved> {
  return local?.resolve(specifier, context.parentURL) ?? next(specifier, context);
}

export async function load<C>(
  url: string,
  context: C,
  next: (url: string, context: C) => Promise<Loaded>,
): Promise<Loaded> {
  return local?.load(url) ?? next(url, context);
}
