import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import test from "node:test";

import { repositoryRoot } from "./support.js";

/** What each folder of `src` may import besides the files directly in `src`; `docs/architecture.md` explains the order. */
const mayImport: Record<string, readonly string[]> = {
  images: [],
  data: ["images"],
  augmentation: ["data", "images"],
  networks: [],
  engine: ["networks"],
  evaluation: [],
  training: ["engine", "networks", "data", "images"],
  export: ["networks", "engine"],
  classifiers: ["networks", "engine", "training", "export", "data", "images", "evaluation"],
  batch: ["classifiers", "evaluation", "export", "images"],
  loadtest: ["evaluation"],
  monitoring: ["classifiers", "evaluation", "images"],
  serving: ["engine", "images", "export", "classifiers", "monitoring"],
  deployment: ["serving", "monitoring", "loadtest", "export", "images"],
  executors: ["batch", "deployment"],
  jupyter: [],
  cli: ["*"],
};

const source = join(repositoryRoot, "src");

function* imports(): Generator<{ file: string; from: string; to: string }> {
  for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!/\.m?ts$/.test(file)) continue;
    const text = readFileSync(join(source, file), "utf8");
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      const target = relative(source, join(source, dirname(file), specifier!));
      yield { file, from: folderOf(file), to: folderOf(target) };
    }
  }
}

/** The first folder of a path inside `src`, or an empty string for a file directly in it. */
function folderOf(path: string): string {
  const parts = path.split(sep);
  return parts.length > 1 ? parts[0]! : "";
}

test("imports inside src follow the order of the architecture", () => {
  const wrong = [...imports()]
    .filter(({ from, to }) => from !== "" && to !== "" && from !== to)
    .filter(({ from, to }) => !(mayImport[from]?.includes("*") ?? false) && !mayImport[from]?.includes(to));
  assert.deepEqual(wrong, []);
});

test("no file directly in src imports a folder, but the public surface", () => {
  const wrong = [...imports()].filter(
    ({ file, from, to }) => from === "" && to !== "" && file !== "index.ts",
  );
  assert.deepEqual(wrong, []);
});

test("every folder of src has its place in the order", () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    folders.map(({ name }) => name).filter((name) => !(name in mayImport)),
    [],
  );
});
