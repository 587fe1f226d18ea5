import { Session } from "node:inspector";
import type { Runtime } from "node:inspector";

import { RUNTIME } from "../language/compiled.js";
import type { RequestContext } from "./context.js";
import { KeyboardInterrupt, runInContext } from "./context.js";
import { cellUrl } from "./stack.js";

/** How a script ended. */
export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly error: unknown;
      /** Where V8 refused to compile the script, counted from 1. */
      readonly syntax?: { readonly line: number; readonly column: number };
    };

/** Where scripts of the inspector find the object that takes thrown values. */
const HOLDER = Symbol.for("sightbook.evaluator");

interface ReplParameters extends Runtime.EvaluateParameterType {
  readonly replMode: boolean;
}

/**
 * Runs scripts on this thread in V8's REPL mode: top-level `let` lives on between scripts, may be declared again, and is what
 * closures of other scripts see; `await` is allowed at the top.
 */
export class Evaluator {
  #session = new Session();
  #holder = "";
  #caught: unknown;

  /** @param runtime - What compiled cells find under {@link RUNTIME}. */
  constructor(runtime: object) {
    Object.defineProperty(globalThis, RUNTIME, { value: runtime, enumerable: false, configurable: true });
    const holder = { catch: (error: unknown) => (this.#caught = error) };
    Object.defineProperty(globalThis, HOLDER, { value: holder, configurable: true, enumerable: false });
    this.#connect();
  }

  /**
   * Gives up scripts that have not ended and never will. The inspector would report them as failed once they are garbage, in the
   * middle of a collection, where newer lines of Node abort at the attempt to call our callback. The names that
   * scripts declared stay: they belong to V8's global scope.
   */
  renew(): void {
    this.#session.disconnect();
    this.#session = new Session();
    this.#connect();
  }

  #connect(): void {
    this.#session.connect();
    const expression = `globalThis[Symbol.for(${JSON.stringify(HOLDER.description)})]`;
    this.#session.post("Runtime.evaluate", { expression }, (_error, reply) => {
      this.#holder = reply.result.objectId!;
    });
  }

  /** Runs a script on behalf of a request; resolves when it, and what it awaits at the top, has ended. */
  async run(script: string, context: RequestContext): Promise<Outcome> {
    const expression = `${script}\n//# sourceURL=${cellUrl(context.id)}`;
    const parameters: ReplParameters = {
      expression,
      replMode: true,
      awaitPromise: true,
      silent: true,
      objectGroup: "cell",
    };
    return new Promise((resolve) => {
      runInContext(context, () => {
        this.#session.post("Runtime.evaluate", parameters, (error, reply?: Runtime.EvaluateReturnType) => {
          if (error !== null || reply === undefined) resolve({ ok: false, error: new KeyboardInterrupt() });
          else if (reply.exceptionDetails === undefined) resolve({ ok: true });
          else resolve(this.#failure(reply.exceptionDetails));
          this.#session.post("Runtime.releaseObjectGroup", { objectGroup: "cell" });
        });
      });
    });
  }

  close(): void {
    this.#session.disconnect();
  }

  #failure(details: Runtime.ExceptionDetails): Outcome {
    const error = this.#value(details.exception);
    if (!(error instanceof SyntaxError) || (details.stackTrace?.callFrames.length ?? 0) > 0) {
      return { ok: false, error };
    }
    return { ok: false, error, syntax: { line: details.lineNumber + 1, column: details.columnNumber + 1 } };
  }

  /** The very value behind the inspector's description of it. */
  #value(remote: Runtime.RemoteObject | undefined): unknown {
    if (remote === undefined) return undefined;
    const argument: Runtime.CallArgument =
      remote.objectId !== undefined
        ? { objectId: remote.objectId }
        : remote.unserializableValue !== undefined
          ? { unserializableValue: remote.unserializableValue }
          : { value: remote.value as unknown };
    this.#caught = undefined;
    this.#session.post("Runtime.callFunctionOn", {
      functionDeclaration: "function (error) { this.catch(error); }",
      objectId: this.#holder,
      arguments: [argument],
      silent: true,
    });
    const caught = this.#caught;
    this.#caught = undefined;
    return caught;
  }
}
