import { isDeepStrictEqual } from "node:util";

import { Ajv, type ValidateFunction } from "ajv";

import type { Header } from "../../kernel/wire/message.js";
import type { Received } from "./client.js";
import { headerSchema, messageSchemas, type MessageSchema, type Schema } from "./message-schemas.js";

const ajv = new Ajv({ strictTuples: false, allowUnionTypes: true, allowMatchingProperties: true });
const compiled = new Map<Schema, ValidateFunction>();

function violations(schema: Schema, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const { additionalProperty, allowedValues } = params as Record<string, string | string[] | undefined>;
    const detail = additionalProperty ?? allowedValues?.toString() ?? "";
    return `${instancePath} ${message ?? ""} ${detail.toString()}`.trimEnd();
  });
}

/** What a request has brought about so far. */
interface Request {
  readonly header: Header;
  replies: number;
  state: "sent" | "busy" | "idle";
  inputCount?: unknown;
}

/**
 * Watches a connection and holds every message that the kernel sends against the messaging specification: its fields, its channel,
 * its parent, and its place among the messages of the same request.
 */
export class ConformanceCheck {
  /** One sentence for each violation. */
  readonly violations: string[] = [];
  readonly #requests = new Map<string, Request>();
  readonly #ids = new Set<string>();
  #session: string | undefined;
  #starting = 0;
  #subscribed = false;

  /** Notes a message that this front end sends. */
  sent(header: Header): void {
    // The busy of what is sent before the subscription to iopub stands may be missed.
    const state = this.#subscribed ? "sent" : "busy";
    this.#requests.set(header.msg_id, { header, replies: 0, state });
  }

  /** Checks a message of the kernel. */
  received(message: Received): void {
    const { msg_type: type, msg_id: id, session } = message.header;
    const complain = (problem: string) => {
      this.violations.push(`${message.channel}: ${type}: ${problem}`);
    };
    if (message.channel === "iopub") this.#subscribed = true;
    const schema = messageSchemas[type];
    if (schema === undefined) complain("the specification has no such message of a kernel");
    else this.#checkFields(message, schema, complain);
    if (this.#ids.has(id)) complain(`the msg_id ${id} was used before`);
    this.#ids.add(id);
    this.#session ??= session;
    if (session !== this.#session) complain("the session differs from that of the kernel's other messages");
    this.#checkParent(message, complain);
  }

  #checkFields(message: Received, schema: MessageSchema, complain: (problem: string) => void): void {
    const { channel, header, content, buffers, identities } = message;
    for (const problem of violations(headerSchema, header)) complain(`header${problem}`);
    for (const problem of violations(schema.content, content)) complain(`content${problem}`);
    if (!schema.channels.includes(channel)) complain(`must come on ${schema.channels.join(" or ")}`);
    if (buffers.length > 0 && schema.buffers !== true) complain(`has ${buffers.length} buffers`);
    const prefixes = channel === "iopub" ? 1 : 0;
    if (identities.length !== prefixes) complain(`has ${identities.length} prefix frames, not ${prefixes}`);
  }

  /** A parent is the header of a request, whole and unchanged; only these two messages have none. */
  #checkParent(message: Received, complain: (problem: string) => void): void {
    const { header, parentHeader, content, channel } = message;
    const type = header.msg_type;
    const starting = type === "status" && content["execution_state"] === "starting";
    if (starting || type === "iopub_welcome") {
      if (Object.keys(parentHeader).length > 0) complain("must have an empty parent header");
      if (starting && (this.#starting += 1) > 1) complain("the kernel starts once");
      return;
    }
    for (const problem of violations(headerSchema, parentHeader)) complain(`parent_header${problem}`);
    const request = this.#requests.get(parentHeader.msg_id ?? "");
    // Another front end's request is seen on iopub alone, and perhaps not from its beginning.
    if (request === undefined) {
      if (channel !== "iopub") complain(`answers ${String(parentHeader.msg_id)}, which was not sent here`);
      return;
    }
    if (!isDeepStrictEqual(parentHeader, request.header))
      complain("the parent header differs from the request's");
    if (channel === "iopub") this.#checkPublished(message, request, complain);
    else if (channel !== "stdin") {
      const asked = request.header.msg_type;
      if (!asked.endsWith("_request") || type !== asked.replace(/_request$/, "_reply"))
        complain(`answers ${asked}`);
      if ((request.replies += 1) > 1) complain("is a second reply");
    }
    this.#checkCount(message, request, complain);
  }

  /** Busy comes first and idle once; what a cell's timers show, and the busy of a cell that others interrupt, may come later. */
  #checkPublished(message: Received, request: Request, complain: (problem: string) => void): void {
    const state = message.header.msg_type === "status" ? message.content["execution_state"] : undefined;
    if (state === "busy") {
      if (request.state === "idle") complain("is busy again after its idle");
      request.state = "busy";
    } else if (request.state === "sent") complain("comes before busy");
    else if (state === "idle") {
      if (request.state === "idle") complain("is idle twice");
      request.state = "idle";
    } else if (
      request.state === "idle" &&
      ["execute_input", "execute_result", "error"].includes(message.header.msg_type)
    ) {
      complain("comes after idle");
    }
  }

  /** One execution count for all that a cell shows. */
  #checkCount(message: Received, request: Request, complain: (problem: string) => void): void {
    const count = message.content["execution_count"];
    if (count === undefined) return;
    request.inputCount ??= count;
    if (count !== request.inputCount) {
      complain(`counts ${JSON.stringify(count)} after ${JSON.stringify(request.inputCount)}`);
    }
  }
}
