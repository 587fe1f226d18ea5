import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "typescript";

import { toProblem } from "./compile.js";
import type { Declared, Problem } from "./compiled.js";
import { Documents } from "./documents.js";
import { GLOBAL_DECLARATIONS } from "./globals.js";
import { importedTypes } from "./imported-types.js";
import type { TypeScript } from "./typescript.js";

const packageRoot = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

type Language = "ts" | "js";
type Resolution = ts.ResolvedModuleWithFailedLookupLocations;
/** The cache, which the service passes on to its programs, is missing in its types. */
type ServiceHost = ts.LanguageServiceHost &
  Pick<ts.CompilerHost, "getModuleResolutionCache"> &
  ts.ModuleResolutionHost;

/** A name of the session: which cell gave it its present meaning, and as what. */
interface LiveName {
  readonly file: string;
  readonly kind: Declared["kind"];
}

/**
 * The session as TypeScript's language service sees it: each cell is a module of its own in the notebook's folder, which
 * imports the names that it mentions from the cells that declared them. A cell is therefore checked once, against what the
 * names meant when it ran, and a redeclaration disturbs no older cell.
 *
 * The cell's text comes first in its file and the glue after it, so positions need no translation.
 */
export class SessionTypes {
  readonly #ts: TypeScript;
  readonly #folder: string;
  readonly #options: ts.CompilerOptions;
  readonly #documents: Documents;
  readonly #service: ts.LanguageService;
  readonly #files = new Map<string, { readonly text: string; readonly version: string }>();
  readonly #names = new Map<string, LiveName>();
  readonly #resolutions: ts.ModuleResolutionCache;
  /** Texts that were checked and found without errors. */
  readonly #sound = new Set<string>();
  readonly #globals: string;
  #current: string | undefined;
  #versions = 0;

  constructor(typescript: TypeScript, folder: string) {
    this.#ts = typescript;
    this.#folder = folder;
    this.#globals = join(packageRoot, ".sightbook-globals.d.ts");
    this.#options = compilerOptions(typescript, folder);
    this.#documents = new Documents(typescript, this.#options.target!);
    this.#resolutions = typescript.createModuleResolutionCache(folder, (name) => name, this.#options);
    this.#setFile(this.#globals, GLOBAL_DECLARATIONS);
    this.#service = typescript.createLanguageService(this.#host(), this.#documents.registry);
  }

  /** Reads the declarations that every check needs, a little at a time. */
  async warmUp(): Promise<void> {
    const library = this.#libraryFolder();
    const nodeTypes = createRequire(import.meta.url).resolve("@types/node/package.json");
    const roots = [
      ...this.#options.lib!.map((name) => join(library, name)),
      join(dirname(nodeTypes), "index.d.ts"),
    ];
    await this.#documents.warmUp(roots, (file) => [
      ...file.libReferenceDirectives.map(({ fileName }) => join(library, `lib.${fileName}.d.ts`)),
      ...file.referencedFiles.map(({ fileName }) => join(dirname(file.fileName), fileName)),
    ]);
  }

  /**
   * The errors of types in a cell, and the cell's place in the session should it run. A cell with errors that is JavaScript all
   * through is judged by what TypeScript knows of JavaScript: types in comments, properties that a constructor assigns.
   */
  check(id: number, code: string, parsed: ts.SourceFile, declared: readonly Declared[]): Problem[] {
    const name = this.add(id, code, parsed, declared);
    // The text names the files of what it uses, so the same text in the same session means the same.
    const { text } = this.#files.get(name)!;
    if (this.#sound.has(text)) return [];
    const problems = this.#check(name, code);
    if (problems.length === 0) {
      if (!/["'](\.{0,2}\/|file:)/.test(code)) this.#sound.add(text);
      return [];
    }
    const asScript = this.#checkAsScript(id, code, mentionedNames(this.#ts, parsed), declared);
    return asScript !== undefined && asScript.length < problems.length ? asScript : problems;
  }

  /** The errors in a cell read as JavaScript, whose file takes the other's place if there are none; `undefined` if it is not. */
  #checkAsScript(
    id: number,
    code: string,
    mentioned: ReadonlySet<string>,
    declared: readonly Declared[],
  ): Problem[] | undefined {
    const script = this.#fileOf(id, "js");
    this.#setFile(script, this.#moduleText(code, mentioned, declared, "js"));
    this.#current = script;
    const isScript = this.#service.getSyntacticDiagnostics(script).length === 0;
    const problems = isScript ? this.#check(script, code) : undefined;
    this.#forget(problems?.length === 0 ? this.#fileOf(id, "ts") : script);
    return problems;
  }

  #check(name: string, code: string): Problem[] {
    this.#current = name;
    const own = this.#service
      .getSemanticDiagnostics(name)
      .filter((diagnostic) => !isForgiven(diagnostic, code));
    return own.map((diagnostic) => toProblem(this.#ts, diagnostic));
  }

  /** What the checker knows of the imports of a cell that was added: the errors in the cell, and the names that are types. */
  judgeImports(
    id: number,
    code: string,
  ): { readonly problems: readonly Problem[]; readonly types: readonly string[] } {
    const name = this.#present(id);
    const problems = this.#check(name, code);
    const program = this.#service.getProgram()!;
    return { problems, types: importedTypes(this.#ts, program, program.getSourceFile(name)!) };
  }

  /** Whether a name of the session is a plain value, which any cell may mention. */
  isValue(name: string): boolean {
    const kind = this.#names.get(name)?.kind;
    return kind === "variable" || kind === "constant" || kind === "function" || kind === "class";
  }

  /** Whether the session has given a meaning of its own to a name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Gives a cell a file without checking it. */
  add(id: number, code: string, parsed: ts.SourceFile, declared: readonly Declared[]): string {
    const name = this.#fileOf(id, "ts");
    this.#setFile(name, this.#moduleText(code, mentionedNames(this.#ts, parsed), declared));
    return name;
  }

  /** The cell runs: its declarations are what the names mean from now on. */
  commit(id: number, declared: readonly Declared[]): void {
    const file = this.#present(id);
    for (const { name, kind } of declared) this.#names.set(name, { file, kind });
    if (declared.length === 0) this.drop(id);
  }

  /** The cell is not run, or leaves nothing behind. */
  drop(id: number): void {
    this.#forget(this.#fileOf(id, "ts"));
    this.#forget(this.#fileOf(id, "js"));
  }

  #fileOf(id: number, language: Language): string {
    return join(this.#folder, `.sightbook-cell-${id}.${language}`);
  }

  /** The file that a cell has, in the language it was found to be in. */
  #present(id: number): string {
    const script = this.#fileOf(id, "js");
    return this.#files.has(script) ? script : this.#fileOf(id, "ts");
  }

  #forget(file: string): void {
    this.#files.delete(file);
    this.#documents.forget(file);
    if (this.#current === file) this.#current = undefined;
  }

  /** Lets the language service look at unfinished text, every name of the session in reach. */
  explore<T>(code: string, look: (service: ts.LanguageService, file: string) => T): T {
    const name = join(this.#folder, ".sightbook-scratch.ts");
    const parsed = this.#ts.createSourceFile(name, code, this.#options.target!, false);
    const declared = new Set(topLevelNames(this.#ts, parsed));
    const names = [...this.#names.keys()].filter((known) => !declared.has(known));
    this.#setFile(name, this.#moduleText(code, new Set(names), []));
    this.#current = name;
    return look(this.#service, name);
  }

  /** Makes the comments on what was declared here known to the service, which reads them only where asked. */
  readComments(declarations: readonly ts.DefinitionInfo[] | undefined): void {
    this.#documents.readComments((declarations ?? []).map(({ fileName }) => fileName));
  }

  #moduleText(
    code: string,
    mentioned: ReadonlySet<string>,
    declared: readonly Declared[],
    language: Language = "ts",
  ): string {
    const own = new Set(declared.map(({ name }) => name));
    const glue: string[] = [];
    for (const name of mentioned) {
      const live = this.#names.get(name);
      if (live === undefined || own.has(name)) continue;
      const from = JSON.stringify(`./${live.file.slice(this.#folder.length + 1)}`);
      const type = `typeof import(${from}).${name}`;
      if (language === "js" && live.kind === "variable") glue.push(`/** @type {${type}} */ var ${name};`);
      else if (language === "ts" && live.kind === "variable") glue.push(`declare let ${name}: ${type};`);
      else if (language === "ts" && live.kind === "constant") glue.push(`declare const ${name}: ${type};`);
      else glue.push(`import { ${name} } from ${from};`);
    }
    glue.push(`export { ${[...own].join(", ")} };`);
    return `${withoutExports(this.#ts, code)}\n${glue.join(" ")}\n`;
  }

  #setFile(name: string, text: string): void {
    this.#files.set(name, { text, version: String((this.#versions += 1)) });
  }

  #libraryFolder(): string {
    return dirname(createRequire(import.meta.url).resolve("typescript"));
  }

  #host(): ts.LanguageServiceHost {
    const { sys } = this.#ts;
    const exists = (name: string) => this.#files.has(name) || sys.fileExists(name);
    const read = (name: string) => this.#files.get(name)?.text ?? sys.readFile(name);
    const host: ServiceHost = {
      getCompilationSettings: () => this.#options,
      getScriptFileNames: () =>
        this.#current === undefined ? [this.#globals] : [this.#globals, this.#current],
      getScriptVersion: (name) => this.#files.get(name)?.version ?? this.#diskVersion(name),
      getScriptSnapshot: (name) => {
        const text = this.#documents.stableText(name) ?? read(name);
        return text === undefined ? undefined : this.#ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => this.#folder,
      getDefaultLibFileName: () => join(this.#libraryFolder(), "lib.d.ts"),
      fileExists: exists,
      readFile: read,
      readDirectory: (...parameters) => sys.readDirectory(...parameters),
      directoryExists: (name) => sys.directoryExists(name),
      getDirectories: (name) => sys.getDirectories(name),
      useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
      resolveModuleNameLiterals: (literals, containing) =>
        literals.map(({ text }) => this.#resolve(text, containing, host)),
      getModuleResolutionCache: () => this.#resolutions,
    };
    host.realpath = (path) => sys.realpath?.(path) ?? path;
    return host;
  }

  #resolve(name: string, containing: string, host: ts.ModuleResolutionHost): Resolution {
    // Packages stay as they are, and TypeScript asks for all their imports again at every cell.
    const cache = isStable(containing) ? this.#resolutions : undefined;
    const resolved = this.#ts.resolveModuleName(name, containing, this.#options, host, cache);
    if (resolved.resolvedModule !== undefined || name.startsWith(".")) return resolved;
    // As the kernel does it when the cell runs: what the notebook's folder lacks may come from our own package.
    return this.#ts.resolveModuleName(name, join(packageRoot, "notebook.ts"), this.#options, host, cache);
  }

  /** Files of packages are taken as they are; the user's own are looked at each time. */
  #diskVersion(name: string): string {
    if (isStable(name)) return this.#documents.stableVersion(name);
    if (!existsSync(name)) return "absent";
    const { mtimeMs, size } = statSync(name);
    return `${mtimeMs}:${size}`;
  }
}

function isStable(file: string): boolean {
  return file.includes("/node_modules/") || file.startsWith(packageRoot);
}

function compilerOptions(typescript: TypeScript, folder: string): ts.CompilerOptions {
  const nodeTypes = createRequire(import.meta.url).resolve("@types/node/package.json");
  return {
    target: typescript.ScriptTarget.ESNext,
    lib: ["lib.esnext.d.ts"],
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    moduleDetection: typescript.ModuleDetectionKind.Force,
    customConditions: ["node"],
    strict: true,
    // On, so that `[]` and `null` take their types from what is put in later; its complaints are then forgiven.
    noImplicitAny: true,
    esModuleInterop: true,
    allowJs: true,
    // Only of cells in JavaScript are the errors asked for.
    checkJs: true,
    resolveJsonModule: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    useDefineForClassFields: true,
    types: ["node"],
    typeRoots: [join(folder, "node_modules", "@types"), dirname(dirname(nodeTypes))],
  };
}

/** Errors that do not stop a cell: missing annotations, and modules whose import will say better what is missing. */
function isForgiven({ code, start = 0, messageText }: ts.Diagnostic, text: string): boolean {
  const implicitAny = code >= 7000 && code < 7060 && ![7027, 7028, 7029, 7030].includes(code);
  const missingModule = [2307, 2792, 2732, 2882].includes(code);
  // Past a `?.`, what TypeScript takes for always null is just `undefined`.
  const onNever = code === 2339 && typeof messageText === "string" && messageText.endsWith("'never'.");
  const optional = onNever && text.slice(0, start).endsWith("?.");
  // `import x = require("y")` works here, whatever the module format is called.
  return implicitAny || missingModule || optional || code === 1202 || start > text.length;
}

function mentionedNames(typescript: TypeScript, file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (typescript.isIdentifier(node)) names.add(node.text);
    typescript.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function topLevelNames(typescript: TypeScript, file: ts.SourceFile): string[] {
  const names: string[] = [];
  const add = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node };
    if (name !== undefined && typescript.isIdentifier(name)) names.push(name.text);
    else if (name !== undefined) typescript.forEachChild(name, add);
  };
  for (const statement of file.statements) {
    if (typescript.isVariableStatement(statement)) statement.declarationList.declarations.forEach(add);
    else if (typescript.isImportDeclaration(statement)) {
      const clause = statement.importClause;
      if (clause === undefined) continue;
      add(clause);
      const bindings = clause.namedBindings;
      if (bindings === undefined) continue;
      if (typescript.isNamespaceImport(bindings)) add(bindings);
      else bindings.elements.forEach(add);
    } else add(statement);
  }
  return names;
}

/** Blanks out `export` before declarations and `export { ... }`: the glue exports what the cell declares. */
function withoutExports(typescript: TypeScript, code: string): string {
  if (!code.includes("export")) return code;
  const file = typescript.createSourceFile("cell.ts", code, typescript.ScriptTarget.ESNext, false);
  let text = code;
  const blank = (start: number, end: number) => {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
  };
  for (const statement of file.statements) {
    if (typescript.isExportDeclaration(statement)) blank(statement.getStart(file), statement.getEnd());
    else if (typescript.canHaveModifiers(statement)) {
      for (const modifier of statement.modifiers ?? []) {
        if (modifier.kind === typescript.SyntaxKind.ExportKeyword)
          blank(modifier.getStart(file), modifier.getEnd());
      }
    }
  }
  return text;
}
