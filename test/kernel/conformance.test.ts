import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import type { Header, JsonObject } from "../../kernel/wire/message.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { KernelClient, type Received } from "./client.js";
import { ConformanceCheck } from "./conformance.js";
import { messageSchemas } from "./message-schemas.js";

const request: Header = {
  msg_id: "front_1",
  session: "front",
  username: "ada",
  date: "2026-11-24T12:00:00.000Z",
  msg_type: "execute_request",
  version: "5.4",
};

/** A message of a kernel, right in every part but those given. */
function message(
  id: number,
  type: string,
  content: JsonObject,
  parts: Partial<Omit<Received, "header">> & { readonly header?: Partial<Header> } = {},
): Received {
  const { header, ...others } = parts;
  const channel = others.channel ?? "iopub";
  return {
    channel,
    identities: channel === "iopub" ? [Buffer.from(type)] : [],
    header: { ...request, msg_id: `kernel_${id}`, session: "kernel", msg_type: type, ...header },
    parentHeader: request,
    metadata: {},
    content,
    buffers: [],
    ...others,
  };
}

/** A check whose subscription to iopub stands. */
function subscribed(): ConformanceCheck {
  const check = new ConformanceCheck();
  check.received(message(0, "iopub_welcome", { subscription: "" }, { parentHeader: {} }));
  return check;
}

const busy = message(1, "status", { execution_state: "busy" });
const idle = message(2, "status", { execution_state: "idle" });
const reply = { status: "ok", execution_count: 1, user_expressions: {}, payload: [] };

/** What a kernel might say wrongly after it was sent one cell, and the complaint. */
const wrong: readonly { readonly messages: readonly Received[]; readonly complaint: RegExp }[] = [
  {
    messages: [busy, message(3, "stream", { name: "stdout" })],
    complaint: /content must have required property 'text'/,
  },
  {
    messages: [busy, message(3, "stream", { name: "stdlog", text: "" })],
    complaint: /content\/name must be equal to one of the allowed values/,
  },
  {
    messages: [busy, message(3, "stream", { name: "stdout", text: "", data: "" })],
    complaint: /content must NOT have additional properties data/,
  },
  {
    messages: [
      busy,
      message(3, "execute_result", { execution_count: 1, data: { "text/html": "" }, metadata: {} }),
    ],
    complaint: /must have required property 'text\/plain'/,
  },
  {
    messages: [busy, message(3, "display_data", { data: { "text/plain": 1 }, metadata: {}, transient: {} })],
    complaint: /content\/data\/text~1plain must be string/,
  },
  {
    messages: [busy, message(3, "display_data", { data: { text: "" }, metadata: {}, transient: {} })],
    complaint: /content\/data must NOT have additional properties text/,
  },
  {
    messages: [message(3, "execute_reply", { ...reply, ename: "Error" }, { channel: "shell" })],
    complaint: /additional properties ename/,
  },
  {
    messages: [message(3, "execute_reply", reply, { channel: "control" })],
    complaint: /control: execute_reply: must come on shell/,
  },
  {
    messages: [message(3, "history_reply", { status: "ok", history: [] }, { channel: "shell" })],
    complaint: /answers execute_request/,
  },
  {
    messages: [
      message(3, "execute_reply", reply, { channel: "shell" }),
      message(4, "execute_reply", reply, { channel: "shell" }),
    ],
    complaint: /is a second reply/,
  },
  {
    messages: [
      busy,
      message(3, "execute_input", { code: "", execution_count: 1 }),
      message(4, "execute_reply", { ...reply, execution_count: 2 }, { channel: "shell" }),
    ],
    complaint: /counts 2 after 1/,
  },
  { messages: [message(3, "juggled", {})], complaint: /the specification has no such message/ },
  { messages: [idle], complaint: /comes before busy/ },
  { messages: [busy, idle, message(3, "status", { execution_state: "idle" })], complaint: /is idle twice/ },
  {
    messages: [busy, idle, message(3, "status", { execution_state: "busy" })],
    complaint: /busy again after its idle/,
  },
  {
    messages: [busy, idle, message(3, "error", { ename: "", evalue: "", traceback: [] })],
    complaint: /comes after idle/,
  },
  { messages: [busy, message(1, "clear_output", { wait: true })], complaint: /kernel_1 was used before/ },
  {
    messages: [busy, message(3, "clear_output", { wait: true }, { header: { session: "other" } })],
    complaint: /the session differs/,
  },
  {
    messages: [busy, message(3, "clear_output", { wait: true }, { parentHeader: {} })],
    complaint: /parent_header must have required property 'msg_id'/,
  },
  {
    messages: [
      busy,
      message(3, "clear_output", { wait: true }, { parentHeader: { ...request, username: "bob" } }),
    ],
    complaint: /the parent header differs from the request's/,
  },
  {
    messages: [busy, message(3, "clear_output", { wait: true }, { buffers: [new Uint8Array(1)] })],
    complaint: /has 1 buffers/,
  },
  {
    messages: [busy, message(3, "clear_output", { wait: true }, { identities: [] })],
    complaint: /has 0 prefix frames, not 1/,
  },
  {
    messages: [message(3, "status", { execution_state: "starting" })],
    complaint: /must have an empty parent header/,
  },
  {
    messages: [busy, message(3, "clear_output", { wait: true }, { header: { date: "yesterday" } })],
    complaint: /header\/date must match pattern/,
  },
];

test("the check complains of what violates the specification, and of nothing else", () => {
  for (const { messages, complaint } of wrong) {
    const check = subscribed();
    check.sent(request);
    for (const each of messages) check.received(each);
    assert.match(check.violations.join("\n"), complaint);
  }
  const check = subscribed();
  check.sent(request);
  const right = [
    busy,
    message(3, "execute_input", { code: "1", execution_count: 1 }),
    message(4, "execute_reply", reply, { channel: "shell" }),
    idle,
    message(5, "stream", { name: "stdout", text: "a timer prints later" }),
  ];
  for (const each of right) check.received(each);
  assert.deepEqual(check.violations, []);
});

describe("every message of the specification", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  test("requests with missing, wrong and absurd fields are answered by well-formed replies", async () => {
    const odd: readonly JsonObject[] = [
      {},
      { code: 5, cursor_pos: "end", detail_level: 7, hist_access_type: "sideways", target_name: 5 },
      { code: "x.", cursor_pos: -5, hist_access_type: "range", session: -99, start: -1, stop: 1e9 },
      { code: "'\ud83d", cursor_pos: 1e9, hist_access_type: "search", pattern: "[", n: -1, unique: "yes" },
    ];
    for (const type of ["complete", "inspect", "is_complete", "history", "comm_info", "kernel_info"]) {
      for (const content of odd) await kernel.request(`${type}_request`, content);
    }
    for (const content of [{}, { code: null }, { code: "1", user_expressions: 5, silent: "yes" }]) {
      await kernel.request("execute_request", content);
    }
    for (const type of ["comm_open", "comm_msg", "comm_close"]) {
      for (const content of [{}, { comm_id: 5 }, { comm_id: "none", target_name: 5, data: null }]) {
        await kernel.idle(await kernel.send(type, content));
      }
    }
  });

  test("kernel_info tells the versions of this package and of its TypeScript", async () => {
    const versionOf = (path: string) =>
      (JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as { version: string }).version;
    const { content } = (await kernel.request("kernel_info_request", {})).reply;
    assert.equal(content["implementation_version"], versionOf("package.json"));
    const typescript = versionOf("node_modules/typescript/package.json");
    assert.equal((content["language_info"] as JsonObject)["version"], typescript);
    assert.ok((content["banner"] as string).includes(typescript));
  });

  test("each type is sent, and conforms", async () => {
    await kernel.run("let a = 1; console.log(a); a", { user_expressions: { good: "a", bad: "b.c" } });
    await kernel.run(
      "display(1, { id: 'x' }); display(2, { id: 'x', update: true }); clearOutput({ wait: true })",
    );
    await kernel.run("display({ 'application/json': { a: [1] }, 'text/html': '<b>' }, { raw: true })");
    await kernel.run(`({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<i>" }) })`);
    await kernel.run(
      "const c = jupyter.comms.open('t', { buffers: [new Uint8Array(2)] }); c.send({ a: 1 }); c.close()",
    );
    const failing = await kernel.sendCell(
      "await new Promise((r) => setTimeout(r, 200)); throw new Error('no')",
    );
    const aborted = await kernel.sendCell("1");
    await kernel.exchange(failing);
    assert.equal((await kernel.exchange(aborted)).reply.content["status"], "aborted");
    const asking = await kernel.sendCell("prompt('?')", { allow_stdin: true });
    const question = await kernel.wait((each) => each.header.msg_type === "input_request");
    await kernel.send("input_reply", { value: "!" }, { channel: "stdin", parent: question });
    await kernel.exchange(asking);
    await kernel.request("complete_request", { code: "Math.flo", cursor_pos: 8 });
    await kernel.request("inspect_request", { code: "parseInt", cursor_pos: 3, detail_level: 1 });
    await kernel.request("history_request", { hist_access_type: "tail", n: 5, output: true, raw: true });
    await kernel.request("is_complete_request", { code: "{" });
    await kernel.request("comm_info_request", {});
    await kernel.request("kernel_info_request", {}, { channel: "control" });
    await kernel.request("interrupt_request", {}, { channel: "control" });
    const second = await kernel.another();
    const shutdown = await second.send("shutdown_request", { restart: false }, { channel: "control" });
    await kernel.wait(
      (each) => each.parentHeader.msg_id === shutdown && each.header.msg_type === "shutdown_reply",
    );
    await second.wait((each) => each.channel === "control" && each.parentHeader.msg_id === shutdown);
    await kernel.ended();
    const seen = new Set([...kernel.received, ...second.received].map((each) => each.header.msg_type));
    assert.deepEqual([...seen].sort(), Object.keys(messageSchemas).sort());
    second.disconnect();
  });
});
