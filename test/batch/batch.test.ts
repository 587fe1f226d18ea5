import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test, { before, describe } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { batch, localProcesses, loadClassifier } from "sightbook";

import { formatShards, parseShards, shardOf } from "../../src/batch/shard-list.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";
import {
  allNames,
  assertEachImageOnce,
  ended,
  finishedShards,
  isAlive,
  rowsOf,
  startCli,
  until,
} from "./runs.js";
import { writeTinyClassifier } from "./tiny-classifier.js";

const bundle = await writeTinyClassifier();
const images = await writeTinyImages(20, 5);

describe("results", () => {
  test("scores are those of the classifier itself, a row for each image, a file for each shard", async () => {
    const run = join(temporaryFolder(), "run");
    const progress: number[] = [];
    const summary = await batch({
      bundle,
      images,
      output: run,
      shardSize: 25,
      batchSize: 10,
      onProgress: ({ done, total }) => {
        assert.equal(total, 60);
        progress.push(done);
      },
    });
    assert.deepEqual(readdirSync(join(run, "results")), [
      "000000.parquet",
      "000001.parquet",
      "000002.parquet",
    ]);
    await assertEachImageOnce(run);
    const rows = await rowsOf(run);
    const classifier = await loadClassifier(bundle);
    const predictions = await classifier.predict(rows.map(({ path }) => join(images, path)));
    await classifier.dispose();
    for (const [index, prediction] of predictions.entries()) {
      const row = rows[index]!;
      assert.equal(row.label, prediction.label);
      assert.equal(row.label, row.path.split("/")[0]);
      assert.ok(prediction.label !== undefined && Math.abs(row.score! - prediction.score) < 1e-6);
      assert.ok(Math.abs(row["score_red"]! - prediction.scores["red"]!) < 1e-6);
    }
    assert.deepEqual(summary.labels, { blue: 20, green: 20, red: 20 });
    assert.equal(progress[0], 0);
    assert.equal(progress.at(-1), 60);
    assert.ok(progress.every((done, index) => index === 0 || done >= progress[index - 1]!));
    assert.match(summary.toString(), /^60 of 60 images scored; 3 shards in .*\n {2}blue +20\n/);
  });

  test("features are the network's", async () => {
    const run = join(temporaryFolder(), "run");
    const paths = allNames.map((name) => join(images, name)).slice(0, 7);
    await batch({ bundle, images: paths, output: run, task: "featurize", shardSize: 4 });
    const rows = await rowsOf(run);
    assert.deepEqual(
      rows.map(({ path }) => path),
      paths,
    );
    // Three features, the mean of each colour; the images are blue: 40, 60, 220 of 255, and noise.
    for (const { features } of rows) {
      assert.equal(features!.length, 3);
      assert.ok(Math.abs(features![2]! - 220 / 255) < 0.05, `${features![2]}`);
    }
  });

  test("an image that cannot be read is named, in its row and in the summary, and the others are scored", async () => {
    const folder = temporaryFolder();
    copyFileSync(join(images, "red", "0.png"), join(folder, "good.png"));
    writeFileSync(join(folder, "cut.png"), readFileSync(join(images, "red", "1.png")).subarray(0, 200));
    writeFileSync(join(folder, "text.png"), "no image");
    const manifest = join(folder, "list.txt");
    // Relative to the manifest; one that is missing, one twice under two names, an empty line, Windows line ends.
    writeFileSync(manifest, "good.png\r\ncut.png\r\n\r\ntext.png\r\nmissing ü.png\r\n./good.png\r\n");
    const run = join(folder, "run");
    const summary = await batch({ bundle, images: manifest, output: run, shardSize: 3 });
    await assertEachImageOnce(run, ["good.png", "cut.png", "text.png", "missing ü.png"]);
    const rows = new Map((await rowsOf(run)).map((row) => [row.path, row]));
    assert.equal(rows.get("good.png")!.label, "red");
    for (const name of ["cut.png", "text.png", "missing ü.png"]) {
      const { label, score, problem, problem_kind: kind } = rows.get(name)!;
      assert.deepEqual([label ?? null, score ?? null], [null, null]);
      assert.ok(kind!.length > 0 && problem!.includes(name), problem);
    }
    assert.equal(summary.unreadable, 3);
    assert.equal(summary.repeated, 1);
    assert.deepEqual(summary.problems.map(({ path }) => path).sort(), [
      "cut.png",
      "missing ü.png",
      "text.png",
    ]);
  });
});

/** Starts `sightbook batch` on its own. */
const startRun = (run: string, args: readonly string[]) =>
  startCli(["batch", bundle, images, "--output", run, ...args]);

/** The worker processes of a run; Linux only. */
function workersOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

describe("killed", { skip: process.platform !== "linux" && "finds workers by Linux's /proc" }, () => {
  test("workers killed at any moment are run again, and no image is lost or counted twice", async () => {
    const run = join(temporaryFolder(), "run");
    const child = startRun(run, ["--shard-size", "10", "--workers", "2", "--attempts", "20"]);
    const exit = ended(child);
    const killed = new Set<number>();
    // Each worker that is seen is killed after another time, until six were: some start, some score, some write.
    while (child.exitCode === null && killed.size < 6) {
      const victim = workersOf(child.pid!).find((pid) => !killed.has(pid));
      if (victim === undefined) {
        await wait(5);
        continue;
      }
      await wait(100 * (killed.size + 1));
      if (isAlive(victim)) process.kill(victim, "SIGKILL");
      killed.add(victim);
    }
    assert.equal(await exit, 0, child.said());
    assert.equal(killed.size, 6);
    await assertEachImageOnce(run);
  });

  test("a run that is killed with its workers goes on where it was", async () => {
    const run = join(temporaryFolder(), "run");
    const args = ["--shard-size", "6", "--workers", "2"];
    const first = startRun(run, args);
    await until(() => finishedShards(run).length >= 2 && workersOf(first.pid!).length > 0, "a second shard");
    const workers = workersOf(first.pid!);
    process.kill(first.pid!, "SIGKILL");
    // Nobody ends them: they notice by themselves.
    await until(() => !workers.some(isAlive), "the workers' end");
    const finished = finishedShards(run);
    assert.ok(finished.length < 10);
    assert.ok(!existsSync(join(run, "summary.json")));
    const timesOf = (): number[] => finished.map((name) => statSync(join(run, "shards", name)).mtimeMs);
    const before = timesOf();
    // What a worker leaves that dies while it writes.
    writeFileSync(join(run, "results", ".000009.parquet.0badcafe.tmp"), "half");
    const second = startRun(run, args);
    assert.equal(await ended(second), 0, second.said());
    await assertEachImageOnce(run);
    assert.deepEqual(timesOf(), before);
  });
});

test("a result that was damaged or lost is found and done again, and nothing else is", async () => {
  const run = join(temporaryFolder(), "run");
  const options = { bundle, images, output: run, shardSize: 20 };
  await batch(options);
  const before = await rowsOf(run);
  const [first, second, third] = readdirSync(join(run, "results")).map((name) => join(run, "results", name));
  const bytes = readFileSync(first!);
  // One bit, so that the length says nothing.
  bytes[100]! ^= 1;
  writeFileSync(first!, bytes);
  rmSync(second!);
  const { mtimeMs } = statSync(third!);
  // Until it is done again there is no summary of a finished run.
  await assert.rejects(batch({ ...options, signal: AbortSignal.abort() }), { name: "CancelledError" });
  assert.ok(!existsSync(join(run, "summary.json")));
  const finished: number[] = [];
  await batch({ ...options, onProgress: ({ finishedShards: count }) => finished.push(count) });
  assert.equal(finished[0], 1);
  assert.deepEqual(await rowsOf(run), before);
  assert.equal(statSync(third!).mtimeMs, mtimeMs);
});

test("a worker is told its shard by its place in a list", () => {
  for (const [list, shards] of [
    ["3,7-9,12", [3, 7, 8, 9, 12]],
    ["0-2", [0, 1, 2]],
    ["", []],
  ] as const) {
    assert.deepEqual(parseShards(list), shards);
    assert.equal(formatShards(shards), list);
  }
  const environment = { JOB_COMPLETION_INDEX: "2", SIGHTBOOK_SHARDS: "3,7-9" };
  assert.equal(shardOf(environment), 8);
  assert.throws(() => shardOf({ ...environment, JOB_COMPLETION_INDEX: "4" }), {
    message: 'batch-worker: JOB_COMPLETION_INDEX must be a place in the list 3,7-9, got "4".',
  });
  assert.throws(() => parseShards("1;2"), { message: 'shards: list must be such as "0-3,7", got "1;2".' });
});

describe("stopped", () => {
  test("an interrupt keeps the finished shards and says so; the same call goes on", async () => {
    const run = join(temporaryFolder(), "run");
    const options = { bundle, images, output: run, shardSize: 10, executor: localProcesses({ workers: 1 }) };
    const stop = new AbortController();
    await assert.rejects(
      batch({
        ...options,
        signal: stop.signal,
        onProgress: ({ finishedShards: count }) => {
          if (count === 2) stop.abort();
        },
      }),
      (error: Error) => {
        assert.equal(error.name, "CancelledError");
        assert.match(
          error.message,
          /^batch: interrupted; 2 of 6 shards are finished and kept in .*run\. The same call goes on from there\.$/,
        );
        return true;
      },
    );
    let least = Infinity;
    await batch({
      ...options,
      onProgress: ({ done }) => {
        least = Math.min(least, done);
      },
    });
    assert.equal(least, 20);
    await assertEachImageOnce(run);
    // Once more: nothing is left to do.
    assert.equal((await batch(options)).images, 60);
  });

  test("Ctrl-C in a terminal ends with 130", async () => {
    const run = join(temporaryFolder(), "run");
    const child = startRun(run, ["--shard-size", "6", "--workers", "1"]);
    await until(() => finishedShards(run).length >= 1, "a shard");
    process.kill(child.pid!, "SIGINT");
    assert.equal(await ended(child), 130, child.said());
    assert.match(child.said(), /error: batch: interrupted; \d+ of 10 shards are finished and kept in /);
  });
});

describe("a worker", () => {
  const run = join(temporaryFolder(), "run");
  before(async () => {
    await batch({ bundle, images, output: run, shardSize: 30 });
  });

  const runWorker = async (
    index: string | undefined,
    folder = run,
    args: readonly string[] = [],
  ): Promise<{ readonly code: number | null; readonly said: string }> => {
    const script = join(repositoryRoot, "dist", "src", "cli", "main.js");
    const env = { ...process.env, JOB_COMPLETION_INDEX: index };
    const child = spawn(process.execPath, [script, "batch-worker", folder, ...args], { env });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    return { code: await ended(child), said };
  };

  /** A copy of the run in which nothing is finished. */
  const fresh = (): string => {
    const copy = join(temporaryFolder(), "run");
    mkdirSync(join(copy, "results"), { recursive: true });
    mkdirSync(join(copy, "shards"));
    for (const name of ["run.json", "manifest.txt", "model.zip"])
      copyFileSync(join(run, name), join(copy, name));
    return copy;
  };

  test("skips a finished shard and exits with 0", async () => {
    const { mtimeMs } = statSync(join(run, "results", "000000.parquet"));
    const { code, said } = await runWorker("0");
    assert.equal(code, 0, said);
    assert.equal(statSync(join(run, "results", "000000.parquet")).mtimeMs, mtimeMs);
  });

  test("two at once on the same shard both succeed, and the result is one", async () => {
    const copy = fresh();
    const both = await Promise.all([runWorker("1", copy), runWorker("1", copy)]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
      both.map(({ said }) => said).join(),
    );
    assert.equal((await rowsOf(copy)).length, 30);
    assert.deepEqual(readdirSync(join(copy, "results")), ["000001.parquet"]);
  });

  test("finds the images where they are mounted", async () => {
    const copy = fresh();
    const elsewhere = temporaryFolder();
    for (const label of ["blue", "green", "red"]) {
      mkdirSync(join(elsewhere, label));
      for (let i = 0; i < 20; i++)
        copyFileSync(join(images, "red", "0.png"), join(elsewhere, label, `${i}.png`));
    }
    const { code, said } = await runWorker("0", copy, ["--images", elsewhere]);
    assert.equal(code, 0, said);
    const rows = await rowsOf(copy);
    assert.deepEqual(new Set(rows.map(({ label }) => label)), new Set(["red"]));
    assert.equal(rows[0]!.path, join("blue", "0.png"));
  });

  for (const [name, index, code, message, damage] of [
    [
      "an index that is none",
      "x",
      2,
      /JOB_COMPLETION_INDEX must be the index of a shard, got "x"/,
      undefined,
    ],
    ["no index", undefined, 2, /JOB_COMPLETION_INDEX must be the index of a shard, got undefined/, undefined],
    ["an index beyond the last", "2", 2, /JOB_COMPLETION_INDEX must be from 0 to 1, got 2/, undefined],
    [
      "another manifest",
      "1",
      2,
      /manifest\.txt: is not the manifest that the run was made with/,
      "manifest.txt",
    ],
    ["no description", "0", 1, /run\.json: is not valid JSON/, "run.json"],
  ] as const) {
    test(`${name}: exit code ${code}`, async () => {
      const copy = fresh();
      if (damage !== undefined) writeFileSync(join(copy, damage), "short");
      const worker = await runWorker(index, copy);
      assert.equal(worker.code, code, worker.said);
      assert.match(worker.said, message);
      assert.equal(worker.said.trim().split("\n").length, 1);
    });
  }

  test("another folder that is mounted in place of the images is no result of missing images either", async () => {
    const { code, said } = await runWorker("0", fresh(), ["--images", temporaryFolder()]);
    assert.equal(code, 2, said);
    assert.match(
      said,
      /holds none of the shard's 30 images \(no such file or folder\)\. What the run knows as /,
    );
  });

  test("images that are not mounted are no result of missing images: exit code 1, to be tried again", async () => {
    const { code, said } = await runWorker("0", fresh(), ["--images", "/nowhere"]);
    assert.equal(code, 1);
    assert.match(said, /^error: \/nowhere: the images' folder is not there \(no such file or folder\)\.\n$/);
  });
});

describe("refused", () => {
  test("a shard that can never be done is given up at once, the others are done", async () => {
    const run = join(temporaryFolder(), "run");
    await batch({ bundle, images, output: run, shardSize: 30 });
    // As if the second shard had never run, and the disk had lost a byte of the model since.
    const model = readFileSync(join(run, "model.zip"));
    writeFileSync(join(run, "model.zip"), model.fill(7, 100, 110));
    rmSync(join(run, "shards", "000001.json"));
    await assert.rejects(batch({ bundle, images, output: run, shardSize: 30 }), (error: Error) => {
      assert.match(
        error.message,
        /^batch: 1 shard was given up, the first \(1\) because: .*model\.zip.*; 1 of 2 shards are finished and kept in .* The same call tries them again\.$/,
      );
      return true;
    });
  });

  test("a manifest that was changed since", async () => {
    const run = join(temporaryFolder(), "run");
    await batch({ bundle, images, output: run, shardSize: 60 });
    const manifest = join(run, "manifest.txt");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace("blue/0.png", "blue/1.png"));
    await assert.rejects(batch({ bundle, images, output: run, shardSize: 60 }), {
      name: "FileError",
      message: `${manifest}: is not the manifest that the run was made with. Begin a new run.`,
    });
  });

  test("a folder with other work", async () => {
    const run = join(temporaryFolder(), "run");
    const options = { bundle, images, output: run, shardSize: 60 };
    await batch(options);
    for (const [change, what] of [
      [{ task: "featurize" }, "task"],
      [{ shardSize: 20 }, "manifest"],
      [{ images: [join(images, "red", "0.png")] }, "root, manifest"],
    ] as const) {
      await assert.rejects(batch({ ...options, ...change }), (error: Error) => {
        assert.equal(error.name, "ArgumentError");
        assert.ok(error.message.includes(`(it has another ${what})`), error.message);
        return true;
      });
    }
  });

  test("a folder with the results of a run whose description is gone: they are of who knows what", async () => {
    const run = join(temporaryFolder(), "run");
    await batch({ bundle, images, output: run, shardSize: 60 });
    rmSync(join(run, "run.json"));
    await assert.rejects(batch({ bundle, images, output: run, shardSize: 60, task: "featurize" }), {
      name: "ArgumentError",
      message:
        "batch: output must be a folder with a run of the same work, or a new one " +
        `(without run.json it holds ${join(run, "results", "000000.parquet")}), got "${run}".`,
    });
  });

  test("no images", async () => {
    const output = join(temporaryFolder(), "run");
    await assert.rejects(
      batch({ bundle, images: [], output }),
      /images must be at least one image, got \[\]/,
    );
    await assert.rejects(
      batch({ bundle, images: temporaryFolder(), output }),
      /images must be a folder with image files/,
    );
  });
});
