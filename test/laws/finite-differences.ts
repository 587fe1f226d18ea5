import type { LabelledBatch, TrainingSession } from "../../src/engine/engine.js";
import type { Weights, WeightTensor } from "../../src/networks/network.js";
import type { Random } from "../../src/random.js";

export interface DirectionalDerivative {
  readonly parameter: string;
  /** What the engine's gradient says, and what the loss says. */
  readonly gradient: number;
  readonly difference: number;
  /** Length of the gradient spread over the parameter's values: what a derivative in a random direction is about. */
  readonly scale: number;
}

/**
 * Compares the gradient of every parameter with central differences of the loss, `(L(w + h d) - L(w - h d)) / 2h`, in
 * random directions `d` of length 1.
 *
 * The loss is taken from the logits in double precision, so that the step may be small.
 */
export async function directionalDerivatives(
  session: TrainingSession,
  batch: LabelledBatch,
  weights: Weights,
  random: Random,
  { step, directions = 2 }: { readonly step: number; readonly directions?: number },
): Promise<DirectionalDerivative[]> {
  const { gradients } = await session.gradients(batch);
  const lossAt = async (parameter: string, direction: Float64Array, distance: number): Promise<number> => {
    const tensor = weights.get(parameter)!;
    await session.writeWeights(new Map([...weights, [parameter, moved(tensor, direction, distance)]]));
    return crossEntropy((await session.gradients(batch)).logits, batch);
  };
  const derivatives: DirectionalDerivative[] = [];
  for (const [parameter, { data }] of gradients) {
    const scale = Math.hypot(...data) / Math.sqrt(data.length);
    for (let i = 0; i < directions; i++) {
      const direction = unitVector(data.length, random);
      const ahead = await lossAt(parameter, direction, step);
      const behind = await lossAt(parameter, direction, -step);
      const gradient = data.reduce((sum, value, j) => sum + value * direction[j]!, 0);
      derivatives.push({ parameter, gradient, difference: (ahead - behind) / (2 * step), scale });
    }
  }
  await session.writeWeights(weights);
  return derivatives;
}

function unitVector(length: number, random: Random): Float64Array {
  const values = Float64Array.from({ length }, () => random.normal());
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

function moved({ shape, data }: WeightTensor, direction: Float64Array, distance: number): WeightTensor {
  return { shape, data: data.map((value, i) => value + distance * direction[i]!) };
}

function crossEntropy(logits: Float32Array, { size, targets }: LabelledBatch): number {
  const labels = logits.length / size;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const row = [...logits.subarray(i * labels, (i + 1) * labels)];
    const largest = Math.max(...row);
    const logSum = largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
    for (const [j, logit] of row.entries()) total += targets[i * labels + j]! * (logSum - logit);
  }
  return total / size;
}
