import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";

import { batch, localProcesses, type BatchOptions } from "sightbook";

import { mountSmallDisk } from "../full-disk.js";
import { writeTinyImages } from "../training/tiny-images.js";
import { assertEachImageOnce } from "./runs.js";
import { writeTinyClassifier } from "./tiny-classifier.js";

const disk = mountSmallDisk();
const bundle = await writeTinyClassifier();
const images = await writeTinyImages(20, 5);

describe("a batch on a full disk", { skip: disk.skip }, () => {
  let run: string;
  let options: BatchOptions;
  let runs = 0;
  beforeEach(() => {
    disk.makeRoom();
    run = join(disk.folder, `run${runs++}`);
    const executor = localProcesses({ workers: 1, attempts: 1 });
    options = { bundle, images, output: run, shardSize: 20, executor };
  });

  test("is refused in the beginning, and the same call makes the run when there is room", async () => {
    mkdirSync(run);
    disk.fill();
    await assert.rejects(batch(options), {
      name: "FileError",
      message: /\/manifest\.txt: could not be (?:written|made) \(the disk is full\)\.$/u,
    });
    assert.ok(!existsSync(join(run, "run.json")));
    disk.makeRoom();
    await batch(options);
    await assertEachImageOnce(run);
  });

  test("gives up the shards that cannot be written and says why; the rest is done later, each image once", async () => {
    const first = join(run, "results", "000000.parquet");
    const failing = batch({
      ...options,
      onProgress: ({ finishedShards }) => {
        if (finishedShards === 1) disk.fill();
      },
    });
    await assert.rejects(failing, {
      name: "SightbookError",
      message:
        `batch: 2 shards were given up, the first (1) because: ${run}/results/000001.parquet: could not be written ` +
        `(the disk is full); 1 of 3 shards are finished and kept in ${run}. The same call tries them again.`,
    });
    // Nothing half written, and no summary of a run that is not finished.
    assert.deepEqual(readdirSync(join(run, "results")), ["000000.parquet"]);
    assert.deepEqual(readdirSync(join(run, "shards")), ["000000.json"]);
    assert.ok(!existsSync(join(run, "summary.json")));
    const { mtimeMs } = statSync(first);
    disk.makeRoom();
    await batch(options);
    assert.equal(statSync(first).mtimeMs, mtimeMs);
    await assertEachImageOnce(run);
  });

  test("keeps every result when only the summary finds no room", async () => {
    await assert.rejects(
      batch({
        ...options,
        onProgress: ({ finishedShards }) => {
          if (finishedShards === 3) disk.fill();
        },
      }),
      { name: "FileError", message: `${run}/summary.json: could not be written (the disk is full).` },
    );
    const before = readdirSync(join(run, "results")).map((name) => readFileSync(join(run, "results", name)));
    disk.makeRoom();
    const found: number[] = [];
    await batch({ ...options, onProgress: ({ finishedShards }) => found.push(finishedShards) });
    assert.deepEqual(found, [3]);
    assert.deepEqual(
      readdirSync(join(run, "results")).map((name) => readFileSync(join(run, "results", name))),
      before,
    );
    await assertEachImageOnce(run);
  });
});
