import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import test, { after, describe } from "node:test";

import ts from "typescript";

import { repositoryRoot, temporaryFolder } from "./support.js";

/*
 * Every TypeScript block of the README and of docs/ is compiled against the package's own types, the blocks of a page as
 * one program, and then run in a folder that holds `notebooks`. A block after the comment
 * `<!-- not run: <reason> -->` is compiled only.
 */

interface Block {
  readonly code: string;
  readonly run: boolean;
}

const pages = [
  "README.md",
  ...readdirSync(join(repositoryRoot, "docs"))
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => join("docs", file)),
];

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(repositoryRoot, page), "utf8");
  const fence = /(<!-- not run: [^>]+-->\n+)?```ts\n([\s\S]*?)```/g;
  return [...text.matchAll(fence)].map(([, notRun, code]) => ({ code: code!, run: notRun === undefined }));
}

/** Compiled snippets lie inside the package, so that `import ... from "sightbook"` finds the package itself. */
const folder = join(repositoryRoot, "dist", "snippets");
mkdirSync(folder, { recursive: true });
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ["node"],
  typeRoots: [join(repositoryRoot, "node_modules", "@types")],
};

function typeErrors(file: string): string[] {
  const program = ts.createProgram([file], compilerOptions);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
  });
}

for (const page of pages) {
  const blocks = blocksOf(page);
  if (blocks.length === 0) continue;
  describe(`snippets of ${page}`, () => {
    const name = basename(page, ".md");
    test("compile against the package's types", () => {
      const file = join(folder, `${name}.mts`);
      writeFileSync(file, blocks.map(({ code }) => code).join("\n"));
      assert.deepEqual(typeErrors(file), []);
    });

    const runnable = blocks.filter(({ run }) => run);
    test("run", { skip: runnable.length === 0 && "no block of this page is run" }, () => {
      const workplace = temporaryFolder();
      symlinkSync(join(repositoryRoot, "notebooks"), join(workplace, "notebooks"));
      const source = runnable.map(({ code }) => code).join("\n");
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { ...compilerOptions, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      });
      const file = join(folder, `${name}.run.mjs`);
      writeFileSync(file, outputText);
      const result = spawnSync(process.execPath, [file], {
        cwd: workplace,
        encoding: "utf8",
        env: { ...process.env, SIGHTBOOK_DATA: join(workplace, "data") },
      });
      assert.equal(result.status, 0, result.stderr);
    });
  });
}
