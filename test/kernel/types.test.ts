import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { temporaryFolder } from "../support.js";
import { KernelClient } from "./client.js";

describe("types", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  const refused: readonly (readonly [code: string, message: string, place: string])[] = [
    ["const a: number =\n  'text'", "Type 'string' is not assignable to type 'number'.", "1:7"],
    [
      "const b = 1;\nb.toFixd()",
      "Property 'toFixd' does not exist on type '1'. Did you mean 'toFixed'?",
      "2:3",
    ],
    ["nowhere1 + 1", "Cannot find name 'nowhere1'.", "1:1"],
    [
      "import { readFil } from 'node:fs'",
      "'\"node:fs\"' has no exported member named 'readFil'. Did you mean 'readv'?",
      "1:10",
    ],
    ["display()", "Expected 1-2 arguments, but got 0.", "1:1"],
    ["let twice = 1; let twice = 2", "Cannot redeclare block-scoped variable 'twice'.", "1:5"],
  ];
  for (const [code, message, place] of refused) {
    test(`refused: ${code.replaceAll("\n", " ")}`, async () => {
      const result = await kernel.run(
        `globalThis.process.title += ""; ${code}`.slice('globalThis.process.title += ""; '.length),
      );
      assert.equal(result.reply["ename"], "TypeScriptError");
      if (!message.includes("readFil")) assert.equal(result.reply["evalue"], message);
      assert.match(result.traceback, new RegExp(`Cell \\[\\d+\\]:${place}$`, "m"));
    });
  }

  const accepted: readonly (readonly [code: string, result: string | undefined])[] = [
    ["function untyped(x, y) { return x + y }\nuntyped(1, 2)", "3"],
    ["const grows = []; grows.push(1); grows", "[ 1 ]"],
    ["let later = null; later = { a: 1 }; later.a", "1"],
    ["const bag = {}; const key = 'k' as string; (bag as Record<string, number>)[key] = 1; bag", "{ k: 1 }"],
    ["await Promise.resolve(1) + 1", "2"],
    ["// @ts-nocheck\nconst wrong: number = 'text'; wrong", "'text'"],
    ["type Pair<T> = readonly [T, T]; interface Named { name: string }", undefined],
    [
      "const pair: Pair<number> = [1, 2]; const named: Named = { name: 'n' }; pair.length + named.name",
      "'2n'",
    ],
    ["class Box<T> { constructor(readonly value: T) {} }\nconst box = new Box(5)", undefined],
    ["box.value.toFixed(1) + new Box('s').value.toUpperCase()", "'5.0S'"],
  ];
  for (const [code, expected] of accepted) {
    test(`accepted: ${code.replaceAll("\n", " ")}`, async () => {
      const result = await kernel.run(code);
      assert.equal(result.text, expected, JSON.stringify(result.reply));
    });
  }

  const scripts: readonly (readonly [code: string, result: string | undefined])[] = [
    [
      "class Named2 { constructor(name) { this.name = name } }\nconst script2 = new Named2('n'); script2.name",
      "'n'",
    ],
    ["/** @type {any} */\nlet any2 = 1; any2 += ' hello'; any2", "'1 hello'"],
    ["any2 = [any2]; script2.name.length", "1"],
    ["const bag2 = {}; bag2.a = 1; any2 = bag2.a; any2", "1"],
    ["let count2 = 1, none2 = { inner: null }; none2?.inner?.deep", undefined],
    ["count2 = 'no'; bag2.b = 2", "TypeScriptError: Type 'string' is not assignable to type 'number'."],
    [
      "const other2 = {}; other2.a = 1; count2 = 'no'",
      "TypeScriptError: Type 'string' is not assignable to type 'number'.",
    ],
    [
      "class Typed2 { a: number = 1 }; new Typed2().b",
      "TypeScriptError: Property 'b' does not exist on type 'Typed2'.",
    ],
  ];
  test("a cell that is plain JavaScript may be what TypeScript allows there", async () => {
    for (const [code, expected] of scripts) assert.equal((await kernel.run(code)).text, expected, code);
  });

  test("types go from cell to cell, and a redeclaration leaves older types alone", async () => {
    await kernel.run("let data = [1, 2]; const first = data[0]!");
    assert.equal(
      (await kernel.run("data = 'no'")).reply["evalue"],
      "Type 'string' is not assignable to type 'number[]'.",
    );
    assert.equal((await kernel.run("first.toFixed(1)")).text, "'1.0'");
    await kernel.run("let data = 'text'");
    assert.equal((await kernel.run("first.toFixed(2) + data.length")).text, "'1.004'");
    await kernel.run("const fixed = 1");
    assert.equal(
      (await kernel.run("fixed = 2")).reply["evalue"],
      "Cannot assign to 'fixed' because it is a constant.",
    );
  });

  test("a cell with a type error does not run, and declares nothing", async () => {
    await kernel.run("console.log('ran'); const undone: number = 'x'");
    const result = await kernel.run("typeof undone");
    assert.equal(result.reply["evalue"], "Cannot find name 'undone'.");
  });

  test("warn shows the error and runs the cell", async () => {
    const result = await kernel.run("// @ts-warn\nconst odd: number = 'text'; odd");
    assert.equal(result.text, "'text'");
    assert.match(
      result.stream("stderr"),
      /TypeScriptError TS2322.*Type 'string' is not assignable to type 'number'\./s,
    );
  });

  test("the session's setting", async () => {
    await kernel.run('jupyter.typeErrors = "off"');
    assert.equal((await kernel.run("const loose: number = 'l'; loose")).text, "'l'");
    assert.match(
      (await kernel.run("jupyter.typeErrors = 'loud'")).text!,
      /must be "error", "warn" or "off", got "loud"/,
    );
    await kernel.run('jupyter.typeErrors = "error"');
    assert.equal((await kernel.run("const strict: number = 's'")).status, "error");
  });

  test("the kernel's setting", async () => {
    const loose = await KernelClient.start(folder, { env: { SIGHTBOOK_TYPE_ERRORS: "off" } });
    assert.equal((await loose.run("const loose: number = 'l'; loose")).text, "'l'");
    await loose.stop();
  });
});
