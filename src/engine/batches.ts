import { ArgumentError } from "../errors.js";
import type { Network, Weights } from "../networks/network.js";
import type { ImageBatch, LabelledBatch } from "./engine.js";
import type { ParameterLayout } from "./layouts.js";

/** Checks what a session was given, before an engine turns a wrong size into a message of its own. */
export function checkImages(where: string, batch: ImageBatch): void {
  for (const name of ["size", "height", "width"] as const) {
    if (!Number.isInteger(batch[name]) || batch[name] < 1) {
      throw new ArgumentError(where, `batch.${name}`, "a positive integer", batch[name]);
    }
  }
  const expected = batch.size * batch.height * batch.width * 3;
  if (batch.pixels.length !== expected) {
    throw new ArgumentError(
      where,
      "batch.pixels",
      `${expected} values (size ${batch.size} x height ${batch.height} x width ${batch.width} x 3)`,
      batch.pixels.length,
    );
  }
}

export function checkLabelled(where: string, batch: LabelledBatch, labels: number): void {
  checkImages(where, batch);
  if (batch.targets.length !== batch.size * labels) {
    throw new ArgumentError(
      where,
      "batch.targets",
      `${batch.size * labels} values (size ${batch.size} x ${labels} labels)`,
      batch.targets.length,
    );
  }
}

export function checkLearningRate(where: string, learningRate: number): void {
  if (!Number.isFinite(learningRate) || learningRate < 0) {
    throw new ArgumentError(where, "learningRate", "a number of at least 0", learningRate);
  }
}

/** Every parameter must be there with its shape; the message names the tensor and both shapes. */
export function checkWeights(
  where: string,
  network: Network,
  layouts: readonly ParameterLayout[],
  weights: Weights,
): void {
  for (const { name, shape } of layouts) {
    const tensor = weights.get(name);
    const must = `${name} of shape [${shape.join(", ")}] as ${network.name} has it`;
    if (tensor === undefined) throw new ArgumentError(where, "weights", `a map with ${must}`, undefined);
    const count = shape.reduce((product, size) => product * size, 1);
    if (tensor.shape.join() !== shape.join() || tensor.data.length !== count) {
      throw new ArgumentError(where, "weights", `a map with ${must}`, tensor.shape);
    }
  }
}
