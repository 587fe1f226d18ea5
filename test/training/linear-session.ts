import type { LabelledBatch, TrainingSession } from "../../src/engine/engine.js";
import type { Weights } from "../../src/networks/network.js";

/**
 * Softmax regression on the pixels, by plain SGD: a real learner of a dozen lines, so that the training loop can be
 * tested without an engine. Images are one pixel in size.
 */
export class LinearSession implements TrainingSession {
  readonly #labels: number;
  #weight: Float32Array;
  /** Learning rates of the steps so far. */
  readonly learningRates: number[] = [];

  constructor(labels: number) {
    this.#labels = labels;
    this.#weight = new Float32Array(labels * 3);
  }

  predict({
    size,
    pixels,
  }: {
    readonly size: number;
    readonly pixels: ArrayLike<number>;
  }): Promise<Float32Array> {
    const logits = new Float32Array(size * this.#labels);
    for (let i = 0; i < logits.length; i++) {
      const row = Math.floor(i / this.#labels);
      const label = i % this.#labels;
      for (let c = 0; c < 3; c++) logits[i]! += (this.#weight[label * 3 + c]! * pixels[row * 3 + c]!) / 255;
    }
    return Promise.resolve(logits);
  }

  async trainStep(
    batch: LabelledBatch,
    learningRate: number,
  ): Promise<{ loss: number; logits: Float32Array }> {
    this.learningRates.push(learningRate);
    const logits = await this.predict(batch);
    let loss = 0;
    const before = this.#weight;
    this.#weight = Float32Array.from(before);
    for (let row = 0; row < batch.size; row++) {
      const exponentials = Array.from(
        logits.subarray(row * this.#labels, (row + 1) * this.#labels),
        Math.exp,
      );
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      for (let label = 0; label < this.#labels; label++) {
        const target = batch.targets[row * this.#labels + label]!;
        const probability = exponentials[label]! / total;
        if (target > 0) loss -= Math.log(probability) / batch.size;
        for (let c = 0; c < 3; c++) {
          const gradient = ((probability - target) * (batch.pixels[row * 3 + c]! / 255)) / batch.size;
          this.#weight[label * 3 + c]! -= learningRate * gradient;
        }
      }
    }
    return { loss, logits };
  }

  gradients(): Promise<never> {
    return Promise.reject(new Error("the training loop asks for no gradients"));
  }

  readWeights(): Promise<Weights> {
    return Promise.resolve(
      new Map([["weight", { shape: [this.#labels, 3], data: Float32Array.from(this.#weight) }]]),
    );
  }

  writeWeights(weights: Weights): Promise<void> {
    this.#weight = Float32Array.from(weights.get("weight")!.data);
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** One-pixel images, each of its label's pure colour: red, green, blue. */
export function colourBatch(labelIndices: readonly number[], labels = 3): LabelledBatch {
  const size = labelIndices.length;
  const pixels = new Uint8Array(size * 3);
  const targets = new Float32Array(size * labels);
  labelIndices.forEach((label, row) => {
    pixels[row * 3 + label] = 255;
    targets[row * labels + label] = 1;
  });
  return { size, height: 1, width: 1, pixels, targets };
}

export async function* listed<T>(...items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
