import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { withLock } from "../src/lock.js";
import { repositoryRoot, temporaryFolder } from "./support.js";

const task = "download";
const lockModule = join(repositoryRoot, "dist", "src", "lock.js");

/** A process that counts to 50 in a file under the lock: without one, two of them would lose counts. */
const counter = `
  import { existsSync, readFileSync, writeFileSync } from "node:fs";
  import { setTimeout } from "node:timers/promises";
  import { withLock } from ${JSON.stringify(lockModule)};
  const [file, lock] = process.argv.slice(-2);
  await withLock(lock, async () => {
    for (let i = 0; i < 50; i++) {
      const value = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
      await setTimeout(2);
      writeFileSync(file, String(value + 1));
    }
  }, { task: "count" });
`;

test("of two processes one waits for the other", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "count");
  const lock = join(folder, "lock");
  const ends = [1, 2].map(() => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", counter, file, lock], {
      stdio: "inherit",
    });
    return new Promise((resolve) => child.on("close", resolve));
  });
  assert.deepEqual(await Promise.all(ends), [0, 0]);
  assert.equal(readFileSync(file, "utf8"), "100");
  assert.ok(!existsSync(lock));
});

test("the lock of a process that died is taken over", async () => {
  const lock = join(temporaryFolder(), "lock");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(lock);
  writeFileSync(join(lock, "owner.json"), JSON.stringify({ pid, host: hostname() }));
  assert.equal(await withLock(lock, () => Promise.resolve("done"), { task }), "done");
  assert.ok(!existsSync(lock));
});

test("waiting tells whom for, and can be cancelled", async () => {
  const lock = join(temporaryFolder(), "lock");
  mkdirSync(lock);
  writeFileSync(join(lock, "owner.json"), JSON.stringify({ pid: process.pid, host: hostname() }));
  const controller = new AbortController();
  const messages: string[] = [];
  const onWait = (message: string): void => {
    messages.push(message);
    controller.abort();
  };
  const work = (): Promise<never> => assert.fail("ran without the lock");
  await assert.rejects(withLock(lock, work, { task, signal: controller.signal, onWait }), {
    name: "CancelledError",
    message: "Waiting for another download: cancelled.",
  });
  assert.deepEqual(messages, [`another download is running (process ${process.pid}); waiting for it`]);
  assert.ok(existsSync(lock), "the other's lock stays");
});

test("work that fails gives the lock back", async () => {
  const lock = join(temporaryFolder(), "lock");
  await assert.rejects(
    withLock(lock, () => Promise.reject(new Error("no")), { task }),
    { message: "no" },
  );
  assert.ok(!existsSync(lock));
});
