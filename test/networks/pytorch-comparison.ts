import assert from "node:assert/strict";
import { openInference, type Engine } from "../../src/engine/index.js";
import { writeOnnx } from "../../src/export/index.js";
import { buildNetwork, type BaseModelName } from "../../src/networks/index.js";
import {
  deterministicBatch,
  deterministicImages,
  deterministicWeights,
  readNetworksGolden,
  relativeDistance,
  type GradientStatistics,
} from "../golden/deterministic-weights.js";

/** Of the largest value of a tensor. PyTorch's own float32 is off by up to the figures in networks.json. */
export const tolerance = 1e-4;

const golden = readNetworksGolden();

/** Largest distances from PyTorch's numbers that a comparison saw, each a part of its tensor's largest value. */
export type Distances = Readonly<
  Record<"evaluationLogits" | "trainingLogits" | "loss" | "gradients", number>
>;

/** Evaluation logits of the exported network on onnxruntime, both image sizes: the largest distance. */
export async function compareInference(name: BaseModelName): Promise<number> {
  const network = buildNetwork(name, { labels: golden.labels });
  const session = await openInference(writeOnnx(network, deterministicWeights(network)));
  const distances: number[] = [];
  try {
    for (const { size, height, width, evaluationLogits } of golden.networks[name]!) {
      const outputs = await session.run(deterministicImages(size, height, width));
      distances.push(relativeDistance(outputs.get("logits")!.data, evaluationLogits));
    }
  } finally {
    await session.dispose();
  }
  return Math.max(...distances);
}

/** Logits in both modes and gradients on a training engine, both image sizes. */
export async function compareTraining(name: BaseModelName, engine: Engine): Promise<Distances> {
  const network = buildNetwork(name, { labels: golden.labels });
  const weights = deterministicWeights(network);
  const options = { momentum: 0.9, nesterov: false, l2: 0, seed: 1 };
  const session = await engine.createSession(network, weights, options);
  const seen = { evaluationLogits: 0, trainingLogits: 0, loss: 0, gradients: 0 };
  const see = (what: keyof Distances, distance: number): void => {
    // NaN must not get lost in a maximum.
    assert.ok(Number.isFinite(distance), `${name}: ${what} are not finite`);
    seen[what] = Math.max(seen[what], distance);
  };
  try {
    for (const expected of golden.networks[name]!) {
      const { size, height, width } = expected;
      const batch = deterministicBatch(size, height, width, golden.labels);
      see("evaluationLogits", relativeDistance(await session.predict(batch), expected.evaluationLogits));
      const { loss, logits, gradients } = await session.gradients(batch);
      see("trainingLogits", relativeDistance(logits, expected.trainingLogits));
      see("loss", relativeDistance([loss], [expected.loss]));
      for (const [parameter, statistics] of Object.entries(expected.gradients)) {
        see("gradients", gradientDistance(gradients.get(parameter)!.data, statistics));
      }
    }
  } finally {
    await session.dispose();
  }
  return seen;
}

function gradientDistance(actual: Float32Array, expected: GradientStatistics): number {
  const norm = Math.sqrt(actual.reduce((sum, value) => sum + value * value, 0));
  const entries = Object.entries(expected.entries).map(
    ([index, value]) => Math.abs(actual[Number(index)]! - value) / expected.largest,
  );
  return Math.max(relativeDistance([norm], [expected.norm]), ...entries);
}

/** @throws when a distance exceeds {@link tolerance}, naming it. */
export function assertWithin(distances: Readonly<Record<string, number>>): void {
  for (const [what, distance] of Object.entries(distances)) {
    assert.ok(distance <= tolerance, `${what}: off by ${distance} of the largest value`);
  }
}
