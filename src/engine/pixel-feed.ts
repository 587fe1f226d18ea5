import type { ImageBatch } from "./engine.js";

/** How pixels become the input of an ONNX model. */
export interface FeedSpec {
  /** Name of the model's input. */
  readonly input: string;
  readonly layout: "nhwc" | "nchw";
  /** `value = pixel * scale + offset` per channel; absent: pixels as they are, 0 to 255. */
  readonly transform?: { readonly scale: readonly number[]; readonly offset: readonly number[] };
  /** The model's batch size, where it is fixed: batches are cut, and the last piece filled up with zeros. */
  readonly batchSize?: number;
}

/** A piece of a batch as the model wants it; the first `count` images are real. */
export interface FeedChunk {
  readonly data: Float32Array;
  readonly dims: readonly number[];
  readonly count: number;
}

/** Turns batches into inputs of a model. Its buffer is used again: a chunk is good until the next one is asked for. */
export class PixelFeed {
  readonly #spec: FeedSpec;
  #buffer = new Float32Array(0);

  constructor(spec: FeedSpec) {
    this.#spec = spec;
  }

  *chunks(batch: ImageBatch): Generator<FeedChunk> {
    const { size, height, width, pixels } = batch;
    const chunkSize = this.#spec.batchSize ?? size;
    const imageSize = height * width * 3;
    const image = this.#spec.layout === "nhwc" ? [height, width, 3] : [3, height, width];
    if (this.#buffer.length !== chunkSize * imageSize) this.#buffer = new Float32Array(chunkSize * imageSize);
    for (let start = 0; start < size; start += chunkSize) {
      const count = Math.min(chunkSize, size - start);
      const source = pixels.subarray(start * imageSize, (start + count) * imageSize);
      if (count < chunkSize) this.#buffer.fill(0, count * imageSize);
      if (this.#spec.layout === "nhwc") this.#interleaved(source);
      else this.#planar(source, height * width);
      yield { data: this.#buffer, dims: [chunkSize, ...image], count };
    }
  }

  #interleaved(source: ImageBatch["pixels"]): void {
    const { transform } = this.#spec;
    if (!transform) {
      this.#buffer.set(source);
      return;
    }
    const { scale, offset } = transform;
    for (let i = 0; i < source.length; i++) this.#buffer[i] = source[i]! * scale[i % 3]! + offset[i % 3]!;
  }

  #planar(source: ImageBatch["pixels"], plane: number): void {
    const { scale, offset } = this.#spec.transform ?? { scale: [1, 1, 1], offset: [0, 0, 0] };
    for (let image = 0; image < source.length; image += plane * 3) {
      for (let channel = 0; channel < 3; channel++) {
        const [factor, shift, target] = [scale[channel]!, offset[channel]!, image + channel * plane];
        for (let i = 0; i < plane; i++) {
          this.#buffer[target + i] = source[image + i * 3 + channel]! * factor + shift;
        }
      }
    }
  }
}
