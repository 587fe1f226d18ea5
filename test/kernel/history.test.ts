import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { History } from "../../kernel/session/history.js";
import { temporaryFolder } from "../support.js";

const tail = (history: History, n = 100): unknown =>
  history.answer({ hist_access_type: "tail", n, output: false })["history"];

test("two kernels that run at the same time are two sessions, however their cells mix", () => {
  const file = join(temporaryFolder(), "history.jsonl");
  new History(file).add(1, "'before'", undefined);
  const [one, other] = [new History(file), new History(file)];
  one.add(1, "'one'", undefined);
  other.add(1, "'other'", undefined);
  one.add(2, "'one again'", undefined);

  const next = new History(file);
  assert.deepEqual(tail(next), [
    [1, 1, "'before'"],
    [2, 1, "'one'"],
    [3, 1, "'other'"],
    [2, 2, "'one again'"],
  ]);
  const last = next.answer({ hist_access_type: "range", session: -1, output: false });
  assert.deepEqual(last["history"], [[3, 1, "'other'"]]);
  next.add(1, "'next'", undefined);
  assert.deepEqual(tail(new History(file), 1), [[4, 1, "'next'"]]);
});

test("a file that grew too long keeps its newest half, and each cell its session's number", () => {
  const file = join(temporaryFolder(), "history.jsonl");
  const entry = (session: number): string =>
    JSON.stringify({ session, kernel: `k${session}`, line: 1, input: `'${"x".repeat(1_000_000)}'` });
  writeFileSync(file, Array.from({ length: 18 }, (_, index) => `\n${entry(index + 1)}`).join(""));
  const history = new History(file);
  assert.ok(statSync(file).size < 10_000_000);
  history.add(1, "'new'", undefined);
  assert.match(readFileSync(file, "utf8").trim().split("\n").at(-1)!, /"session":19/);
});
