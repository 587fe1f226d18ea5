import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { temporaryFolder } from "../support.js";
import { KernelClient } from "./client.js";

describe("results and displays", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder, { env: { SIGHTBOOK_TYPE_ERRORS: "off" } });
  });
  after(() => kernel.stop());

  const pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const bundles: readonly (readonly [name: string, code: string, data: object])[] = [
    [
      "a MIME bundle of its own",
      "({ [Symbol.for('Jupyter.display')]() { return { 'text/html': '<i>x</i>', 'text/plain': 'x' } } })",
      { "text/html": "<i>x</i>", "text/plain": "x" },
    ],
    [
      "a promised bundle, with bytes",
      "({ async [Symbol.for('Jupyter.display')]() { return { 'image/png': new Uint8Array([1, 2, 3]) } } })",
      { "image/png": "AQID", "text/plain": "[Object]" },
    ],
    [
      "a JSON bundle",
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'application/json': { a: [1] } }) })",
      { "application/json": { a: [1] }, "text/plain": "[Object]" },
    ],
  ];
  for (const [name, code, data] of bundles) {
    test(name, async () => {
      assert.deepEqual((await kernel.run(code)).data, data);
    });
  }

  test("objects without a prototype, and modules, display as themselves", async () => {
    assert.equal((await kernel.run("Object.create(null)")).text, "[Object: null prototype] {}");
    assert.match(
      (await kernel.run("import * as path from 'node:path'; path")).text!,
      /^\[Module: null prototype\] \{/,
    );
  });

  test("bytes that begin as a picture are one", async () => {
    const data = (await kernel.run(`Buffer.from("${pixel}", "base64")`)).data!;
    assert.equal(data["image/png"], pixel);
    const jpeg = (await kernel.run("new Uint8Array([0xff, 0xd8, 0xff, 0xe0])")).data!;
    assert.ok("image/jpeg" in jpeg);
    assert.ok("image/gif" in (await kernel.run("Buffer.from('GIF89a...')")).data!);
    assert.ok("image/webp" in (await kernel.run("Buffer.from('RIFF1234WEBP')")).data!);
    assert.deepEqual(Object.keys((await kernel.run("new Uint8Array([1, 2])")).data!), ["text/plain"]);
  });

  test("a sharp image is a picture, and stays usable", async () => {
    const result = await kernel.run(
      "import sharp from 'sharp'; const image = sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } }); image",
    );
    assert.match(result.data!["image/png"] as string, /^iVBOR/);
    assert.equal((await kernel.run("(await image.metadata()).width")).text, "2");
  });

  test("flat records are a table, others are not", async () => {
    const data = (await kernel.run("[{ name: '<a>', n: 1 }, { name: 'b', n: 22, extra: true }]")).data!;
    assert.match(
      data["text/html"] as string,
      /<td style="text-align:left">&lt;a&gt;<\/td><td style="text-align:right">1<\/td>/,
    );
    assert.equal(data["text/plain"], "   name   n  extra\n0  <a>    1\n1  b     22  true\n(2 rows)");
    assert.deepEqual(Object.keys((await kernel.run("[{ a: { b: 1 } }]")).data!), ["text/plain"]);
    const long = (await kernel.run("Array.from({ length: 100 }, (_, i) => ({ i }))")).data!;
    assert.match(long["text/plain"] as string, /\n29 {2}29\n\.\.\.\n70 {2}70\n/);
  });

  test("objects whose own code throws are still shown", async () => {
    const throwing = await kernel.run("({ get [Symbol.toStringTag]() { throw new Error('no') } })");
    assert.equal(throwing.status, "ok");
    assert.equal(typeof throwing.text, "string");
    assert.match(
      (await kernel.run("({ [Symbol.for('Jupyter.display')]() { throw new RangeError('bad display') } })"))
        .text!,
      /^RangeError: bad display$/,
    );
    assert.match(
      (await kernel.run("({ [Symbol.for('Jupyter.display')]: () => 5 })")).text!,
      /TypeError: Object\[Symbol\.for\("Jupyter\.display"\)\]: a MIME bundle must be an object/,
    );
  });

  test("display: id, update, raw, metadata, order", async () => {
    const result = await kernel.run(`
      display("one", { id: "d1" });
      display({ async [Symbol.for("Jupyter.display")]() { await new Promise((r) => setTimeout(r, 20)); return { "text/plain": "slow" } } });
      display({ "text/html": "<b>raw</b>" }, { raw: true, metadata: { isolated: true } });
      await display("two", { id: "d1", update: true });`);
    const shown = result.published.filter((message) => message.header.msg_type.includes("display"));
    assert.deepEqual(
      shown.map(({ header, content }) => [
        header.msg_type,
        content["data"],
        content["transient"],
        content["metadata"],
      ]),
      [
        ["display_data", { "text/plain": "'one'" }, { display_id: "d1" }, {}],
        ["display_data", { "text/plain": "slow" }, {}, {}],
        ["display_data", { "text/html": "<b>raw</b>" }, {}, { isolated: true }],
        ["update_display_data", { "text/plain": "'two'" }, { display_id: "d1" }, {}],
      ],
    );
  });

  test("a display that is not awaited comes before the cell's end", async () => {
    const result = await kernel.run(
      "display({ async [Symbol.for('Jupyter.display')]() { await new Promise((r) => setTimeout(r, 50)); return { 'text/plain': 'late' } } }); undefined",
    );
    assert.equal(result.of("display_data").length, 1);
  });

  test("clearOutput", async () => {
    const result = await kernel.run("console.log('a'); clearOutput({ wait: true }); console.log('b')");
    assert.deepEqual(
      result.published.map((message) => message.header.msg_type),
      ["status", "execute_input", "stream", "clear_output", "stream", "status"],
    );
    assert.deepEqual(result.of("clear_output"), [{ wait: true }]);
  });

  test("a text of over a megabyte is cut in the middle, its length told", async () => {
    const text = (await kernel.run("console.log('a'.repeat(3_000_000) + 'end')")).stream();
    assert.ok(text.length < 1_100_000);
    assert.match(text, /cut: the whole text has 3,000,00\d characters/);
    assert.ok(text.endsWith("aend\n"));
  });

  test("prints come in batches, all of them, in order", async () => {
    const result = await kernel.run("for (let i = 0; i < 20000; i++) console.log(i)");
    assert.equal(result.stream(), Array.from({ length: 20000 }, (_, index) => `${index}\n`).join(""));
    assert.ok(result.of("stream").length < 2000, `${result.of("stream").length} messages`);
  });

  test("what a timer prints later belongs to the cell that started it", async () => {
    const id = await kernel.sendCell(
      "setTimeout(() => { console.log('from the timer'); display(1) }, 150); 0",
    );
    await kernel.exchange(id);
    await kernel.run("'another cell'");
    const late = await kernel.wait((message) => message.content["text"] === "from the timer\n");
    assert.equal(late.parentHeader.msg_id, id);
  });

  test("what is printed while a long loop runs is seen meanwhile", async () => {
    const id = await kernel.sendCell(
      "console.log('before'); { const until = Date.now() + 2000; while (Date.now() < until); }",
    );
    await kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.header.msg_type === "stream",
    );
    assert.ok(!kernel.published(id).some((message) => message.content["execution_state"] === "idle"));
    await kernel.exchange(id);
  });
});

describe("errors", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder, { env: { SIGHTBOOK_TYPE_ERRORS: "off" } });
  });
  after(() => kernel.stop());

  test("the traceback shows the cell's own lines, through awaits and other cells", async () => {
    await kernel.run(
      "interface Gone { a: number }\n\nasync function inner(x: Gone): Promise<void> {\n  await 1\n  throw new RangeError('deep')\n}",
    );
    const { traceback, reply } = await kernel.run(
      "async function outer() {\n  await inner({ a: 1 })\n}\nawait outer()",
    );
    assert.equal(reply["ename"], "RangeError");
    assert.match(traceback, /> 5 \| {3}throw new RangeError\('deep'\)/);
    assert.match(
      traceback,
      /at inner \(Cell \[1\]:5:9\)\n.*at async outer \(Cell \[2\]:2:3\)\n.*at async Cell \[2\]:4:1/,
    );
    assert.doesNotMatch(traceback, /node:inspector|dist\/kernel/);
  });

  test("causes and aggregates are told too", async () => {
    const cause = await kernel.run("throw new Error('outer', { cause: new TypeError('inner cause') })");
    assert.match(cause.traceback, /Error: outer[^]*Caused by:\nTypeError: inner cause/);
    const many = await kernel.run(
      "await Promise.any([Promise.reject(new Error('first')), Promise.reject('second')])",
    );
    assert.match(many.traceback, /Error 1 of 2:\nError: first[^]*Error 2 of 2:\nThrown: 'second'/);
    const circular = await kernel.run("{ const e = new Error('self'); e.cause = e; throw e }");
    assert.equal(circular.text, "Error: self");
  });

  const thrown: readonly (readonly [code: string, text: string])[] = [
    ["throw 'text'", "Thrown: 'text'"],
    ["throw null", "Thrown: null"],
    ["throw undefined", "Thrown: undefined"],
    ["throw { a: 1 }", "Thrown: { a: 1 }"],
    ["throw 5n", "Thrown: 5n"],
    ["throw Symbol('s')", "Thrown: Symbol(s)"],
    ["await Promise.reject(new Error('rejected'))", "Error: rejected"],
    ["Promise.reject(new Error('as result'))", "Error: as result"],
    ["null.x", "TypeError: Cannot read properties of null (reading 'x')"],
    ["class Custom extends Error { name = 'Custom' }; throw new Custom('c')", "Custom: c"],
    ["(() => { throw Object.assign(new Error('m'), { stack: 5 }) })()", "Error: m"],
    ["function f() { f() } f()", "RangeError: Maximum call stack size exceeded"],
  ];
  for (const [code, text] of thrown) {
    test(code, async () => {
      const result = await kernel.run(code);
      assert.equal(result.text, text);
      assert.deepEqual(result.of("error")[0]!["traceback"], result.reply["traceback"]);
    });
  }

  test("syntax errors that only V8 finds have their place", async () => {
    const { traceback } = await kernel.run("const a = 1\nlet b = 1; let b = 2");
    assert.match(traceback, /SyntaxError: Identifier 'b' has already been declared[^]*Cell \[\d+\]:2:\d+/);
  });

  test("errors that nobody awaits are reported to their cell and end nothing", async () => {
    const id = await kernel.sendCell(
      "setTimeout(() => { throw new Error('in a timer') }, 60); (async () => { await 1; throw new Error('unhandled') })(); 0",
    );
    await kernel.exchange(id);
    await kernel.run("1");
    for (const text of ["unhandled", "in a timer"]) {
      const report = await kernel.wait(
        (message) =>
          message.header.msg_type === "stream" && (message.content["text"] as string).includes(text),
      );
      assert.equal(report.parentHeader.msg_id, id);
      assert.equal(report.content["name"], "stderr");
    }
    assert.equal((await kernel.run("2")).text, "2");
  });

  test("process.exit is an error that says how to restart", async () => {
    assert.match(
      (await kernel.run("process.exit(0)")).text!,
      /process\.exit would end the kernel .* restart the kernel from the front end's Kernel menu/,
    );
    assert.equal((await kernel.run("'alive'")).text, "'alive'");
  });
});
