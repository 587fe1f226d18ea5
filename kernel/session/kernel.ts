import process from "node:process";
import { displayIdOf, mimeBundle } from "../display/bundle.js";
import type { RequestContext as Context } from "../evaluation/context.js";
import { RequestContext, runInContext } from "../evaluation/context.js";
import { kernelInfo } from "../wire/kernel-info.js";
import type { IncomingMessage, JsonObject } from "../wire/message.js";
import type { CellOutcome, CellRunner } from "./cell-runner.js";
import type { LanguageClient } from "../language/client.js";
import type { Comms } from "./comms.js";
import type { ErrorContent } from "./errors.js";
import { describeError } from "./errors.js";
import type { History } from "./history.js";
import { toPoints, toUnits } from "./positions.js";
import { publishOutput } from "./outputs.js";
import type { Publisher } from "./publisher.js";

/** Longer results are cut in the history, in characters. */
const HISTORY_OUTPUT_LIMIT = 10_000;

interface Queued {
  readonly sequence: number;
  readonly message: IncomingMessage;
}

/** What a kernel is made of; each part works without the others. */
export interface KernelParts {
  readonly publisher: Publisher;
  readonly comms: Comms;
  readonly runner: CellRunner;
  readonly language: LanguageClient;
  readonly history: History;
  /** Sequence number of the last shell request that has arrived, handled or not. */
  readonly received: () => number;
  /** Ends the process. */
  readonly exit: () => void;
}

/**
 * Handles the requests of the shell channel. Cells run one after the other; everything else is handled as it arrives, so that
 * widgets, completion and comms live while a cell awaits something.
 */
export class Kernel {
  readonly #parts: KernelParts;
  readonly #queue: Queued[] = [];
  readonly #active = new Set<Context>();
  /** What the last interrupt found under way. */
  #interrupted: readonly Context[] = [];
  #running: Context | undefined;
  #pumping = false;
  #abortUpTo = 0;
  #executionCount = 0;
  #contexts = 0;

  constructor(parts: KernelParts) {
    this.#parts = parts;
  }

  /** The request that most recently began: what unattributable output belongs to. */
  get latest(): Context | undefined {
    return this.#running ?? this.#last;
  }
  #last: Context | undefined;
  /** The present cell's result as text, for the history. */
  #shown: string | undefined;

  /** Takes a request of the shell channel. */
  receive(sequence: number, message: IncomingMessage): void {
    if (message.header.msg_type === "execute_request") {
      this.#queue.push({ sequence, message });
      void this.#pump();
    } else void this.#handle(message);
  }

  /** Stops everything that runs, and the cells that had arrived by then. */
  interrupt(sequence: number): void {
    if (this.#running !== undefined) this.#abortUpTo = Math.max(this.#abortUpTo, sequence);
    this.#interrupted = [...this.#active];
    for (const context of this.#interrupted) context.interrupt();
  }

  /** Code was terminated on behalf of an interrupt; whatever was interrupted may never settle. */
  terminated(): void {
    for (const context of this.#interrupted) context.terminate();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.sequence <= this.#abortUpTo) this.#abort(next.message);
      else await this.#execute(next.message);
    }
    this.#pumping = false;
  }

  #abort(message: IncomingMessage): void {
    const { publisher } = this.#parts;
    publisher.status("busy", message.header);
    publisher.reply(message, "execute_reply", { status: "aborted", execution_count: this.#executionCount });
    publisher.status("idle", message.header);
  }

  #context(message: IncomingMessage, silent: boolean): Context {
    const context = new RequestContext((this.#contexts += 1), message.header, {
      identities: message.identities,
      allowStdin: message.content["allow_stdin"] !== false,
      silent,
    });
    this.#active.add(context);
    return context;
  }

  async #execute(message: IncomingMessage): Promise<void> {
    const { publisher, runner } = this.#parts;
    const { content } = message;
    const code = typeof content["code"] === "string" ? content["code"] : "";
    const silent = content["silent"] === true;
    const store = !silent && content["store_history"] !== false;
    const context = this.#context(message, silent);
    this.#shown = undefined;
    const started = new Date().toISOString();
    this.#running = context;
    this.#last = context;
    publisher.status("busy", message.header);
    if (store) this.#executionCount += 1;
    const count = this.#executionCount;
    if (!silent) publisher.publish("execute_input", { code, execution_count: count }, message.header);

    const label = store ? `Cell [${count}]` : "Cell [*]";
    let outcome = await runner.run(code, context, label);
    await settle(context);
    if (outcome.ok && outcome.value !== undefined && !silent) {
      outcome = await this.#publishResult(outcome.value, count, context);
    }
    if (store) this.#parts.history.add(count, code, outcome.ok ? this.#shown : undefined);
    const expressions = outcome.ok ? await this.#evaluateAll(content["user_expressions"], context) : {};
    if (!outcome.ok) {
      if (!silent) publisher.publish("error", outcome.error, message.header);
      if (content["stop_on_error"] !== false) this.#abortUpTo = this.#parts.received();
    }
    const reply: JsonObject = outcome.ok
      ? { status: "ok", user_expressions: expressions, payload: [] }
      : { status: "error", ...outcome.error };
    this.#active.delete(context);
    this.#running = undefined;
    publisher.reply(
      message,
      "execute_reply",
      { ...reply, execution_count: count },
      { started, dependencies_met: true, engine: "sightbook", status: outcome.ok ? "ok" : "error" },
    );
    publisher.status("idle", message.header);
  }

  async #publishResult(value: unknown, count: number, context: Context): Promise<CellOutcome> {
    try {
      const bundle = await runInContext(context, async () => mimeBundle(value));
      const text = bundle.data["text/plain"];
      this.#shown = typeof text === "string" ? text.slice(0, HISTORY_OUTPUT_LIMIT) : undefined;
      const id = displayIdOf(value);
      const output = { bundle, context, id, count };
      publishOutput(this.#parts.publisher, id === undefined ? "execute_result" : "display_data", output);
      return { ok: true, value };
    } catch (error) {
      return { ok: false, error: describeError(error) };
    }
  }

  async #evaluateAll(expressions: unknown, context: Context): Promise<JsonObject> {
    if (typeof expressions !== "object" || expressions === null) return {};
    const values: Record<string, JsonObject> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const own = new RequestContext((this.#contexts += 1), context.parent, { ...context.options });
      const outcome = await this.#parts.runner.run(`(${String(expression)}\n)`, own, "expression");
      if (outcome.ok) {
        const bundle = await mimeBundle(outcome.value);
        values[name] = { status: "ok", data: bundle.data, metadata: bundle.metadata };
      } else values[name] = { status: "error", ...outcome.error };
    }
    return values;
  }

  async #handle(message: IncomingMessage): Promise<void> {
    const { publisher } = this.#parts;
    const context = this.#context(message, false);
    publisher.status("busy", message.header);
    try {
      await runInContext(context, () => this.#answer(message));
      await settle(context);
    } catch (error) {
      const content = describeError(error);
      publisher.publish(
        "stream",
        { name: "stderr", text: `${content.traceback.join("\n")}\n` },
        message.header,
      );
      const reply = replyType(message.header.msg_type);
      if (reply !== undefined) publisher.reply(message, reply, { status: "error", ...content });
    }
    this.#active.delete(context);
    publisher.status("idle", message.header);
    // Front ends show the last status they saw: remind them of the cell that still runs.
    if (this.#running !== undefined) publisher.status("busy", this.#running.parent);
  }

  async #answer(message: IncomingMessage): Promise<void> {
    const { publisher, comms } = this.#parts;
    const { content, header } = message;
    switch (header.msg_type) {
      case "kernel_info_request":
        publisher.reply(message, "kernel_info_reply", kernelInfo());
        break;
      case "history_request":
        publisher.reply(message, "history_reply", this.#parts.history.answer(content));
        break;
      case "complete_request":
      case "inspect_request":
      case "is_complete_request":
        publisher.reply(message, replyType(header.msg_type)!, await this.#assist(header.msg_type, content));
        break;
      case "comm_info_request":
        publisher.reply(message, "comm_info_reply", comms.info(content["target_name"]));
        break;
      case "comm_open":
      case "comm_msg":
      case "comm_close":
        await comms.receive(message);
        break;
      case "shutdown_request":
        publisher.reply(message, "shutdown_reply", { status: "ok", restart: content["restart"] === true });
        this.#parts.exit();
        break;
      default:
        process.stderr.write(`The kernel does not know the request ${header.msg_type}.\n`);
    }
  }

  async #assist(type: string, content: JsonObject): Promise<JsonObject> {
    const { language } = this.#parts;
    const code = typeof content["code"] === "string" ? content["code"] : "";
    if (type === "is_complete_request") return { ...(await language.ask({ kind: "isComplete", code })) };
    const position = content["cursor_pos"];
    const cursor = toUnits(code, typeof position === "number" ? position : Infinity);
    if (type === "complete_request") {
      const { start, end, matches } = await language.ask({ kind: "complete", code, cursor });
      const [from, to] = [toPoints(code, start), toPoints(code, end)];
      return {
        status: "ok",
        matches: matches.map(({ text }) => text),
        cursor_start: from,
        cursor_end: to,
        metadata: {
          _jupyter_types_experimental: matches.map((match) => ({ ...match, start: from, end: to })),
        },
      };
    }
    const detail = content["detail_level"] === 1 ? 1 : 0;
    const found = await language.ask({ kind: "inspect", code, cursor, detail });
    if (found === undefined) return { status: "ok", found: false, data: {}, metadata: {} };
    const data = { "text/plain": found.plain, "text/markdown": found.markdown };
    return { status: "ok", found: true, data, metadata: {} };
  }
}

/** Waits for the displays that a request began. */
async function settle(context: Context): Promise<void> {
  while (context.pending.size > 0) await Promise.allSettled([...context.pending]);
}

function replyType(requestType: string): string | undefined {
  return requestType.endsWith("_request") ? requestType.replace(/_request$/, "_reply") : undefined;
}

export type { ErrorContent };
