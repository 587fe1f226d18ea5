import assert from "node:assert/strict";
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";

import { requireCached } from "../../kernel/language/code-cache.js";
import { temporaryFolder } from "../support.js";

const skip =
  ("enableCompileCache" in nodeModule && "this Node keeps compiled code by itself") ||
  (process.platform === "win32" && "temporary files are the user's own on Windows");

test("compiled code is kept for the next process, and never trusted blindly", { skip }, () => {
  const temporary = temporaryFolder();
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = temporary;
  try {
    const path = join(temporary, "library.cjs");
    const write = (answer: number) => {
      writeFileSync(
        path,
        `exports.answer = () => ${answer}; exports.name = require("node:path").basename(__filename);`,
      );
    };
    const answer = () => {
      const { exports, keep } = requireCached(path);
      keep();
      const { answer, name } = exports as { answer: () => number; name: string };
      assert.equal(name, "library.cjs");
      return answer();
    };
    write(42);
    assert.equal(answer(), 42);
    const folder = join(
      temporary,
      readdirSync(temporary).find((name) => name.startsWith("sightbook-"))!,
    );
    const kept = () => readdirSync(folder).map((name) => join(folder, name));
    assert.equal(kept().length, 1);
    const [file] = kept();
    const { mtimeMs } = statSync(file!);
    assert.equal(answer(), 42);
    assert.equal(statSync(file!).mtimeMs, mtimeMs, "what is kept already is not written again");

    write(43);
    assert.equal(answer(), 43, "a changed library of the same length has code of its own");
    assert.equal(kept().length, 2);

    const code = readFileSync(file!);
    code[code.length - 1]! ^= 1;
    writeFileSync(file!, code);
    write(42);
    assert.equal(answer(), 42, "damaged code is not used");
    assert.notDeepEqual(readFileSync(file!), code, "and is replaced");

    chmodSync(folder, 0o777);
    const { mtimeMs: written } = statSync(file!);
    assert.equal(answer(), 42);
    assert.ok(statSync(file!).mtimeMs > written, "a folder in which others write is not read");
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
