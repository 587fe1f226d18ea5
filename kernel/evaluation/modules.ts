import { readFileSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";

import type { ImportRequest } from "../language/compiled.js";
import { FreshCommonJs, namespaceOf } from "./commonjs.js";
import { LocalModules } from "./local-modules.js";

type Import = (specifier: string, options?: { with: Record<string, string> }) => Promise<object>;

/** The folder of our own package, where modules are looked for that the notebook's folder does not have. */
export const packageRoot = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * Imports modules as if from a file in the notebook's folder, else as if from our own package, with Node's own loader:
 * ES modules keep their live bindings and top-level await.
 */
export class Modules {
  readonly #fromNotebook: Import;
  readonly #fromPackage: Import;
  readonly #referrer: string;
  readonly require: NodeJS.Require;
  /** Called when a cell has imported tslab, whose outputs have to come out through this kernel. */
  onTslab: ((require: NodeJS.Require) => void) | undefined;
  readonly #commonJs = new FreshCommonJs();
  #hooked = false;

  constructor(readonly folder: string) {
    this.#referrer = join(folder, "notebook.js");
    this.#fromNotebook = importerFrom(this.#referrer);
    this.#fromPackage = importerFrom(join(packageRoot, "notebook.js"));
    this.require = this.#makeRequire();
  }

  /** `require` of a cell: changed files are loaded again, and what the notebook's folder lacks comes from our own package. */
  #makeRequire(): NodeJS.Require {
    const require = createRequire(this.#referrer);
    const ours = createRequire(join(packageRoot, "notebook.js"));
    const resolve = (name: string, options?: { paths?: string[] }): string => {
      try {
        return require.resolve(name, options);
      } catch (error) {
        if (isRelative(name) || options?.paths !== undefined) throw error;
        try {
          return ours.resolve(name);
        } catch {
          throw error;
        }
      }
    };
    const load = (name: string): unknown => {
      this.#commonJs.drop(require.cache);
      try {
        const loaded: unknown = require(resolve(name));
        this.#note(name);
        return loaded;
      } finally {
        this.#commonJs.drop(require.cache);
      }
    };
    return Object.assign(load, require, { resolve: Object.assign(resolve, require.resolve) });
  }

  /** The namespace of the module that a cell's `import` names. */
  load(request: ImportRequest): object | Promise<object> {
    return request.require
      ? (this.require(request.specifier) as object)
      : this.import(request.specifier, { with: { ...request.attributes } });
  }

  /** `import()` of a cell. */
  async import(specifier: unknown, options?: { with?: Record<string, string> }): Promise<object> {
    const name = String(specifier);
    const attributes = options?.with ?? {};
    if (name.endsWith(".json") && (attributes["type"] ?? "json") === "json") return this.#json(name);
    if (isRelative(name)) this.#prepareLocal();
    try {
      return this.#loaded(name, await this.#fromNotebook(name, { with: attributes }));
    } catch (error) {
      if (!this.#isMissing(name, error)) throw error;
      try {
        return this.#loaded(name, await this.#fromPackage(name, { with: attributes }));
      } catch (second) {
        const ours = (second as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND";
        throw ours && (second as Error).message.includes(`'${name}'`) ? this.#notFound(name) : second;
      }
    }
  }

  /** JSON is read by ourselves: with the attribute or without, without Node's warning, and fresh each time. */
  #json(name: string): object {
    const path = name.startsWith("file:") ? fileURLToPath(name) : this.require.resolve(name);
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const named = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
    return { ...named, default: value };
  }

  /** Local files may be TypeScript and may have changed since they were loaded. */
  #prepareLocal(): void {
    if (!this.#hooked) {
      this.#hooked = true;
      process.setSourceMapsEnabled(true);
      registerHooks(pathToFileURL(this.#referrer).href);
    }
    this.#commonJs.drop(this.require.cache);
  }

  #loaded(name: string, namespace: object): object {
    this.#note(name);
    return namespaceOf(namespace, this.require.cache);
  }

  #note(name: string): void {
    if (name === "tslab") this.onTslab?.(this.require);
  }

  #isMissing(name: string, error: unknown): boolean {
    if (isRelative(name) || !(error instanceof Error)) return false;
    return (
      (error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND" &&
      error.message.includes(`'${packageOf(name)}'`) &&
      error.message.includes("notebook.js")
    );
  }

  #notFound(name: string): Error {
    return Object.assign(
      new Error(
        `Cannot find the package '${packageOf(name)}' from ${this.folder}, nor from the kernel's own package. ` +
          `Install it in the notebook's folder with: npm install ${packageOf(name)}`,
      ),
      { code: "ERR_MODULE_NOT_FOUND" },
    );
  }

  get meta(): object {
    return {
      url: pathToFileURL(this.#referrer).href,
      dirname: this.folder,
      filename: this.#referrer,
      resolve: (name: string) => pathToFileURL(this.require.resolve(name)).href,
    };
  }
}

function isRelative(name: string): boolean {
  return /^(\.{0,2}\/|\.{1,2}$|[a-z][a-z0-9+.-]+:)/i.test(name);
}

function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}

/** Hooks that run in place, which Node has since 22.15; the types of Node 20 do not know them. */
interface InPlaceHooks {
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: { parentURL?: string },
      next: (...parameters: unknown[]) => object,
    ): object;
    load(url: string, context: object, next: (...parameters: unknown[]) => object): object;
  }): void;
}

function registerHooks(referrer: string): void {
  const inPlace = nodeModule as unknown as InPlaceHooks;
  if (inPlace.registerHooks === undefined) {
    nodeModule.register("./loader-hooks.js", { parentURL: import.meta.url, data: { referrer } });
    return;
  }
  const local = new LocalModules(referrer);
  inPlace.registerHooks({
    resolve: (specifier, context, next) => {
      return local.resolve(specifier, context.parentURL) ?? next(specifier, context);
    },
    load: (url, context, next) => {
      return local.load(url) ?? next(url, context);
    },
  });
}

/** An `import()` that resolves as if it stood in the file `referrer`, which need not exist. */
function importerFrom(referrer: string): Import {
  return withoutWarning(() => {
    const script = new vm.Script("(specifier, options) => import(specifier, options)", {
      filename: referrer,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const load = script.runInThisContext() as Import;
    return (specifier, options) => withoutWarning(() => load(specifier, options));
  });
}

/** Node announces its loader option for scripts as experimental at its first use; that is no news to a notebook's author. */
function withoutWarning<T>(action: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
