import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { compileCell } from "../../kernel/language/compile.js";
import { SessionTypes } from "../../kernel/language/session-types.js";
import { isTrivial } from "../../kernel/language/trivial.js";
import { loadTypeScript } from "../../kernel/language/typescript.js";
import { temporaryFolder } from "../support.js";

const typescript = loadTypeScript();
const session = new SessionTypes(typescript, temporaryFolder());
let cells = 0;

function parse(code: string) {
  return typescript.createSourceFile("cell.ts", code, typescript.ScriptTarget.ESNext, false);
}

/** The errors of types that a full check finds; a sound cell becomes part of the session. */
function check(code: string): readonly string[] {
  const compiled = compileCell(typescript, code, { id: (cells += 1), known: new Set(), imported: new Set() });
  assert.ok(compiled.ok, code);
  const problems = session.check(cells, code, parse(code), compiled.cell.declared);
  if (problems.length === 0) session.commit(cells, compiled.cell.declared);
  return problems.map(({ message }) => message);
}

describe("cells that need no type checker", () => {
  assert.deepEqual(
    check(
      "let value = Symbol(); const fixed = null; function call() {} class Type {} interface Shape {}\n" +
        "enum Kind { A } const enum Fixed { A } namespace Space { export type T = 1 }",
    ),
    [],
  );

  const trivial = [
    "1 + 2 * (3 - 4) / 5",
    "'text'",
    "const a = 1, b = 'b'; let c = a; b",
    "value; fixed; call; Type",
    "console.log('hello', 1 + 1, value, fixed)",
    "const seen = 1; console.error(seen)",
    "import * as fs from 'node:fs'; import path, { join as glue } from 'node:path'; import 'node:os'; path",
    "import type { Stats } from 'node:fs'",
    "",
  ];
  for (const code of trivial) {
    test(`sound without a look: ${code}`, () => {
      assert.equal(isTrivial(typescript, parse(code), session), true);
      assert.deepEqual(check(code), []);
    });
  }

  const others = [
    "1 + 'text' - 2",
    "nowhere",
    "console.log(nowhere)",
    "console.lag(1)",
    "const later = first; const first = 1",
    "let twice = 1; let twice = 2",
    "import twice from 'node:fs'; const twice = 2",
    "const console = 1; console.log(1)",
    "value + 1",
    "`${value}`",
    "Shape; Fixed; Space",
    "const wrong: number = 'text'",
    "call(1)",
    "fixed = 1",
  ];
  for (const code of others) {
    test(`left to the checker: ${code}`, () => {
      assert.equal(isTrivial(typescript, parse(code), session), false);
      assert.notEqual(check(code).length, 0, "the checker finds nothing: the case shows nothing");
    });
  }
});
