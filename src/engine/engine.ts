import type { Network, Weights } from "../networks/network.js";

export type EngineName = "tensorflow" | "webgpu" | "wasm";

/** What runs networks for training. Inference of a finished network is onnxruntime's, see `inference.ts`. */
export interface Engine {
  readonly name: EngineName;
  /** For people: library, version and device, such as `"TensorFlow 2.21.0 on CPU"`. */
  readonly description: string;
  /** Compiles a network for training; nothing of it runs on the caller's thread for long. */
  createSession(network: Network, weights: Weights, options: TrainingOptions): Promise<TrainingSession>;
  /** Frees what the engine holds, its worker thread included. */
  dispose(): Promise<void>;
}

/** What is fixed when a training graph is compiled. */
export interface TrainingOptions {
  /** First stage that learns; stages before it are frozen (weights fixed, batch norms in evaluation mode). Default: the first stage. */
  readonly trainableFrom?: string;
  /** Momentum of SGD in classical form, `v = momentum * v + g; w -= learningRate * v`. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** L2: `decay * w` is added to the gradient of each decaying parameter (PyTorch's `weight_decay`). */
  readonly l2: number;
  /** Seed of the dropout masks. */
  readonly seed: number;
  /**
   * What convolutions compute in. Default `"float32"`. `"bfloat16"` (TensorFlow only) keeps weights and updates in
   * float32; it is faster where the processor has bfloat16 instructions (avx512_bf16, amx_bf16) and many times slower
   * where it has not.
   */
  readonly precision?: "float32" | "bfloat16";
}

/** A batch of images, `[size, height, width, 3]` RGB, 0 to 255. The bytes may be shared memory; they are only read. */
export interface ImageBatch {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array | Float32Array;
}

/** Images with their true label distribution. */
export interface LabelledBatch extends ImageBatch {
  /** `[size, labels]`, each row summing to 1: one-hot, or soft. */
  readonly targets: Float32Array;
}

export interface StepResult {
  /** Mean softmax cross-entropy of the batch in nats, before the update, without the L2 term. */
  readonly loss: number;
  /** Scores of the batch before the update, in training mode, `[size, labels]`. */
  readonly logits: Float32Array;
}

/** A network being trained; variables live inside the engine between calls. Calls are answered in order. */
export interface TrainingSession {
  /** One step of SGD. */
  trainStep(batch: LabelledBatch, learningRate: number): Promise<StepResult>;
  /** Logits in evaluation mode, `[size, labels]`. */
  predict(batch: ImageBatch): Promise<Float32Array>;
  /** Gradients of the mean cross-entropy (without L2) by parameter name, training mode, no update: for law tests. */
  gradients(batch: LabelledBatch): Promise<{ loss: number; logits: Float32Array; gradients: Weights }>;
  /** A copy of all weights and statistics. */
  readWeights(): Promise<Weights>;
  /** Replaces weights and statistics; momentum is reset. */
  writeWeights(weights: Weights): Promise<void>;
  dispose(): Promise<void>;
}
