import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { describe } from "node:test";

import { readRecords, ScoreRecorder } from "../../src/monitoring/index.js";
import { temporaryFolder } from "../support.js";

const entry = (score: number): { version: string; label: string; score: number } => ({
  version: "v1",
  label: "cup",
  score,
});

const sizeOf = (folder: string): number =>
  readdirSync(folder)
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);

describe("a recorder", () => {
  test("keeps what it is told, in order, and no image", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder });
    for (let i = 0; i < 50; i++) recorder.record(entry(i / 50), new Uint8Array(10));
    await recorder.close();
    const records = await readRecords(folder);
    assert.deepEqual(
      records.map(({ score }) => score),
      Array.from({ length: 50 }, (_, i) => i / 50),
    );
    assert.ok(records.every(({ time, image }) => !Number.isNaN(Date.parse(time)) && image === undefined));
    assert.ok(!existsSync(join(folder, "images")));
    assert.equal(recorder.dropped, 0);
  });

  test("keeps to its size: the oldest go first", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder, maxBytes: 8192 });
    for (let i = 0; i < 500; i++) {
      recorder.record(entry(i));
      if (i % 5 === 4) await recorder.flush();
      assert.ok(i % 50 !== 0 || sizeOf(folder) <= 8192, `${sizeOf(folder)} bytes after ${i}`);
    }
    await recorder.close();
    const scores = (await readRecords(folder)).map(({ score }) => score);
    assert.equal(scores.at(-1), 499);
    assert.ok(scores.length >= 50 && scores[0]! > 300, `${scores.length} records from ${scores[0]}`);
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => a - b),
    );
  });

  test("keeps images only where asked, so many and no more bytes than allowed", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder, keepImages: 0.25, maxImageBytes: 4096 });
    for (let i = 0; i < 40; i++) recorder.record(entry(i), new Uint8Array(1000).fill(i));
    await recorder.close();
    const named = (await readRecords(folder)).filter(({ image }) => image !== undefined);
    assert.equal(named.length, 10);
    const images = readdirSync(join(folder, "images"));
    assert.equal(images.length, 4);
    assert.ok(sizeOf(join(folder, "images")) <= 4096);
    // The last ones are there under the names that their records give.
    assert.ok(images.includes(named.at(-1)!.image!));
  });

  test("keeps to its size when a great many come at once", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder, maxBytes: 8192 });
    for (let i = 0; i < 5000; i++) recorder.record(entry(i));
    await recorder.close();
    assert.ok(sizeOf(folder) <= 8192, `${sizeOf(folder)} bytes`);
    assert.equal((await readRecords(folder)).at(-1)!.score, 4999);
    assert.equal(recorder.dropped, 0);
  });

  test("images that wait for the disk take 64 MiB at most; the records come all the same", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder, keepImages: 1 });
    for (let i = 0; i < 6; i++) recorder.record(entry(i), new Uint8Array(16 << 20).fill(i));
    await recorder.flush();
    recorder.record(entry(6), new Uint8Array(16 << 20).fill(6));
    await recorder.close();
    const records = await readRecords(folder);
    assert.deepEqual(
      records.map(({ image }) => image !== undefined),
      [true, true, true, true, false, false, true],
    );
    assert.equal(readdirSync(join(folder, "images")).length, 5);
  });

  test("two of them share a folder", async () => {
    const folder = temporaryFolder();
    const recorders = [new ScoreRecorder({ folder }), new ScoreRecorder({ folder })];
    for (let i = 0; i < 100; i++) recorders[i % 2]!.record(entry(i));
    await Promise.all(recorders.map((recorder) => recorder.close()));
    const scores = (await readRecords(folder)).map(({ score }) => score);
    assert.deepEqual(
      scores.toSorted((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test("a line that a crash cut short costs that record alone", async () => {
    const folder = temporaryFolder();
    const recorder = new ScoreRecorder({ folder });
    recorder.record(entry(1));
    await recorder.close();
    appendFileSync(join(folder, readdirSync(folder)[0]!), '{"time":"2026-01-01T0');
    assert.deepEqual(
      (await readRecords(folder)).map(({ score }) => score),
      [1],
    );
  });

  test("a disk that fails costs records, is told once, and never throws", async () => {
    const folder = join(temporaryFolder(), "records");
    const problems: string[] = [];
    const recorder = new ScoreRecorder({ folder, onProblem: (message) => problems.push(message) });
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "a file where the folder was");
    for (let i = 0; i < 3; i++) {
      recorder.record(entry(i));
      await recorder.flush();
    }
    assert.equal(recorder.dropped, 3);
    assert.deepEqual(problems, [
      `Scores could not be recorded in ${folder} (a part of the path is not a folder).`,
    ]);
    rmSync(folder);
    mkdirSync(folder);
    recorder.record(entry(3));
    await recorder.close();
    assert.deepEqual(
      (await readRecords(folder)).map(({ score }) => score),
      [3],
    );
  });

  test("memory is limited: what the disk does not take in time is dropped and counted", () => {
    const recorder = new ScoreRecorder({ folder: temporaryFolder() });
    for (let i = 0; i < 10_500; i++) recorder.record(entry(i));
    assert.equal(recorder.dropped, 500);
    return recorder.close();
  });

  test("options are checked", () => {
    const folder = temporaryFolder();
    assert.throws(() => new ScoreRecorder({ folder, keepImages: 2 }), {
      message: "ScoreRecorder: keepImages must be a share in [0, 1], got 2.",
    });
    assert.throws(() => new ScoreRecorder({ folder, maxBytes: 10 }), {
      message: "ScoreRecorder: maxBytes must be a whole number from 1024, got 10.",
    });
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => new ScoreRecorder({ folder: join(folder, "file") }), /file: could not be made \(/);
  });
});
