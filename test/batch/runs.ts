import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { parquetReadObjects } from "hyparquet";

import { repositoryRoot } from "../support.js";

/** What `writeTinyImages(20, ...)` writes: 60 images under three labels. */
export const allNames = ["blue", "green", "red"].flatMap((label) =>
  Array.from({ length: 20 }, (_, index) => join(label, `${index}.png`)),
);

export interface Row {
  readonly path: string;
  readonly label?: string;
  readonly score?: number;
  readonly problem_kind?: string;
  readonly problem?: string;
  readonly features?: readonly number[];
  readonly [score: `score_${string}`]: number | undefined;
}

/** The rows of all shards of a run. */
export async function rowsOf(run: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of readdirSync(join(run, "results")).sort()) {
    const bytes = readFileSync(join(run, "results", name));
    const file = new Uint8Array(bytes).buffer;
    rows.push(...((await parquetReadObjects({ file })) as Row[]));
  }
  return rows;
}

/** Each image has one row and no more, and the summary counts the same. */
export async function assertEachImageOnce(run: string, names: readonly string[] = allNames): Promise<void> {
  const rows = await rowsOf(run);
  assert.deepEqual(rows.map(({ path }) => path).sort(), [...names].sort());
  const summary = JSON.parse(readFileSync(join(run, "summary.json"), "utf8")) as {
    images: number;
    unreadable: number;
    labels: Record<string, number>;
  };
  assert.equal(summary.images, names.length);
  const labelled = Object.values(summary.labels).reduce((sum, count) => sum + count, 0);
  assert.equal(labelled + summary.unreadable, names.length);
  assert.deepEqual(
    readdirSync(join(run, "results")).filter((name) => !name.endsWith(".parquet")),
    [],
  );
}

/** Starts `sightbook` on its own. */
export function startCli(args: readonly string[]): ChildProcess & { readonly said: () => string } {
  const script = join(repositoryRoot, "dist", "src", "cli", "main.js");
  const child = spawn(process.execPath, [script, ...args]);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  return Object.assign(child, { said: () => said });
}

export const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once("close", resolve))
    : Promise.resolve(child.exitCode);

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet still has a number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (condition()) return;
    await wait(10);
  }
  assert.fail(`${what} did not happen`);
}

export const finishedShards = (run: string): string[] =>
  existsSync(join(run, "shards"))
    ? readdirSync(join(run, "shards")).filter((name) => name.endsWith(".json"))
    : [];
