import process from "node:process";
import { setTimeout } from "node:timers";
import type { RequestContext } from "../evaluation/context.js";
import { KeyboardInterrupt, runInContext } from "../evaluation/context.js";
import type { Evaluator, Outcome } from "../evaluation/evaluator.js";
import { interruptible } from "../evaluation/interruptible.js";
import type { Modules } from "../evaluation/modules.js";
import { mapPosition, rememberCell } from "../evaluation/stack.js";
import { scopeName } from "../language/hidden-globals.js";
import type { LanguageClient } from "../language/client.js";
import type { CompiledCell, CompileResult, ImportRequest } from "../language/compiled.js";
import type { LanguageAnswers, TypeErrors } from "../language/protocol.js";
import type { ErrorContent } from "./errors.js";
import { describeError, describeProblems } from "./errors.js";

/** How a cell ended: the value of its last expression, or an error ready to be shown. */
export type CellOutcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorContent };

/** A cell as its author typed it, and the name that errors give it. */
interface CellText {
  readonly code: string;
  readonly label: string;
}

type Namespace = Readonly<Record<string, unknown>>;

/** How long an interrupted cell may take to end by itself, in `finally` blocks for instance. */
const INTERRUPT_GRACE_MS = 1000;
/** The same when its code was terminated: it has settled by now, or never will. */
const TERMINATED_GRACE_MS = 50;

/** Takes cells through compiling, importing and running, and keeps what the session has declared. */
export class CellRunner {
  readonly results: Record<number, unknown> = {};
  /** What happens to cells with type errors; a cell's first line may say otherwise. */
  typeErrors: TypeErrors;
  readonly #language: LanguageClient;
  readonly #modules: Modules;
  readonly #evaluator: Evaluator;
  /** Names bound by `let` in V8's REPL scope; they hide properties of the global object for good. */
  readonly #lexical = new Set<string>();
  /** Imported names, each with the way to its present value. */
  readonly #imported = new Map<string, () => unknown>();

  constructor(parts: {
    typeErrors: TypeErrors;
    language: LanguageClient;
    modules: Modules;
    evaluator: (runner: CellRunner) => Evaluator;
  }) {
    this.typeErrors = parts.typeErrors;
    this.#language = parts.language;
    this.#modules = parts.modules;
    this.#evaluator = parts.evaluator(this);
  }

  /** @param label - How places in the cell are named in stacks, such as `"Cell [3]"`. */
  async run(code: string, context: RequestContext, label: string): Promise<CellOutcome> {
    let compiled: CompileResult;
    try {
      compiled = await interruption(
        context,
        this.#language.ask({
          kind: "compile",
          cell: context.id,
          code,
          known: [...this.#lexical],
          imported: [...this.#imported.keys()],
          typeErrors: this.typeErrors,
        }),
      );
    } catch (error) {
      return { ok: false, error: describeError(error) };
    }
    if (!compiled.ok) {
      const ename =
        compiled.kind === "syntax"
          ? "SyntaxError"
          : compiled.kind === "type"
            ? "TypeScriptError"
            : "NotSupported";
      return { ok: false, error: describeProblems(ename, compiled.problems, label, code) };
    }
    if (compiled.warnings.length > 0) {
      const { traceback } = describeProblems("TypeScriptError", compiled.warnings, label, code);
      runInContext(context, () => process.stderr.write(`${traceback.join("\n")}\n`));
    }
    rememberCell(context.id, label, code, compiled.cell.map);
    try {
      return await this.#untilInterrupted(context, this.#perform(compiled.cell, context, { code, label }));
    } finally {
      Reflect.deleteProperty(this.results, context.id);
    }
  }

  async #perform(cell: CompiledCell, context: RequestContext, origin: CellText): Promise<CellOutcome> {
    const failed = await this.#import(cell.imports, context, origin);
    if (failed !== undefined) {
      void this.#language.ask({ kind: "commit", cell: context.id, declared: undefined });
      return { ok: false, error: failed };
    }
    await this.#refreshHiddenImports(context);
    const outcome = await this.#evaluator.run(cell.javascript, context);
    this.#noteDeclared(cell, outcome, context);
    if (!outcome.ok) {
      const { syntax } = outcome;
      const position = syntax === undefined ? undefined : mapPosition(context.id, syntax.line, syntax.column);
      return { ok: false, error: describeError(outcome.error, position) };
    }
    try {
      const value = await runInContext(context, () => interruptible(this.results[context.id]));
      return { ok: true, value };
    } catch (error) {
      return { ok: false, error: describeError(error) };
    }
  }

  /** Ends a cell that does not end by itself after an interrupt; its code is kept from running on. */
  async #untilInterrupted(context: RequestContext, running: Promise<CellOutcome>): Promise<CellOutcome> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const end = () => {
        ended = true;
      };
      running.then(end, end);
      running.then(resolve, reject);
      const abandonAfter = (ms: number) => () => {
        setTimeout(() => {
          // Once only, and not for a cell that has ended: the next one may be running by now.
          if (ended || context.abandoned) return;
          context.abandon();
          this.#evaluator.renew();
          resolve({ ok: false, error: describeError(new KeyboardInterrupt()) });
        }, ms);
      };
      context.signal.addEventListener("abort", abandonAfter(INTERRUPT_GRACE_MS));
      context.terminated.addEventListener("abort", abandonAfter(TERMINATED_GRACE_MS));
    });
  }

  /** Loads what a cell imports, and binds the names once all of it is there; the error if it is not. */
  async #import(
    requests: readonly ImportRequest[],
    context: RequestContext,
    origin: CellText,
  ): Promise<ErrorContent | undefined> {
    const modules: { readonly request: ImportRequest; readonly loaded: Namespace }[] = [];
    for (const request of requests) {
      const position = { id: context.id, line: request.line + 1, column: 1 };
      try {
        const load = () => interruptible(this.#modules.load(request));
        const loaded = (await runInContext(context, load)) as Namespace;
        modules.push({ request, loaded });
        const missing = request.names.filter(({ imported, isType }) => !isType && !(imported in loaded));
        if (missing.length === 0) continue;
        const { problems, types } = await this.#judgeImports(context, origin.code);
        if (problems.length > 0)
          return describeProblems("TypeScriptError", problems, origin.label, origin.code);
        const absent = missing.find(({ local }) => !types.includes(local));
        if (absent === undefined) continue;
        throw new SyntaxError(`The module '${request.specifier}' has no export named '${absent.imported}'.`);
      } catch (error) {
        return describeError(error, position);
      }
    }
    for (const { request, loaded } of modules) {
      if (request.namespace !== undefined) this.#define(request.namespace, () => loaded);
      for (const { imported, local } of request.names) {
        if (imported in loaded) this.#define(local, () => loaded[imported]);
      }
    }
    return undefined;
  }

  #judgeImports(context: RequestContext, code: string): Promise<LanguageAnswers["judgeImports"]> {
    const { typeErrors } = this;
    return interruption(
      context,
      this.#language.ask({ kind: "judgeImports", cell: context.id, code, typeErrors }),
    );
  }

  /** An imported name reads its module each time, so that an exported `let` that changes is seen changed. */
  #define(name: string, get: () => unknown): void {
    this.#imported.set(name, get);
    Object.defineProperty(globalThis, scopeName(name), { get, configurable: true, enumerable: false });
  }

  /** A `let` of an earlier cell hides the import of the same name: give it the import's present value. */
  async #refreshHiddenImports(context: RequestContext): Promise<void> {
    const hidden = [...this.#imported.keys()].filter((name) => this.#lexical.has(name)).map(scopeName);
    if (hidden.length === 0) return;
    await this.#evaluator.run(hidden.map((name) => `${name} = globalThis.${name};`).join("\n"), context);
  }

  #noteDeclared(cell: CompiledCell, outcome: Outcome, context: RequestContext): void {
    // A script that V8 refused to compile has declared nothing.
    const refused = !outcome.ok && outcome.syntax !== undefined;
    const declared = refused ? undefined : cell.declared;
    void this.#language.ask({ kind: "commit", cell: context.id, declared });
    for (const { name, kind } of declared ?? []) {
      if (kind === "import" || kind === "type") continue;
      this.#lexical.add(name);
      this.#imported.delete(name);
    }
  }
}

/** The promise, or the interruption of the request. */
function interruption<T>(context: RequestContext, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    context.waits.add(resolve);
  });
}
