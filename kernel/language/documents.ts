import { setImmediate } from "node:timers";
import type ts from "typescript";

import type { TypeScript } from "./typescript.js";

/**
 * Parsed files, kept for the life of the process: the declarations of the language and of Node.js never change, and are most
 * of what the first check of a cell would otherwise have to read.
 */
export class Documents {
  readonly registry: ts.DocumentRegistry;
  readonly #ts: TypeScript;
  readonly #files = new Map<string, { readonly version: string; readonly file: ts.SourceFile }>();
  readonly #target: ts.ScriptTarget;

  constructor(typescript: TypeScript, target: ts.ScriptTarget) {
    this.#ts = typescript;
    this.#target = target;
    const acquire: ts.DocumentRegistry["acquireDocument"] = (
      name,
      _settings,
      snapshot,
      version,
      kind,
      options,
    ) => this.#parse(name, snapshot, version, kind, options);
    const withKey: ts.DocumentRegistry["acquireDocumentWithKey"] = (
      name,
      _path,
      _settings,
      _key,
      snapshot,
      version,
      kind,
      options,
    ) => this.#parse(name, snapshot, version, kind, options);
    const keys = typescript.createDocumentRegistry();
    this.registry = {
      acquireDocument: acquire,
      updateDocument: acquire,
      acquireDocumentWithKey: withKey,
      updateDocumentWithKey: withKey,
      getKeyForCompilationSettings: (settings) => keys.getKeyForCompilationSettings(settings),
      ...KEEP_ALL,
      reportStats: () => "",
    };
  }

  /** Forgets a file that no program needs any more. */
  forget(name: string): void {
    this.#files.delete(name);
  }

  /**
   * Parses these files and all that they refer to, a file at a time, so that other work comes in between.
   *
   * @param references - The files that a file's text refers to.
   */
  async warmUp(
    roots: readonly string[],
    references: (file: ts.SourceFile) => readonly string[],
  ): Promise<void> {
    const queue = [...roots];
    const seen = new Set(queue);
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const text = this.#ts.sys.readFile(name);
      if (text === undefined) continue;
      const snapshot = this.#ts.ScriptSnapshot.fromString(text);
      const file = this.#parse(name, snapshot, STABLE_VERSION, undefined, this.#target);
      for (const reference of references(file)) {
        if (!seen.has(reference)) {
          seen.add(reference);
          queue.push(reference);
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #parse(
    name: string,
    snapshot: ts.IScriptSnapshot,
    version: string,
    kind: ts.ScriptKind | undefined,
    options: ts.CreateSourceFileOptions | ts.ScriptTarget | undefined,
  ): ts.SourceFile {
    const known = this.#files.get(name);
    const format = typeof options === "object" ? options.impliedNodeFormat : undefined;
    if (known?.version === version) {
      known.file.impliedNodeFormat = format;
      return known.file;
    }
    const file = this.#ts.createLanguageServiceSourceFile(
      name,
      snapshot,
      options ?? this.#target,
      version,
      false,
      kind,
    );
    this.#files.set(name, { version, file });
    return file;
  }
}

const KEEP_ALL = { releaseDocument: () => undefined, releaseDocumentWithKey: () => undefined };

/** The version of files that are taken never to change: those of packages. */
export const STABLE_VERSION = "stable";
