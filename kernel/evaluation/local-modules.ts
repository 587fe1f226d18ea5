import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, sep } from "node:path";
import { URL, fileURLToPath, pathToFileURL } from "node:url";

import { loadTypeScript } from "../language/typescript.js";

/** Marks a URL as a local file's in one of its versions; Node loads each version afresh. */
const VERSION = "sightbook";

const ENDINGS = ["", ".ts", ".mts", ".tsx", ".js", ".mjs", "/index.ts", "/index.js"];

/** What hooks of Node's module loader answer. */
export interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}

export interface Loaded {
  readonly format: string;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray;
  readonly shortCircuit?: boolean;
}

/** Resolves and compiles the notebook's own files, so that TypeScript is loaded and a changed file is loaded again. */
export class LocalModules {
  readonly #referrer: string;

  /** @param referrer - URL of the (absent) file as which the notebook imports. */
  constructor(referrer: string) {
    this.#referrer = referrer;
  }

  /** What a specifier of the notebook, or of one of its local files, means; `undefined` leaves it to Node. */
  resolve(specifier: string, parent: string | undefined): Resolved | undefined {
    if (parent === undefined || !/^(\.{0,2}\/|file:)/.test(specifier)) return undefined;
    if (parent !== this.#referrer && !isVersioned(parent)) return undefined;
    const path = findFile(specifier, parent);
    if (path === undefined || !isCode(path)) return undefined;
    const url = pathToFileURL(path);
    url.searchParams.set(VERSION, versionOf(path, new Set()));
    return { url: url.href, ...(isModule(path) ? { format: "module" } : {}), shortCircuit: true };
  }

  /** JavaScript of a module's URL that {@link resolve} made; `undefined` for any other. */
  load(url: string): Loaded | undefined {
    if (!isVersioned(url)) return undefined;
    const path = fileURLToPath(url);
    if (!isModule(path)) return undefined;
    return { format: "module", source: compile(path), shortCircuit: true };
  }
}

function compile(path: string): string {
  const source = readFileSync(path, "utf8");
  if (!isTypeScript(path)) return source;
  const typescript = loadTypeScript();
  const output = typescript.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      inlineSourceMap: true,
      sourceRoot: dirname(path) + sep,
    },
  });
  const [problem] = output.diagnostics ?? [];
  if (problem !== undefined) {
    const { line, character } = problem.file!.getLineAndCharacterOfPosition(problem.start ?? 0);
    const message = typescript.flattenDiagnosticMessageText(problem.messageText, "\n");
    throw new SyntaxError(`${path}:${line + 1}:${character + 1}: ${message}`);
  }
  return output.outputText;
}

/** Whether this is the URL of a version of a local file. */
export function isVersioned(url: string): boolean {
  return url.includes(`?${VERSION}=`);
}

function findFile(specifier: string, parent: string): string | undefined {
  const path = fileURLToPath(new URL(specifier, parent));
  if (path.includes(`${sep}node_modules${sep}`)) return undefined;
  const isFile = (candidate: string) => existsSync(candidate) && statSync(candidate).isFile();
  const found = ENDINGS.map((ending) => path + ending).find(isFile);
  if (found !== undefined) return found;
  // TypeScript's custom: the name of the file that compiling would give.
  const source = path.replace(/\.(m?)js$/, ".$1ts");
  return isFile(source) ? source : undefined;
}

function isCode(path: string): boolean {
  return isTypeScript(path) || /\.[mc]?js$/.test(path);
}

/** Whether this is plainly an ES module; of the others, Node finds out itself. */
function isModule(path: string): boolean {
  if (isTypeScript(path) || extname(path) === ".mjs") return true;
  return extname(path) === ".js" && /^\s*(import|export)\b/m.test(readFileSync(path, "utf8"));
}

function isTypeScript(path: string): boolean {
  return /\.[mc]?tsx?$/.test(path);
}

/** Changes when the file changes, or any local file that it imports. */
function versionOf(path: string, seen: Set<string>): string {
  if (seen.has(path)) return "";
  seen.add(path);
  const { mtimeMs, size } = statSync(path);
  const own = `${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}`;
  const text = readFileSync(path, "utf8");
  const imported = [...text.matchAll(/(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].flatMap(
    ([, name]) => {
      const file = findFile(name!, pathToFileURL(path).href);
      return file === undefined ? [] : [versionOf(file, seen)];
    },
  );
  return [own, ...imported].filter((part) => part !== "").join("_");
}
