import type { Channel } from "../../kernel/wire/message.js";

/**
 * The fields of every message that a kernel sends, from the Jupyter messaging specification 5.4, as JSON Schema. The
 * specification lets others add fields; this kernel does not, so that a misspelt one is found.
 */
export type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const count: Schema = { type: "integer", minimum: 0 };
const dictionary: Schema = { type: "object" };
const texts: Schema = { type: "array", items: text };

function oneOf(...values: readonly string[]): Schema {
  return { enum: values };
}

/** An object with these fields, all required but those named optional, and no others. */
function fields(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

/** Values by MIME type: JSON for the types that are JSON, text for the others (bytes as base64). */
const mimeBundle: Schema = {
  type: "object",
  patternProperties: {
    "^application/([\\w.+-]+\\+)?json$": {},
    "^(?!application/([\\w.+-]+\\+)?json$)[\\w.+-]+/[\\w.+-]+$": text,
  },
  additionalProperties: false,
};

/** A result always has a plain text form. */
const resultBundle: Schema = {
  ...mimeBundle,
  properties: { "text/plain": text },
  required: ["text/plain"],
};

const error = { ename: text, evalue: text, traceback: texts };
const failed = { status: oneOf("error"), ...error };
const ok = { status: oneOf("ok") };

/** A reply that succeeded with these fields, or failed. */
function reply(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { anyOf: [fields({ ...ok, ...properties }, optional), fields(failed)] };
}

const userExpression: Schema = {
  anyOf: [fields({ ...ok, data: resultBundle, metadata: dictionary }), fields(failed)],
};

/** On which channels a message type may come, and what its content must be; the metadata may be any object. */
export interface MessageSchema {
  readonly channels: readonly Channel[];
  readonly content: Schema;
  /** Only comm messages carry binary buffers. */
  readonly buffers?: true;
}

const requests: readonly Channel[] = ["shell"];
const published: readonly Channel[] = ["iopub"];

export const messageSchemas: Readonly<Record<string, MessageSchema>> = {
  execute_reply: {
    channels: requests,
    content: {
      anyOf: [
        fields({
          ...ok,
          execution_count: count,
          user_expressions: { type: "object", additionalProperties: userExpression },
          payload: { type: "array", items: dictionary },
        }),
        fields({ ...failed, execution_count: count }),
        fields({ status: oneOf("aborted"), execution_count: count }),
      ],
    },
  },
  inspect_reply: {
    channels: requests,
    content: reply({ found: flag, data: mimeBundle, metadata: dictionary }),
  },
  complete_reply: {
    channels: requests,
    content: reply({ matches: texts, cursor_start: count, cursor_end: count, metadata: dictionary }),
  },
  history_reply: {
    channels: requests,
    content: reply({
      history: {
        type: "array",
        items: {
          type: "array",
          items: [
            count,
            count,
            {
              anyOf: [
                text,
                { type: "array", items: [text, { type: ["string", "null"] }], minItems: 2, maxItems: 2 },
              ],
            },
          ],
          minItems: 3,
          maxItems: 3,
        },
      },
    }),
  },
  is_complete_reply: {
    channels: requests,
    content: {
      anyOf: [
        fields({ status: oneOf("incomplete"), indent: text }),
        fields({ status: oneOf("complete", "invalid", "unknown") }),
      ],
    },
  },
  comm_info_reply: {
    channels: requests,
    content: reply({ comms: { type: "object", additionalProperties: fields({ target_name: text }) } }),
  },
  kernel_info_reply: {
    channels: ["shell", "control"],
    content: reply({
      protocol_version: { type: "string", pattern: "^\\d+\\.\\d+(\\.\\d+)?$" },
      implementation: text,
      implementation_version: { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+" },
      language_info: fields({
        name: text,
        version: { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+" },
        mimetype: { type: "string", pattern: "^\\w+/[\\w.+-]+$" },
        file_extension: { type: "string", pattern: "^\\.\\w+$" },
        pygments_lexer: text,
        codemirror_mode: { type: ["string", "object"] },
        nbconvert_exporter: text,
      }),
      banner: text,
      debugger: flag,
      supported_features: texts,
      help_links: { type: "array", items: fields({ text, url: text }) },
    }),
  },
  shutdown_reply: { channels: ["shell", "control", "iopub"], content: reply({ restart: flag }) },
  interrupt_reply: { channels: ["control"], content: reply({}) },

  stream: { channels: published, content: fields({ name: oneOf("stdout", "stderr"), text }) },
  display_data: {
    channels: published,
    content: fields({
      data: mimeBundle,
      metadata: dictionary,
      transient: fields({ display_id: text }, ["display_id"]),
    }),
  },
  update_display_data: {
    channels: published,
    content: fields({ data: mimeBundle, metadata: dictionary, transient: fields({ display_id: text }) }),
  },
  execute_input: { channels: published, content: fields({ code: text, execution_count: count }) },
  execute_result: {
    channels: published,
    // "Identical to display_data messages, with the addition of an execution_count", the specification says.
    content: fields(
      {
        execution_count: count,
        data: resultBundle,
        metadata: dictionary,
        transient: fields({ display_id: text }),
      },
      ["transient"],
    ),
  },
  error: { channels: published, content: fields(error) },
  status: { channels: published, content: fields({ execution_state: oneOf("busy", "idle", "starting") }) },
  clear_output: { channels: published, content: fields({ wait: flag }) },
  iopub_welcome: { channels: published, content: fields({ subscription: text }) },

  comm_open: {
    channels: published,
    content: fields({ comm_id: text, target_name: text, data: dictionary }),
    buffers: true,
  },
  comm_msg: { channels: published, content: fields({ comm_id: text, data: dictionary }), buffers: true },
  comm_close: { channels: published, content: fields({ comm_id: text, data: dictionary }), buffers: true },

  input_request: { channels: ["stdin"], content: fields({ prompt: text, password: flag }) },
};

export const headerSchema: Schema = fields({
  msg_id: { type: "string", minLength: 1 },
  session: { type: "string", minLength: 1 },
  username: text,
  date: {
    type: "string",
    pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$",
  },
  msg_type: text,
  version: { type: "string", pattern: "^5\\.[3-9]\\d*$" },
});
