import { readFileSync } from "node:fs";
import type { ImageBatch, LabelledBatch } from "../../src/engine/engine.js";
import { parametersOf, type Network, type Weights } from "../../src/networks/network.js";
import { goldenPath } from "../support.js";

/** `size` numbers in `[0, 1)`, a 32-bit hash of the name and the index; networks.py repeats the formula. */
function uniform(name: string, size: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const numbers = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let z = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    z ^= z >>> 16;
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    z ^= z >>> 15;
    numbers[i] = (z >>> 0) / 4294967296;
  }
  return numbers;
}

function bounds(name: string, shape: readonly number[]): [number, number] {
  if (shape.length > 1) {
    const a = Math.sqrt(3 / shape.slice(1).reduce((product, extent) => product * extent, 1));
    return [-a, a];
  }
  const last = /\.bn[23]\./.test(name);
  switch (name.slice(name.lastIndexOf(".") + 1)) {
    case "weight":
      return last ? [0.1, 0.3] : [0.4, 0.8];
    case "bias":
      return last ? [0.5, 1] : [1, 2];
    case "running_mean":
      return [-0.2, 0.2];
    default:
      return [0.5, 1.5];
  }
}

/** The weights of the golden numbers: any network's, from the names and shapes of its parameters alone. */
export function deterministicWeights(network: Network): Weights {
  return new Map(
    parametersOf(network).map(({ name, shape }) => {
      const [low, high] = bounds(name, shape);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const data = Float32Array.from(uniform(name, size), (u) => low + (high - low) * u);
      return [name, { shape, data }];
    }),
  );
}

/** The images of the golden numbers: whole pixel values, `[size, height, width, 3]`. */
export function deterministicImages(size: number, height: number, width: number): ImageBatch {
  const pixels = Uint8Array.from(uniform("images", size * height * width * 3), (u) => Math.floor(u * 256));
  return { size, height, width, pixels };
}

/** The same images with their targets: three quarters on label `i mod labels`, one quarter on the next. */
export function deterministicBatch(
  size: number,
  height: number,
  width: number,
  labels: number,
): LabelledBatch {
  const targets = new Float32Array(size * labels);
  for (let i = 0; i < size; i++) {
    targets[i * labels + (i % labels)] = 0.75;
    targets[i * labels + ((i + 1) % labels)]! += 0.25;
  }
  return { ...deterministicImages(size, height, width), targets };
}

/** Statistics of one gradient tensor: Euclidean norm, largest absolute value, and some entries by flat index. */
export interface GradientStatistics {
  readonly norm: number;
  readonly largest: number;
  readonly entries: Readonly<Record<string, number>>;
}

/** PyTorch's numbers for one network on one size of {@link deterministicBatch}. */
export interface NetworkGolden {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly evaluationLogits: readonly number[];
  readonly trainingLogits: readonly number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, GradientStatistics>>;
}

/** Contents of networks.json: by base-model name, at `labels` labels and without dropout. */
export interface NetworksGolden {
  readonly labels: number;
  readonly networks: Readonly<Record<string, readonly NetworkGolden[]>>;
}

/** Two steps of SGD on one batch, as PyTorch took them. */
export interface TrainingGolden {
  readonly batch: LabelledBatch;
  readonly options: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly nesterov: boolean;
    readonly l2: number;
  };
  /** In evaluation mode, with the first weights and with the last. */
  readonly evaluationLogits: readonly number[];
  readonly evaluationLogitsAfter: readonly number[];
  /** Of the first step, without the L2 term. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly steps: readonly {
    /** Before the update, in training mode. */
    readonly loss: number;
    readonly logits: readonly number[];
    /** After the update, running statistics included. */
    readonly weights: ReadonlyMap<string, Float32Array>;
  }[];
}

export function readNetworksGolden(): NetworksGolden {
  return JSON.parse(readFileSync(goldenPath("networks.json"), "utf8")) as NetworksGolden;
}

interface TrainingFile extends Omit<TrainingGolden, "batch" | "gradients" | "steps"> {
  readonly batch: { readonly size: number; readonly height: number; readonly width: number };
  readonly labels: number;
  readonly gradients: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly loss: number;
    readonly logits: readonly number[];
    readonly weights: Readonly<Record<string, string>>;
  }[];
}

export function readTrainingGolden(name: "tiny-residual" | "tiny-mobile"): TrainingGolden {
  const file = JSON.parse(readFileSync(goldenPath(`${name}.json`), "utf8")) as TrainingFile;
  const { size, height, width } = file.batch;
  return {
    ...file,
    batch: deterministicBatch(size, height, width, file.labels),
    gradients: unpack(file.gradients),
    steps: file.steps.map((step) => ({ ...step, weights: unpack(step.weights) })),
  };
}

function unpack(packed: Readonly<Record<string, string>>): ReadonlyMap<string, Float32Array> {
  return new Map(
    Object.entries(packed).map(([name, base64]) => {
      const bytes = Buffer.from(base64, "base64");
      const data = new Float32Array(bytes.length / 4);
      for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(4 * i);
      return [name, data];
    }),
  );
}

/** Largest difference as a part of the largest expected value: what the tolerance of the golden files bounds. */
export function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    // NaN must not pass for close: a comparison with it is false.
    const d = Math.abs(actual[i]! - expected[i]!);
    difference = d <= difference ? difference : d;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / largest;
}
