import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { composeMessage } from "../../kernel/wire/compose.js";
import { encodeFrames } from "../../kernel/wire/frames.js";
import { temporaryFolder } from "../support.js";
import { CellResult, KernelClient } from "./client.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("execute requests", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  const count = async () =>
    Number((await kernel.run("0", { store_history: false })).reply["execution_count"]);

  test("silent: no output, no count, no history", async () => {
    const before = await count();
    const result = await kernel.run("console.log('hidden'); display(1); 5", { silent: true });
    assert.equal(result.status, "ok");
    assert.deepEqual(
      result.published.map((message) => message.header.msg_type),
      ["status", "status"],
    );
    assert.equal(await count(), before);
    const failing = await kernel.run("throw new Error('x')", { silent: true });
    assert.equal(failing.text, "Error: x");
    assert.deepEqual(failing.of("error"), []);
  });

  test("store_history off: output, but no count and no history", async () => {
    const before = await count();
    assert.equal((await kernel.run("'unstored' + 1", { store_history: false })).text, "'unstored1'");
    assert.equal(await count(), before);
    const history = await kernel.request("history_request", {
      hist_access_type: "search",
      pattern: "*unstored*",
    });
    assert.deepEqual(history.reply.content["history"], []);
  });

  test("history: tail, range, search, with output", async () => {
    await kernel.run("let h1 = 40 + 2; h1");
    await kernel.run("'second entry'");
    const tail = await kernel.request("history_request", {
      hist_access_type: "tail",
      n: 2,
      output: true,
      raw: true,
    });
    const entries = tail.reply.content["history"] as [number, number, [string, string | null]][];
    assert.deepEqual(
      entries.map(([, , texts]) => texts),
      [
        ["let h1 = 40 + 2; h1", "42"],
        ["'second entry'", "'second entry'"],
      ],
    );
    const line = entries[0]![1];
    const range = await kernel.request("history_request", {
      hist_access_type: "range",
      session: 0,
      start: line,
      stop: line + 1,
    });
    assert.deepEqual(range.reply.content["history"], [[entries[0]![0], line, "let h1 = 40 + 2; h1"]]);
    const search = await kernel.request("history_request", {
      hist_access_type: "search",
      pattern: "*h1 = 4? + [0-9]*",
    });
    assert.equal((search.reply.content["history"] as unknown[]).length, 1);
  });

  test("user expressions, each with its own fate", async () => {
    const result = await kernel.run("let u1 = 5", {
      user_expressions: { good: "u1 + 1", bad: "nowhere.to.go" },
    });
    const values = result.reply["user_expressions"] as Record<string, Record<string, unknown>>;
    assert.deepEqual(values["good"], { status: "ok", data: { "text/plain": "6" }, metadata: {} });
    assert.equal(values["bad"]!["status"], "error");
  });

  test("an error aborts the requests already queued, and no others", async () => {
    const failing = await kernel.sendCell(
      "await new Promise((r) => setTimeout(r, 300)); throw new Error('stop here')",
    );
    const queued = [await kernel.sendCell("1"), await kernel.sendCell("2")];
    const info = await kernel.request("kernel_info_request", {});
    assert.equal(info.reply.content["status"], "ok");
    assert.equal((await kernel.exchange(failing)).reply.content["status"], "error");
    for (const id of queued) {
      const { reply, published } = await kernel.exchange(id);
      assert.equal(reply.content["status"], "aborted");
      assert.deepEqual(
        published.map((message) => message.content["execution_state"]),
        ["busy", "idle"],
      );
    }
    assert.equal((await kernel.run("3")).text, "3");
  });

  test("stop_on_error off lets the queue run on", async () => {
    const failing = await kernel.sendCell("throw new Error('go on')", { stop_on_error: false });
    const next = await kernel.sendCell("'ran'");
    await kernel.exchange(failing);
    assert.equal(new CellResult(await kernel.exchange(next)).text, "'ran'");
  });

  test("messages of a cell: busy, input, stream, display, result, reply, idle", async () => {
    const result = await kernel.run(
      "console.log('a'); console.error('b'); display('c'); console.log('d'); 'e'",
    );
    assert.deepEqual(
      result.published.map((message) => message.header.msg_type),
      ["status", "execute_input", "stream", "stream", "display_data", "stream", "execute_result", "status"],
    );
    assert.deepEqual(result.of("display_data")[0], {
      data: { "text/plain": "'c'" },
      metadata: {},
      transient: {},
    });
    for (const message of result.published) assert.match(message.header.version, /^5\.\d+$/);
  });

  test("a thousand rapid cells, in order", { timeout: 120_000 }, async () => {
    await kernel.run("let rapid = 0");
    const ids: string[] = [];
    for (let index = 0; index < 1000; index += 1)
      ids.push(await kernel.sendCell("rapid = rapid + 1", { store_history: false }));
    const last = await kernel.exchange(ids.at(-1)!);
    assert.equal(new CellResult(last).text, "1000");
    const counts = ids.map(
      (id) => new CellResult({ reply: last.reply, published: kernel.published(id) }).text,
    );
    assert.deepEqual(
      counts,
      Array.from({ length: 1000 }, (_, index) => String(index + 1)),
    );
  });

  test("two front ends see the same session and each other's outputs", async () => {
    const second = await kernel.another();
    await kernel.run("let shared = 'from the first'");
    assert.equal((await second.run("shared")).text, "'from the first'");
    const id = await kernel.sendCell("'seen by both'");
    await kernel.idle(id);
    await second.idle(id);
    assert.ok(second.published(id).some((message) => message.header.msg_type === "execute_result"));
    second.disconnect();
  });
});

describe("language requests", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  test("completion knows the session, and counts code points", async () => {
    await kernel.run(
      "const naïve😀Text = { alpha: 1, alphabet: 2 } as const;".replace("naïve😀Text", "naïveText"),
    );
    const code = "'😀😀'; naïveText.alp";
    const { reply } = await kernel.request("complete_request", { code, cursor_pos: Array.from(code).length });
    assert.deepEqual(reply.content["matches"], ["alpha", "alphabet"]);
    assert.equal(reply.content["cursor_start"], Array.from("'😀😀'; naïveText.").length);
    assert.equal(reply.content["cursor_end"], Array.from(code).length);
  });

  test("completion inside an import, and of a package's members", async () => {
    const code = "import * as fs from 'node:fs'; fs.readFileS";
    const { reply } = await kernel.request("complete_request", { code, cursor_pos: code.length });
    assert.deepEqual(reply.content["matches"], ["readFileSync"]);
  });

  test("inspection gives signature and documentation", async () => {
    await kernel.run("/** Adds one. */ function addOne(x: number) { return x + 1 }");
    const { reply } = await kernel.request("inspect_request", {
      code: "addOne(1)",
      cursor_pos: 3,
      detail_level: 0,
    });
    assert.equal(reply.content["found"], true);
    const data = reply.content["data"] as Record<string, string>;
    assert.match(data["text/plain"]!, /function addOne\(x: number\): number\s+Adds one\./);
    const ofLibraries = {
      "[1].map|(String)": /\(method\) Array<number>\.map.*Calls a defined callback function/s,
      "Array.from<number>(|)": /^from\(iterable: .*Creates an array from an iterable/s,
      "import sharp from 'sharp'; sharp('x').resize(|)": /Resize image to width, height/,
    };
    for (const [text, expected] of Object.entries(ofLibraries)) {
      const { reply } = await kernel.request("inspect_request", {
        code: text.replace("|", ""),
        cursor_pos: text.indexOf("|"),
        detail_level: 0,
      });
      assert.match((reply.content["data"] as Record<string, string>)["text/plain"]!, expected);
    }
    const nothing = await kernel.request("inspect_request", { code: "   ", cursor_pos: 1, detail_level: 0 });
    assert.equal(nothing.reply.content["found"], false);
  });

  test("is_complete gives the indent", async () => {
    const ask = async (code: string) => (await kernel.request("is_complete_request", { code })).reply.content;
    assert.deepEqual(await ask("if (true) { f(["), { status: "incomplete", indent: "      " });
    assert.deepEqual(await ask("1"), { status: "complete" });
    assert.deepEqual(await ask("let = = 1"), { status: "invalid" });
  });
});

describe("transport", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  test("control and heartbeat answer while a cell computes", async () => {
    const id = await kernel.sendCell("{ const until = Date.now() + 1500; while (Date.now() < until); }");
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "execute_input",
    );
    assert.equal(await kernel.heartbeat(), "beat");
    const info = await kernel.request("kernel_info_request", {}, { channel: "control" });
    assert.equal(info.reply.content["implementation"], "sightbook");
    assert.ok(!kernel.published(id).some((message) => message.content["execution_state"] === "idle"));
    await kernel.exchange(id);
  });

  test("a message with a wrong signature is refused, and malformed frames do no harm", async () => {
    const forged = composeMessage("execute_request", { code: "globalThis.forged = true", silent: false }, {});
    await kernel.sendFrames(encodeFrames(forged, { key: "another key", scheme: "hmac-sha256" }));
    const good = encodeFrames(forged, kernel.connection);
    await kernel.sendFrames(good.slice(1));
    await kernel.sendFrames(good.slice(0, 4));
    await kernel.sendFrames([Buffer.from("nonsense")]);
    await kernel.sendFrames([good[0]!, good[1]!, Buffer.from("not json"), ...good.slice(3)]);
    await kernel.sendFrames([Buffer.alloc(0)], "control");
    await kernel.sendFrames([Buffer.from("x")], "stdin");
    assert.equal((await kernel.run("(globalThis as { forged?: boolean }).forged === true")).text, "false");
    assert.match(kernel.stderr, /the signature does not match/);
  });

  test("unknown requests are survived on both channels", async () => {
    const id = await kernel.send("juggle_request", { balls: 3 });
    await kernel.idle(id);
    await kernel.send("juggle_request", {}, { channel: "control" });
    assert.equal((await kernel.run("1 + 1")).text, "2");
  });

  test("every status names its parent, and busy comes first", async () => {
    const { published } = await kernel.request("comm_info_request", {});
    assert.deepEqual(
      published.map((message) => message.content["execution_state"]),
      ["busy", "idle"],
    );
  });

  test("a shutdown is answered at once, even in a synchronous loop", async () => {
    const other = await KernelClient.start(folder);
    const id = await other.sendCell("while (true) {}");
    await other.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "execute_input",
    );
    const ask = await other.send("shutdown_request", { restart: true }, { channel: "control" });
    const reply = await other.wait(
      (message) => message.channel === "control" && message.parentHeader.msg_id === ask,
    );
    assert.deepEqual(reply.content, { status: "ok", restart: true });
    await other.ended();
    other.disconnect();
  });

  test("exit handlers of the notebook run at a shutdown", async () => {
    const other = await KernelClient.start(folder);
    const file = `${folder}/exited-${randomUUID()}`;
    await other.run(
      `import { writeFileSync, existsSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(file)}, "done"))`,
    );
    await other.send("shutdown_request", { restart: false }, { channel: "control" });
    await other.ended();
    other.disconnect();
    assert.equal(
      (
        await kernel.run(
          `import { readFileSync } from "node:fs"; readFileSync(${JSON.stringify(file)}, "utf8")`,
        )
      ).text,
      "'done'",
    );
  });

  test("the history outlives a kernel, also one that was killed while it wrote", async () => {
    const other = await KernelClient.start(folder, { env: { SIGHTBOOK_HISTORY: `${folder}/kept.jsonl` } });
    await other.run("'kept for later'");
    await other.stop();
    const { appendFileSync } = await import("node:fs");
    appendFileSync(`${folder}/kept.jsonl`, '\n{"session":1,"line":2,"inp');
    const next = await KernelClient.start(folder, { env: { SIGHTBOOK_HISTORY: `${folder}/kept.jsonl` } });
    await next.run("'and more'");
    const { reply } = await next.request("history_request", {
      hist_access_type: "tail",
      n: 10,
      output: false,
    });
    assert.deepEqual(reply.content["history"], [
      [1, 1, "'kept for later'"],
      [2, 1, "'and more'"],
    ]);
    await next.stop();
  });
});

describe("comms", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  test("both ways with binary buffers, busy and idle around each message", async () => {
    await kernel.run(`
      jupyter.comms.registerTarget("echo", (comm, { data, metadata, buffers }) => {
        comm.send({ opened: data, metadata }, { buffers });
        comm.onMessage(({ data, buffers }) => { comm.send({ got: data }, { buffers: [...buffers].reverse(), metadata: { m: 1 } }); });
        comm.onClose(({ data }) => { console.log("closed", data); });
      });`);
    const bytes = createHash("sha256").update("bytes").digest();
    const opened = await kernel.send(
      "comm_open",
      { comm_id: "c1", target_name: "echo", data: { a: 1 } },
      { buffers: [bytes], metadata: { version: "1" } },
    );
    await kernel.idle(opened);
    const [busy, hello, idle] = kernel.published(opened);
    assert.equal(busy!.content["execution_state"], "busy");
    assert.deepEqual(hello!.content, {
      comm_id: "c1",
      data: { opened: { a: 1 }, metadata: { version: "1" } },
    });
    assert.deepEqual(Buffer.from(hello!.buffers[0]!), bytes);
    assert.equal(idle!.content["execution_state"], "idle");

    const sent = await kernel.send(
      "comm_msg",
      { comm_id: "c1", data: 7 },
      { buffers: [Buffer.from("x"), Buffer.from("yz")] },
    );
    await kernel.idle(sent);
    const answer = kernel.published(sent).find((message) => message.header.msg_type === "comm_msg")!;
    assert.deepEqual(answer.content, { comm_id: "c1", data: { got: 7 } });
    assert.deepEqual(
      answer.buffers.map((buffer) => Buffer.from(buffer).toString()),
      ["yz", "x"],
    );
    assert.deepEqual(answer.metadata, { m: 1 });

    const info = await kernel.request("comm_info_request", { target_name: "echo" });
    assert.deepEqual(info.reply.content["comms"], { c1: { target_name: "echo" } });
    const closed = await kernel.send("comm_close", { comm_id: "c1", data: { bye: 1 } });
    await kernel.idle(closed);
    const printed = kernel.published(closed).find((message) => message.header.msg_type === "stream")!;
    assert.equal(printed.content["text"], "closed { bye: 1 }\n");
  });

  test("opened by a cell, and closed", async () => {
    const result = await kernel.run(`
      const mine = jupyter.comms.open("front", { data: { hello: 1 }, metadata: { v: 2 }, buffers: [new Uint8Array([1, 2])] });
      mine.send({ n: 1 }); mine.close({ bye: 2 }); mine.isOpen`);
    assert.equal(result.text, "false");
    const messages = result.published.filter((message) => message.header.msg_type.startsWith("comm_"));
    assert.deepEqual(
      messages.map((message) => message.header.msg_type),
      ["comm_open", "comm_msg", "comm_close"],
    );
    assert.equal(messages[0]!.content["target_name"], "front");
    assert.deepEqual([...messages[0]!.buffers[0]!], [1, 2]);
    assert.match((await kernel.run("mine.send({})")).text!, /Error: Comm\.send: the comm \w+ is closed\./);
  });

  test("an unknown target is answered by comm_close", async () => {
    const id = await kernel.send("comm_open", { comm_id: "c9", target_name: "nobody", data: {} });
    await kernel.idle(id);
    const close = kernel.published(id).find((message) => message.header.msg_type === "comm_close")!;
    assert.deepEqual(close.content, { comm_id: "c9", data: {} });
  });

  test("comm messages are handled while a cell awaits", async () => {
    await kernel.run(
      'let heard = ""; jupyter.comms.registerTarget("live", (comm) => { comm.onMessage(({ data }) => { heard = String(data["word"]) }) })',
    );
    const cell = await kernel.sendCell(
      'while (heard === "") await new Promise((r) => setTimeout(r, 10)); heard',
    );
    await kernel.idle(await kernel.send("comm_open", { comm_id: "c2", target_name: "live", data: {} }));
    await kernel.send("comm_msg", { comm_id: "c2", data: { word: "stop" } });
    assert.equal(new CellResult(await kernel.exchange(cell)).text, "'stop'");
  });

  test("an error in a listener is reported and ends nothing", async () => {
    await kernel.run(
      'jupyter.comms.registerTarget("bad", (comm) => { comm.onMessage(() => { throw new Error("in the listener") }) })',
    );
    await kernel.idle(await kernel.send("comm_open", { comm_id: "c3", target_name: "bad", data: {} }));
    const id = await kernel.send("comm_msg", { comm_id: "c3", data: {} });
    await kernel.idle(id);
    assert.match(JSON.stringify(kernel.published(id).map((message) => message.content)), /in the listener/);
  });
});

describe("stdin", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  test("prompt asks the front end that sent the cell", async () => {
    const id = await kernel.sendCell("prompt('Name?') + '!'", { allow_stdin: true });
    const question = await kernel.wait((message) => message.header.msg_type === "input_request");
    assert.deepEqual(question.content, { prompt: "Name?", password: false });
    assert.equal(question.parentHeader.msg_id, id);
    await kernel.send("input_reply", { value: "Ada" }, { channel: "stdin", parent: question });
    assert.equal(new CellResult(await kernel.exchange(id)).text, "'Ada!'");
  });

  test("without allow_stdin it is an error", async () => {
    assert.equal(
      (await kernel.run("prompt('Name?')")).text,
      "Error: prompt: this front end does not take questions (allow_stdin is off), so nobody can answer.",
    );
  });

  test("readline asks the front end, once for each question", async () => {
    const id = await kernel.sendCell(
      `import { createInterface } from "node:readline/promises";
      const rl = createInterface({ input: process.stdin, output: process.stdout });
      const one = await rl.question("First? ");
      const two = await rl.question("Second? ");
      rl.close();
      await new Promise((r) => setTimeout(r, 100));
      [one, two]`,
      { allow_stdin: true },
    );
    const questions = () =>
      kernel.received.filter((m) => m.header.msg_type === "input_request" && m.parentHeader.msg_id === id);
    for (const [index, value] of ["1st", "2nd"].entries()) {
      await kernel.wait(() => questions().length > index);
      await kernel.send("input_reply", { value }, { channel: "stdin", parent: questions()[index]! });
    }
    const result = new CellResult(await kernel.exchange(id));
    assert.equal(result.text, "[ '1st', '2nd' ]");
    assert.match(result.stream(), /First\? .*Second\? /s);
    assert.equal(questions().length, 2);
  });

  test("an interrupt ends the wait for an answer", async () => {
    const id = await kernel.sendCell("prompt('Ever?', { password: true })", { allow_stdin: true });
    const question = await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "input_request",
    );
    assert.equal(question.content["password"], true);
    await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.equal((await kernel.exchange(id)).reply.content["ename"], "KeyboardInterrupt");
  });
});

describe("interrupts", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  const files: Readonly<Record<string, string>> = {
    "spin.mjs":
      "export function spin() { for (;;) {} }\nexport async function microtasks() { for (;;) await null }\n",
    "endless.mjs": "for (;;) {}\n",
    "endless.cjs": "for (;;) {}\n",
    "waiting.mjs": "await new Promise(() => {});\n",
  };
  before(async () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    kernel = await KernelClient.start(folder);
    await kernel.run(
      "const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)); let ticks = 0;",
    );
    await kernel.run("async function loop() { while (true) { await sleep(5); ticks++ } }");
  });
  after(() => kernel.stop());

  const cells: Readonly<Record<string, string>> = {
    "a synchronous loop": "while (true) {}",
    "a loop after an awaited timer": "await sleep(1); while (true) {}",
    "a loop in a timer's callback": "await new Promise(() => { setTimeout(() => { while (true) {} }, 1) })",
    "a loop after an awaited microtask": "await 1; while (true) {}",
    "a loop of awaited microtasks": "while (true) await null",
    "a loop after reading a file":
      "import { readFile } from 'node:fs/promises'; await readFile('.').catch(() => 0); while (true) {}",
    "a loop in a callback of setImmediate":
      "await new Promise(() => { setImmediate(() => { while (true) {} }) })",
    "a promise that never settles": "await new Promise(() => {})",
    "a promise as the result": "new Promise(() => {})",
    "a loop of awaited timers": "while (true) { await sleep(5); ticks++ }",
    "such a loop in a function of another cell": "await loop()",
    "an endless asynchronous iteration":
      "async function* forever() { while (true) { yield await sleep(2) } } for await (const _ of forever()) ticks++",
    "a loop that catches everything": "while (true) { try { await sleep(5); ticks++ } catch {} }",
    "a synchronous loop in an imported file": "import { spin } from './spin.mjs'; spin()",
    "an imported file that is a synchronous loop": "await import('./endless.mjs')",
    "a required file that is a synchronous loop": "require('./endless.cjs')",
    "an imported file that awaits for ever": "await import('./waiting.mjs')",
    "a loop of awaited microtasks in an imported file":
      "import { microtasks } from './spin.mjs'; await microtasks()",
    "a blocked Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    "a flood of prints": "while (true) console.log('flood '.repeat(20))",
    "catastrophic backtracking": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
  };
  const byMessage = async () => {
    const answer = await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.deepEqual(answer.reply.content, { status: "ok" });
  };
  const bySignal = () => {
    kernel.process.kill("SIGINT");
  };
  const bySignals = [
    "a synchronous loop",
    "a loop in a timer's callback",
    "a promise that never settles",
    "a loop of awaited timers",
    "a blocked Atomics.wait",
    "a flood of prints",
  ];

  /** Interrupts a cell while it does what `code` does, and a cell behind it. */
  async function interrupted(code: string, interrupt: () => unknown): Promise<void> {
    await kernel.run("let state = 'kept'");
    const id = await kernel.sendCell(`console.log("running");\n${code}`);
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await pause(50);
    const queued = await kernel.sendCell("'must not run'");
    // A round trip leaves the cell time to arrive: it came by another connection than the interrupt will.
    await kernel.request("kernel_info_request", {}, { channel: "control" });
    await interrupt();
    const { reply } = await kernel.exchange(id);
    assert.equal(reply.content["ename"], "KeyboardInterrupt");
    assert.doesNotMatch(JSON.stringify(reply.content["traceback"]), /node:|Worker|MessagePort/);
    assert.equal((await kernel.exchange(queued)).reply.content["status"], "aborted");
    const before = Number((await kernel.run("ticks")).text);
    await pause(60);
    assert.equal((await kernel.run("[state, ticks - " + String(before) + "]")).text, "[ 'kept', 0 ]");
  }

  for (const [name, code] of Object.entries(cells)) {
    test(name, { timeout: 60_000 }, () => interrupted(code, byMessage));
  }

  const windows = process.platform === "win32" && "Windows has no SIGINT for kernels";
  for (const name of bySignals) {
    test(`${name}, by signal`, { timeout: 60_000, skip: windows }, () => interrupted(cells[name]!, bySignal));
  }

  test("a hail of signals, and handlers that come and go", { timeout: 60_000, skip: windows }, async () => {
    await kernel.run("const mine = () => {}; process.on('SIGINT', mine); process.off('SIGINT', mine);");
    await kernel.run("let survives = 'survived'");
    const id = await kernel.sendCell("console.log('running'); while (true) {}");
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    for (let count = 0; count < 100; count += 1) {
      kernel.process.kill("SIGINT");
      if (count % 10 === 0) await pause(5);
    }
    assert.equal((await kernel.exchange(id)).reply.content["ename"], "KeyboardInterrupt");
    // The last signals may hit the next cells.
    let result = await kernel.run("survives");
    while (result.reply["ename"] === "KeyboardInterrupt") result = await kernel.run("survives");
    assert.equal(result.text, "'survived'");
  });

  test("libraries learn of it through the signal", async () => {
    const id = await kernel.sendCell(`
      const signal = (globalThis as Record<symbol, unknown>)[Symbol.for("Jupyter.interruptSignal")] as AbortSignal;
      signal.addEventListener("abort", () => { console.log("stopped by " + signal.reason.name); });
      console.log("running");
      await new Promise(() => {})`);
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await kernel.request("interrupt_request", {}, { channel: "control" });
    const result = new CellResult(await kernel.exchange(id));
    assert.equal(result.stream(), "running\nstopped by KeyboardInterrupt\n");
    assert.equal((await kernel.run("jupyter.signal.aborted")).text, "false");
  });

  test("finally blocks run, and may await", async () => {
    const id = await kernel.sendCell(
      "console.log('running'); try { await sleep(1e6) } finally { await sleep(10); console.log('cleaned up') }",
    );
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.equal(new CellResult(await kernel.exchange(id)).stream(), "running\ncleaned up\n");
  });

  test("a cell that runs after a terminated one is left alone", async () => {
    const id = await kernel.sendCell("console.log('running'); await 1; while (true) {}");
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await kernel.request("interrupt_request", {}, { channel: "control" });
    await kernel.exchange(id);
    assert.equal((await kernel.run("await sleep(1500); 'undisturbed'")).text, "'undisturbed'");
  });

  test("a file whose loading was interrupted is loaded afresh", async () => {
    writeFileSync(join(folder, "slow.cjs"), "console.log('loading'); while (true) {}\n");
    const id = await kernel.sendCell("require('./slow.cjs')");
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.equal((await kernel.exchange(id)).reply.content["ename"], "KeyboardInterrupt");
    writeFileSync(join(folder, "slow.cjs"), "exports.quick = true;\n");
    assert.equal((await kernel.run("require('./slow.cjs').quick")).text, "true");
    assert.equal((await kernel.run("import { quick } from './slow.cjs'; quick")).text, "true");
  });

  test("a library's own loop of awaited timers runs on; the cell does not wait for it", async () => {
    writeFileSync(
      join(folder, "ticking.mjs"),
      "export let count = 0;\nexport async function tick() { for (;;) { await new Promise((r) => setTimeout(r, 2)); count++ } }\n",
    );
    const id = await kernel.sendCell(
      "import { tick, count } from './ticking.mjs'; console.log('running'); await tick()",
    );
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.equal((await kernel.exchange(id)).reply.content["ename"], "KeyboardInterrupt");
    assert.equal((await kernel.run("const then = count; await sleep(100); count > then")).text, "true");
  });

  test("an interrupt of an idle kernel does nothing", async () => {
    await kernel.request("interrupt_request", {}, { channel: "control" });
    assert.equal((await kernel.run("1 + 1")).text, "2");
  });
});
