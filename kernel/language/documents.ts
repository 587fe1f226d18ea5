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
  /** Declarations whose comments were asked for; reading those of all would take longer than the rest. */
  readonly #commented = new Set<string>();

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

  /** The version of a file that is taken never to change, such as a package's. */
  stableVersion(name: string): string {
    return this.#commented.has(name) ? COMMENTED_VERSION : STABLE_VERSION;
  }

  /** The text of such a file if it was parsed. */
  stableText(name: string): string | undefined {
    const known = this.#files.get(name);
    return known?.version.startsWith(STABLE_VERSION) === true ? known.file.text : undefined;
  }

  /** Sees to it that the next program knows the comments in these files. */
  readComments(names: readonly string[]): void {
    for (const name of names) this.#commented.add(name);
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
    // In JavaScript the comments hold the types.
    const uncommented = version === STABLE_VERSION && /\.d\.[mc]?ts$/.test(name);
    const { ParseAll, ParseNone } = this.#ts.JSDocParsingMode;
    const file = this.#ts.createLanguageServiceSourceFile(
      name,
      snapshot,
      {
        ...(typeof options === "object" ? options : { languageVersion: options ?? this.#target }),
        jsDocParsingMode: uncommented ? ParseNone : ParseAll,
      },
      version,
      false,
      kind,
    );
    this.#files.set(name, { version, file });
    return file;
  }
}

const KEEP_ALL = { releaseDocument: () => undefined, releaseDocumentWithKey: () => undefined };

const STABLE_VERSION = "stable";
const COMMENTED_VERSION = `${STABLE_VERSION}, with comments`;
