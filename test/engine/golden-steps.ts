import assert from "node:assert/strict";
import type { Engine } from "../../src/engine/engine.js";
import {
  deterministicWeights,
  readTrainingGolden,
  relativeDistance,
} from "../golden/deterministic-weights.js";
import { tinyMobileNetwork, tinyResidualNetwork } from "../golden/tiny-networks.js";

const networks = [
  { name: "tiny-residual", network: tinyResidualNetwork() },
  { name: "tiny-mobile", network: tinyMobileNetwork() },
] as const;

/**
 * Two steps of both golden networks on an engine: scores, loss and weights equal PyTorch's to 1e-4 of the largest value.
 * Gradients to 1e-3: those of the batch norms' offsets nearly cancel, and keep fewer digits in float32.
 */
export async function checkGoldenSteps(engine: Engine): Promise<void> {
  for (const { name, network } of networks) {
    const golden = readTrainingGolden(name);
    const { batch, options } = golden;
    const close = (
      what: string,
      found: ArrayLike<number>,
      expected: ArrayLike<number>,
      tolerance = 1e-4,
    ): void => {
      const distance = relativeDistance(found, expected);
      assert.ok(distance <= tolerance, `${engine.name}, ${name}: ${what} differs by ${distance}`);
    };
    const session = await engine.createSession(network, deterministicWeights(network), {
      ...options,
      seed: 1,
    });
    close("evaluation", await session.predict(batch), golden.evaluationLogits);
    const { gradients } = await session.gradients(batch);
    assert.deepEqual([...gradients.keys()].sort(), [...golden.gradients.keys()].sort());
    for (const [parameter, expected] of golden.gradients) {
      close(`gradient of ${parameter}`, gradients.get(parameter)!.data, expected, 1e-3);
    }
    for (const [i, step] of golden.steps.entries()) {
      const { loss, logits } = await session.trainStep(batch, options.learningRate);
      close(`loss of step ${i}`, [loss], [step.loss]);
      close(`logits of step ${i}`, logits, step.logits);
      const weights = await session.readWeights();
      for (const [parameter, expected] of step.weights) {
        close(`${parameter} after step ${i}`, weights.get(parameter)!.data, expected);
      }
    }
    close("evaluation afterwards", await session.predict(batch), golden.evaluationLogitsAfter);
    await session.dispose();
  }
}
