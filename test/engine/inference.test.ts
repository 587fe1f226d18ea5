import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { openInference } from "../../src/engine/inference.js";
import { writeOnnx } from "../../src/export/index.js";
import { randomBatch, randomWeights, residualNetwork } from "../export/sample-networks.js";
import { developmentData, repositoryRoot, skipWithout, temporaryFolder } from "../support.js";

const weights = randomWeights(residualNetwork, 1);
const model = writeOnnx(residualNetwork, weights, { outputs: ["logits", "features"] });

test("bytes, floats, shared memory and views of a larger buffer give the same answer", async () => {
  const session = await openInference(model);
  const { pixels, ...batch } = randomBatch(3, 32, 40, 1);
  const shared = new Uint8Array(new SharedArrayBuffer(pixels.length));
  shared.set(pixels);
  const larger = new Uint8Array(pixels.length + 100);
  larger.set(pixels, 50);
  const expected = await session.run({ ...batch, pixels });
  assert.deepEqual([...expected.keys()], ["logits", "features"]);
  assert.deepEqual(expected.get("logits")!.shape, [3, 4]);
  assert.deepEqual(expected.get("features")!.shape, [3, 12]);
  for (const other of [Float32Array.from(pixels), shared, larger.subarray(50, 50 + pixels.length)]) {
    assert.deepEqual(await session.run({ ...batch, pixels: other }), expected);
  }
  await session.dispose();
});

test("runs of any size at once are answered in order, each with its own", async () => {
  const session = await openInference(model, { outputs: ["features"], threads: 1 });
  assert.deepEqual(session.outputNames, ["features"]);
  const batches = [1, 5, 2, 5].map((size, i) => randomBatch(size, 32 + i, 33, i));
  const order: number[] = [];
  const together = await Promise.all(
    batches.map(async (batch, i) => {
      const found = await session.run(batch);
      order.push(i);
      return found;
    }),
  );
  assert.deepEqual(order, [0, 1, 2, 3]);
  for (const [i, batch] of batches.entries()) assert.deepEqual(await session.run(batch), together[i]);
  await session.dispose();
});

test("dispose finishes what runs, and later runs are refused", async () => {
  const session = await openInference(model);
  const running = [1, 2, 3].map((seed) => session.run(randomBatch(8, 64, 64, seed)));
  await Promise.all([session.dispose(), session.dispose()]);
  for (const run of running) assert.deepEqual((await run).get("logits")!.shape, [8, 4]);
  await assert.rejects(
    session.run(randomBatch(1, 32, 32, 1)),
    /the session must be open, but it was disposed/,
  );
});

test("several sessions live side by side", async () => {
  const sessions = await Promise.all([1, 2, 3].map(() => openInference(model)));
  const batch = randomBatch(2, 32, 32, 1);
  const [first, ...others] = await Promise.all(sessions.map((session) => session.run(batch)));
  for (const other of others) assert.deepEqual(other, first);
  await Promise.all(sessions.map((session) => session.dispose()));
});

test("the caller's event loop keeps its pace during a run", async () => {
  const session = await openInference(model, { threads: 1 });
  const batch = randomBatch(8, 224, 224, 1);
  let turns = 0;
  let answered = false;
  const turn = (): void => {
    turns++;
    if (!answered) setImmediate(turn);
  };
  turn();
  await session.run(batch);
  answered = true;
  await session.dispose();
  // A run on this thread would leave it a turn or two.
  assert.ok(turns > 10, `${turns} turns`);
});

const endings = [
  { name: "by itself once the session is disposed of", code: "await session.dispose();", status: 0 },
  { name: "by itself with the session only idle", code: "", status: 0 },
  {
    name: "in order when told to in the middle of runs",
    code: "void session.run(batch(32, 224)); void session.run(batch(32, 224)); setTimeout(() => process.exit(3), 30);",
    status: 3,
  },
];
for (const { name, code, status } of endings) {
  test(`a process ends ${name}`, () => {
    const path = join(temporaryFolder(), "model.onnx");
    writeFileSync(path, model);
    const inference = pathToFileURL(join(repositoryRoot, "dist/src/engine/inference.js")).href;
    const script = `
      import { openInference } from ${JSON.stringify(inference)};
      const batch = (size, side) => ({ size, height: side, width: side, pixels: new Uint8Array(size * side * side * 3) });
      const session = await openInference(${JSON.stringify(path)});
      const found = await session.run(batch(1, 32));
      console.log(found.get("logits").shape.join());
      ${code}`;
    const result = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      timeout: 60_000,
    });
    const { signal, stdout, stderr } = result;
    assert.deepEqual(
      { status: result.status, signal, stdout, stderr },
      { status, signal: null, stdout: "1,4\n", stderr: "" },
    );
  });
}

test("what cannot be opened is refused in one sentence", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "broken.onnx");
  writeFileSync(path, "no model");
  await assert.rejects(openInference(path), {
    name: "FileError",
    message: /broken\.onnx: must be an ONNX model/,
  });
  await assert.rejects(openInference(join(folder, "absent.onnx")), {
    name: "FileError",
    message: /absent\.onnx: must be an ONNX model.*File doesn't exist/,
  });
  await assert.rejects(
    openInference(Uint8Array.of(1, 2, 3)),
    /openInference: the model must be an ONNX model/,
  );
  await assert.rejects(openInference(model, { outputs: ["prob"] }), {
    name: "ArgumentError",
    message: /outputs must be among "logits", "features", got "prob"/,
  });
  await assert.rejects(openInference(model, { threads: 0 }), /threads must be an integer from 1, got 0/);
});

test("a batch whose pixels do not fit its sizes is refused", async () => {
  const session = await openInference(model);
  const batch = randomBatch(1, 32, 32, 1);
  await assert.rejects(
    session.run({ ...batch, height: 31 }),
    /batch\.pixels must be 2976 values, at least one image of \[31, 32, 3\], got 3072/,
  );
  await session.dispose();
});

test(
  "a model from elsewhere is pointed to the featuriser",
  { skip: skipWithout("squeezenet1.1.onnx") },
  async () => {
    await assert.rejects(openInference(developmentData("squeezenet1.1.onnx")!), {
      name: "FileError",
      message: /must have the one input "images" .*, got "data" \[n, 3, h, w\]\. A model from elsewhere/,
    });
  },
);
