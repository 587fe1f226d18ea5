import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { temporaryFolder } from "../support.js";
import { KernelClient } from "./client.js";

describe("modules", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  const write = (path: string, text: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  before(async () => {
    write("counter.mjs", "export let n = 0; export function inc() { n++ }\n");
    write("data.json", '{ "a": { "b": 1 } }');
    write(
      "node_modules/esm-only/package.json",
      '{ "name": "esm-only", "type": "module", "exports": { ".": { "import": "./main.js" }, "./sub": "./sub.js" } }',
    );
    write(
      "node_modules/esm-only/main.js",
      "export const value = await Promise.resolve('top-level await'); export default 'esm'\n",
    );
    write("node_modules/esm-only/sub.js", "export const sub = 'subpath'\n");
    write("node_modules/cjs/package.json", '{ "name": "cjs", "main": "./main.js" }');
    write("node_modules/cjs/main.js", "exports.named = 'cjs'; exports.f = () => 1;\n");
    kernel = await KernelClient.start(folder);
  });
  after(() => kernel.stop());

  const cells: readonly (readonly [name: string, code: string, result: string | undefined])[] = [
    [
      "an ES-only package with top-level await",
      "import esm, { value } from 'esm-only'; [esm, value]",
      "[ 'esm', 'top-level await' ]",
    ],
    ["a subpath export", "import { sub } from 'esm-only/sub'; sub", "'subpath'"],
    [
      "a CommonJS package, by default and by name",
      "import cjs, { named } from 'cjs'; [cjs.named, named]",
      "[ 'cjs', 'cjs' ]",
    ],
    ["import = require", "import old = require('cjs'); old.f()", "1"],
    ["require", "require('cjs').named", "'cjs'"],
    ["require of our own package", "require('sightbook').ArgumentError.name", "'ArgumentError'"],
    [
      "a built-in, in two ways",
      "import * as path from 'node:path'; import { join } from 'path'; [path.join === join, join('a', 'b')]",
      "[ true, 'a/b' ]",
    ],
    ["dynamic import", "(await import('esm-only')).default", "'esm'"],
    ["JSON without the attribute", "import data from './data.json'; data.a.b", "1"],
    ["JSON with the attribute", "import again from './data.json' with { type: 'json' }; again.a", "{ b: 1 }"],
    [
      "imports are hoisted",
      "const early = hoisted.basename('/x/y'); import hoisted from 'node:path'; early",
      "'y'",
    ],
    [
      "an exported let that changes is seen changed",
      "import { n, inc } from './counter.mjs'; inc(); inc(); n",
      "2",
    ],
    [
      "also in a later cell, and in a function",
      "function current() { return n } inc(); [n, current()]",
      "[ 3, 3 ]",
    ],
    [
      "an imported name cannot be assigned",
      "// @ts-nocheck\nn = 5",
      "TypeError: Cannot set property n of #<Object> which has only a getter",
    ],
    ["our own package", "import { ArgumentError } from 'sightbook'; ArgumentError.name", "'ArgumentError'"],
    ["our kernel's module", "import { insideKernel } from 'sightbook/kernel'; insideKernel()", "true"],
    ["import.meta", "import.meta.dirname === process.cwd()", "true"],
    [
      "types only",
      "import type { Stats } from 'node:fs'; const s: Stats | undefined = undefined; s",
      undefined,
    ],
    ["an import for its effects", "import 'esm-only'; 1", "1"],
  ];
  for (const [name, code, expected] of cells) {
    test(name, async () => {
      assert.equal((await kernel.run(code)).text, expected);
    });
  }

  test("a missing package is named, with what to do", async () => {
    const result = await kernel.run("import x from 'no-such-package-here'");
    assert.match(
      result.text!,
      /^Error: Cannot find the package 'no-such-package-here' from .*npm install no-such-package-here$/,
    );
  });

  const missing: readonly (readonly [kind: string, specifier: string])[] = [
    ["a CommonJS package", "cjs"],
    ["an ES package", "esm-only"],
    ["a built-in", "node:path"],
    ["a local file", "./counter.mjs"],
  ];
  for (const [kind, specifier] of missing) {
    test(`a name that ${kind} does not export stops the cell before it runs`, async () => {
      const code = `// @ts-nocheck\nconsole.log('ran');\nimport { join, absent } from '${specifier}';`;
      const result = await kernel.run(code.replace("join, ", specifier === "node:path" ? "join, " : ""));
      assert.equal(result.text, `SyntaxError: The module '${specifier}' has no export named 'absent'.`);
      assert.match(result.traceback, /at Cell \[\d+\]:3:1$/m);
      assert.equal(result.stream(), "");
    });
  }

  test("a type may be imported like a value", async () => {
    const cells = [
      ["import { Stats, statSync } from 'node:fs'; statSync('.').isDirectory()", "true"],
      ["import { Duplex, PipelineOptions } from 'node:stream'; typeof Duplex", "'function'"],
      ["let options: PipelineOptions = {}; options", "{}"],
      ["// @ts-nocheck\nimport { NoSuchType } from 'node:fs'; let some: NoSuchType = 1; some", "1"],
    ] as const;
    for (const [code, expected] of cells) assert.equal((await kernel.run(code)).text, expected, code);
  });

  test("CommonJS compiled from an ES module, as TypeScript sees it", async () => {
    write(
      "compiled.cjs",
      'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = "the default";\nfor (const name of ["hidden"]) exports[name] = "found";\n',
    );
    const nocheck = "// @ts-nocheck\n";
    const cells = [
      ["import fallback, { hidden } from './compiled.cjs'; [fallback, hidden]", "[ 'the default', 'found' ]"],
      ["import * as all from './compiled.cjs'; [all.default, all.hidden]", "[ 'the default', 'found' ]"],
      ["(await import('./compiled.cjs')).default", "'the default'"],
    ] as const;
    for (const [code, expected] of cells) assert.equal((await kernel.run(nocheck + code)).text, expected);
  });

  for (const [name, specifier] of [
    ["with its ending", "./lib1.ts"],
    ["without", "./lib2"],
    ["under the name of its output", "./lib3.js"],
  ] as const) {
    test(`a local TypeScript file ${name}, again when it or what it imports changes`, async () => {
      const file = specifier.replace(/^\.\/(\w+).*/, "$1.ts");
      write("deep.ts", "export enum Deep { A = 1 }\n");
      write(
        file,
        `import { Deep } from "./deep"; export const value: number = Deep.A;\nexport const fail = () => { throw new Error("in ${file}") };\n`,
      );
      const code = `import { value, fail } from "${specifier}"; value`;
      assert.equal((await kernel.run(code)).text, "1");
      const failing = await kernel.run("fail()");
      assert.ok(failing.traceback.includes(`${file}:2:35`), failing.traceback);
      write("deep.ts", "export enum Deep { A = 1000 }\n");
      assert.equal((await kernel.run(code)).text, "1000");
      write(file, "export const value = 'changed'; export const fail = 1;\n");
      assert.equal((await kernel.run(code)).text, "'changed'");
      assert.equal((await kernel.run("value")).text, "'changed'");
    });
  }

  test("a local CommonJS file, again when it or what it requires changes", async () => {
    write("inner.cjs", "exports.inner = 1;\n");
    write("old.cjs", "exports.value = require('./inner.cjs').inner;\n");
    write("around.ts", "import { value } from './old.cjs'; export const around: unknown = value;\n");
    const ways = [
      "require('./old.cjs').value",
      "import { value as old } from './old.cjs'; old",
      "(await import('./old.cjs')).value",
      "import { around } from './around'; around",
    ];
    for (const way of ways) assert.equal((await kernel.run(way)).text, "1", way);
    write("old.cjs", "exports.value = [require('./inner.cjs').inner];\n");
    for (const way of ways) assert.equal((await kernel.run(way)).text, "[ 1 ]", way);
    write("inner.cjs", "exports.inner = 'changed';\n");
    for (const way of ways) assert.equal((await kernel.run(way)).text, "[ 'changed' ]", way);
  });

  test("tslab's displays come out here", async () => {
    const result = await kernel.run(
      "import * as tslab from 'tslab'; tslab.display.html('<b>bold</b>'); tslab.display.png(new Uint8Array([1, 2])); tslab.display.markdown('# m')",
    );
    assert.deepEqual(
      result.of("display_data").map((content) => content["data"]),
      [{ "text/html": "<b>bold</b>" }, { "image/png": "AQI=" }, { "text/markdown": "# m" }],
    );
    const updating = await kernel.run(
      "const d = tslab.newDisplay(); d.text('one'); d.text('two'); tslab.versions.node === process.version",
    );
    assert.equal(updating.text, "true");
    const [first] = updating.of("display_data");
    const [second] = updating.of("update_display_data");
    assert.deepEqual(first!["transient"], second!["transient"]);
    assert.deepEqual(second!["data"], { "text/plain": "two" });
  });
});
