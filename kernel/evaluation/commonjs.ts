import { existsSync, statSync } from "node:fs";
import { sep } from "node:path";

/** Node's cache of CommonJS modules, by file name. */
type Cache = NodeJS.Require["cache"];
type Exports = Readonly<Record<string, unknown>>;

const namespaces = new WeakMap<object, object>();

/**
 * What a cell gets for `import * as` of a CommonJS module, of which Node's namespace knows only the names that it finds by
 * looking at the text: every exported name, and as `default` what the module calls so if it was compiled from an ES module.
 * This is how TypeScript and bundlers see it. Other namespaces are returned as they are.
 */
export function namespaceOf(loaded: object, cache: Cache): object {
  const { default: exports } = loaded as { default?: unknown };
  if (!hasProperties(exports)) return loaded;
  const missing = Object.keys(exports).filter((name) => !(name in loaded));
  const compiled = exports["__esModule"] === true && "default" in exports;
  if (missing.length === 0 && !compiled) return loaded;
  if (!Object.values(cache).some((module) => module?.exports === exports)) return loaded;
  const known = namespaces.get(exports);
  if (known !== undefined) return known;
  const namespace = Object.create(null, { [Symbol.toStringTag]: { value: "Module" } }) as object;
  const define = (name: string, source: Exports) =>
    Object.defineProperty(namespace, name, { get: () => source[name], enumerable: true, configurable: true });
  for (const name of Object.keys(loaded)) define(name, loaded as Exports);
  for (const name of missing) define(name, exports);
  if (compiled) define("default", exports);
  namespaces.set(exports, namespace);
  return namespace;
}

function hasProperties(value: unknown): value is Exports {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a module has loaded a file. Node 20 does not say of those that it loaded for an ES module. */
function mayLoad(module: Partial<NodeJS.Module> | undefined, file: string): boolean {
  return module?.children?.some(({ filename }) => filename === file) ?? true;
}

/** Lets CommonJS files of the notebook be loaded again once they, or one that they load, have changed. */
export class FreshCommonJs {
  readonly #loadedAt = new Map<string, number>();

  /** Takes the changed files, those that an interrupt left half loaded, and those that loaded them, out of Node's cache. */
  drop(cache: Cache): void {
    const changed = new Set<string>();
    for (const [path, module] of Object.entries(cache)) {
      if (module === undefined || path.includes(`${sep}node_modules${sep}`)) continue;
      const time = existsSync(path) ? statSync(path).mtimeMs : 0;
      // One that has not finished loading was interrupted: no cell loads anything while another file is being loaded.
      if (!module.loaded || (this.#loadedAt.get(path) ?? time) !== time) changed.add(path);
      this.#loadedAt.set(path, time);
    }
    const loadedBy = (file: string): void => {
      for (const [path, module] of Object.entries(cache)) {
        if (changed.has(path) || !mayLoad(module, file)) continue;
        changed.add(path);
        loadedBy(path);
      }
    };
    for (const file of [...changed]) loadedBy(file);
    for (const path of changed) Reflect.deleteProperty(cache, path);
  }
}
