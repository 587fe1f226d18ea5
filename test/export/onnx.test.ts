import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openInference } from "../../src/engine/inference.js";
import { decodeOnnx, type OnnxModel } from "../../src/engine/onnx-format.js";
import { writeOnnx, type OnnxOptions } from "../../src/export/index.js";
import type { Network, Weights } from "../../src/networks/network.js";
import { temporaryFolder } from "../support.js";
import { evaluate } from "./reference.js";
import { depthwiseNetwork, randomBatch, randomWeights, residualNetwork } from "./sample-networks.js";

const networks = [residualNetwork, depthwiseNetwork];
// Even and odd sizes, since the padding of "same" depends on them.
const sizes = [
  [32, 32],
  [33, 47],
  [35, 34],
] as const;
const variants: OnnxOptions[] = [{}, { foldBatchNorm: false }];

for (const network of networks) {
  for (const options of variants) {
    test(`${network.name} computes the same in onnxruntime as by definition, ${JSON.stringify(options)}`, async () => {
      const weights = randomWeights(network, 1);
      const outputs = ["features", "logits", "probabilities"] as const;
      const session = await openInference(writeOnnx(network, weights, { ...options, outputs }));
      for (const [height, width] of sizes) {
        const batch = randomBatch(2, height, width, height);
        const expected = evaluate(network, weights, batch);
        const found = await session.run(batch);
        const [features, logits] = [expected.get("pool")!.data, expected.get("fc")!.data];
        assertClose(found.get("features")!.data, features, 1e-4);
        assertClose(found.get("logits")!.data, logits, 1e-4);
        assertClose(found.get("probabilities")!.data, [...softmax(logits, 4)], 1e-5);
        assert.deepEqual(found.get("logits")!.shape, [2, 4]);
      }
      await session.dispose();
    });
  }

  test(`${network.name} is a complete graph in its file`, () => {
    for (const options of variants) {
      const model = decodeOnnx(writeOnnx(network, randomWeights(network, 1), options));
      checkStructure(model);
      const norms = model.graph.node.filter(({ opType }) => opType === "BatchNormalization").length;
      const all = network.nodes.filter(({ kind }) => kind === "batchNorm").length;
      assert.equal(norms, options.foldBatchNorm === false ? all : 0);
      assert.equal(
        model.graph.node.some(({ opType }) => opType === "Dropout"),
        false,
      );
    }
  });
}

test("the ONNX checker accepts every variant", { skip: withoutOnnxPackage() }, () => {
  const folder = temporaryFolder();
  const files = networks.flatMap((network) =>
    variants.map((options, i) => {
      const path = join(folder, `${network.name}-${i}.onnx`);
      const outputs = ["logits", "features", "probabilities"] as const;
      writeFileSync(path, writeOnnx(network, randomWeights(network, 1), { ...options, outputs }));
      return path;
    }),
  );
  const script =
    "import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)";
  const { status, stderr } = spawnSync(python()!, ["-c", script, ...files], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("the file tells what it is: producer, labels, further metadata", () => {
  const labels = ["bowl", "cup", 'a "quoted" name', "テーブル"];
  const model = decodeOnnx(
    writeOnnx(residualNetwork, randomWeights(residualNetwork, 1), { labels, metadata: { note: "x" } }),
  );
  const metadata = new Map(model.metadataProps!.map(({ key, value }) => [key, value]));
  assert.deepEqual(JSON.parse(metadata.get("labels")!), labels);
  assert.equal(metadata.get("note"), "x");
  assert.equal(model.producerName, "sightbook");
  assert.match(model.producerVersion!, /^\d+\.\d+\.\d+/);
  assert.match(model.docString!, /TinyResidual: RGB images, 0 to 255/);
});

test("features alone leave the head out of the file", () => {
  const weights = new Map(randomWeights(residualNetwork, 1));
  weights.delete("fc.weight");
  const model = decodeOnnx(writeOnnx(residualNetwork, weights, { outputs: ["features"] }));
  checkStructure(model);
  assert.equal(
    model.graph.node.some(({ opType }) => opType === "Gemm"),
    false,
  );
  assert.deepEqual(shapeOf(model, "features"), ["batch", 12]);
});

test("a node may bear the name of an output of the file", async () => {
  const renamed = JSON.parse(
    JSON.stringify(residualNetwork).replaceAll('"fc"', '"features"').replaceAll('"pool"', '"logits"'),
  ) as Network;
  const weights = randomWeights(renamed, 1);
  const session = await openInference(writeOnnx(renamed, weights, { outputs: ["features", "logits"] }));
  const batch = randomBatch(1, 32, 32, 1);
  const expected = evaluate(renamed, weights, batch);
  const found = await session.run(batch);
  await session.dispose();
  assertClose(found.get("features")!.data, expected.get("logits")!.data, 1e-4);
  assertClose(found.get("logits")!.data, expected.get("features")!.data, 1e-4);
});

test("refusals name the argument and both sides", () => {
  const weights = randomWeights(residualNetwork, 1);
  const without = (name: string): Weights => new Map([...weights].filter(([key]) => key !== name));
  assert.throws(
    () => writeOnnx(residualNetwork, without("conv2.weight")),
    /weights "conv2\.weight" must be a tensor of shape \[8, 8, 3, 3\], got undefined/,
  );
  const wrong = new Map([...weights, ["fc.bias", { shape: [3], data: new Float32Array(3) }]]);
  assert.throws(
    () => writeOnnx(residualNetwork, wrong),
    /weights "fc\.bias" must be a tensor of shape \[4\], got "\[3\] with 3 elements"/,
  );
  assert.throws(
    () => writeOnnx(residualNetwork, weights, { labels: ["one"] }),
    /labels must be 4 names, one for each score of TinyResidual, got \[ 'one' \]/,
  );
  assert.throws(() => writeOnnx(residualNetwork, weights, { outputs: [] }), /outputs must be one or more of/);
});

/** What a consumer relies on: every name defined once and before its use, constants of the size they declare. */
function checkStructure({ graph, opsetImport, irVersion }: OnnxModel): void {
  assert.deepEqual([irVersion, opsetImport], [8, [{ domain: "", version: 18 }]]);
  const defined = new Set(graph.input.map(({ name }) => name));
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    assert.equal(defined.has(name), false, `${name} is defined twice`);
    assert.equal(dataType, 1);
    assert.equal(rawData!.byteLength, 4 * dims.reduce((product, size) => product * size, 1));
    defined.add(name);
  }
  const read = new Set(graph.output.map(({ name }) => name));
  for (const node of graph.node) {
    for (const name of node.input) {
      assert.equal(defined.has(name), true, `${name} is read before it is defined`);
      read.add(name);
    }
    for (const name of node.output) {
      assert.equal(defined.has(name), false, `${name} is defined twice`);
      defined.add(name);
    }
  }
  for (const name of defined) assert.equal(read.has(name), true, `${name} is never read`);
  for (const name of read) assert.equal(defined.has(name), true, `${name} is never computed`);
}

function shapeOf({ graph }: OnnxModel, output: string): (string | number | undefined)[] {
  const { type } = graph.output.find(({ name }) => name === output)!;
  return type!.tensorType!.shape!.dim.map(({ dimParam, dimValue }) => dimParam ?? dimValue);
}

function softmax(logits: Float64Array, labels: number): Float64Array {
  const exponentials = logits.map(Math.exp);
  return exponentials.map((value, i) => {
    const row = Math.floor(i / labels) * labels;
    return value / exponentials.subarray(row, row + labels).reduce((sum, x) => sum + x, 0);
  });
}

/** Largest difference at most `tolerance` of the largest value. */
function assertClose(found: Float32Array, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(found.length, expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (const [i, value] of found.entries()) {
    assert.ok(
      Math.abs(value - expected[i]!) <= tolerance * scale,
      `element ${i}: ${value}, not ${expected[i]!}`,
    );
  }
}

function python(): string | undefined {
  return process.env["SIGHTBOOK_BENCH_PYTHON"];
}

function withoutOnnxPackage(): string | false {
  const command = python();
  if (command === undefined) return "SIGHTBOOK_BENCH_PYTHON names no Python";
  return spawnSync(command, ["-c", "import onnx"]).status === 0 ? false : `${command} has no package onnx`;
}
