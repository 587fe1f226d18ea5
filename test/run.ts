/**
 * Runs the test files: all of `test/`, or those whose path contains one of the arguments. Benchmarks and acceptance runs
 * are programs of their own, not tests. Ends with the line `N passed, N failed`.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";

import { repositoryRoot } from "./support.js";

const wanted = process.argv.slice(2);
const compiled = join(repositoryRoot, "dist", "test");
const files = readdirSync(compiled, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .map((file) => join(compiled, file));

if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(", ")}.`);
  process.exit(2);
}

// Every test process preloads setup.ts, which turns warnings into failures.
const setup = new URL("./setup.js", import.meta.url).href;
process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${setup}`;

const counts = { passed: 0, failed: 0, skipped: 0 };
// The bound is for files that hang, such as those that left a process behind: far above what the slowest machine needs.
const events = run({ files, concurrency: Math.min(2, availableParallelism()), timeout: 20 * 60_000 });
events.on("test:pass", ({ skip, details }) => {
  if (details.type === "suite") return;
  if (skip === undefined) counts.passed++;
  else counts.skipped++;
});
events.on("test:fail", ({ details }) => {
  if (details.type !== "suite") counts.failed++;
});
events.pipe(new spec()).pipe(process.stdout);
events.on("end", () => {
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
});
process.on("exit", () => {
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
});
