import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine, openInference } from "../../src/engine/index.js";
import { writeOnnx } from "../../src/export/index.js";
import { buildNetwork, isBaseModelName } from "../../src/networks/index.js";
import type { Network, Weights } from "../../src/networks/network.js";
import type { ImageBatch } from "../../src/engine/engine.js";
import {
  deterministicImages,
  deterministicWeights,
  readNetworksGolden,
  relativeDistance,
} from "../golden/deterministic-weights.js";
import { depthwiseNetwork, randomBatch, randomWeights, residualNetwork } from "./sample-networks.js";

async function logitsOf(
  network: Network,
  weights: Weights,
  batches: readonly ImageBatch[],
): Promise<Float32Array[]> {
  const session = await openInference(writeOnnx(network, weights));
  const results: Float32Array[] = [];
  for (const batch of batches) results.push((await session.run(batch)).get("logits")!.data);
  await session.dispose();
  return results;
}

const golden = readNetworksGolden();
// One of each kind of block, and every width and depth of EfficientNet-Lite; the deeper ResNets repeat the same blocks.
for (const name of ["ResNet18", "ResNet50", "EfficientNetLite0", "EfficientNetLite1", "EfficientNetLite2"]) {
  test(`${name} in onnxruntime gives PyTorch's logits`, async () => {
    assert.ok(isBaseModelName(name));
    const network = buildNetwork(name, { labels: golden.labels, dropout: 0 });
    const cases = golden.networks[name]!;
    const batches = cases.map(({ size, height, width }) => deterministicImages(size, height, width));
    const found = await logitsOf(network, deterministicWeights(network), batches);
    for (const [i, { evaluationLogits }] of cases.entries()) {
      const distance = relativeDistance(found[i]!, evaluationLogits);
      assert.ok(distance < 1e-4, `off by ${distance}`);
    }
  });
}

test("the exported file gives the trainer's own evaluation logits", async () => {
  const engine = await openEngine({ name: "tensorflow" });
  for (const network of [residualNetwork, depthwiseNetwork]) {
    const weights = randomWeights(network, 4);
    const session = await engine.createSession(network, weights, {
      momentum: 0.9,
      nesterov: false,
      l2: 0,
      seed: 1,
    });
    // After some steps, so that the statistics are the trainer's too.
    const batch = {
      ...randomBatch(4, 37, 40, 5),
      targets: Float32Array.from({ length: 16 }, (_, i) => (i % 5 ? 0 : 1)),
    };
    for (let i = 0; i < 3; i++) await session.trainStep(batch, 0.01);
    const [found] = await logitsOf(network, await session.readWeights(), [batch]);
    const distance = relativeDistance(found!, await session.predict(batch));
    assert.ok(distance < 1e-4, `${network.name}: off by ${distance}`);
    await session.dispose();
  }
  await engine.dispose();
});
