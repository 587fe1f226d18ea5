import { ArgumentError, FileError } from "../errors.js";
import type { ImageBatch } from "./engine.js";
import type { Featurizer } from "./featurizer.js";
import { checkBatch } from "./inference.js";
import { encodeExtraOutputs, OnnxDataType, type OnnxModel } from "./onnx-format.js";
import { describeOnnx, readOnnx, type OnnxDescription, type OnnxTensorInfo } from "./onnx-model.js";
import { defaultThreads, openOnnxSession, type OnnxSession, type OutputTensor } from "./onnx-session.js";
import type { FeedSpec } from "./pixel-feed.js";
import { dirname, resolve } from "node:path";

/** Any ONNX image network, as a source of features. */
export interface OnnxBackbone {
  /** Path of the ONNX file. */
  readonly onnx: string;
  /**
   * Tensor that gives the features: an output of the graph or any tensor inside it, `[batch, features]`, or
   * `[batch, channels, height, width]`, whose mean over height and width is taken. Default: the graph's output `features`,
   * else its only output.
   */
  readonly output?: string;
  /** `[height, width]` that images are brought to. Default: the graph's own, where it is fixed. */
  readonly imageSize?: readonly [number, number];
  /**
   * Per channel (red, green, blue): the network is fed `(pixel / 255 - mean) / std`, as torchvision writes it. Default: ImageNet's,
   * `[0.485, 0.456, 0.406]` and `[0.229, 0.224, 0.225]`; for a file written by Sightbook, which normalises inside, pixels
   * as they are.
   */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  /** `"raw"` feeds pixels as they are, 0 to 255, for a network that normalises inside. Default: `"normalized"`. */
  readonly pixels?: "normalized" | "raw";
  /** Axis order of the input. Default: by where the graph says that the three channels are. */
  readonly layout?: "nchw" | "nhwc";
  /** Threads for one operator. Default: the cores this process may use. */
  readonly threads?: number;
}

const where = "baseModel";
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/**
 * Opens any ONNX image network as a featuriser, running on onnxruntime in a worker thread.
 *
 * One image is run at once, so that a wrong choice is refused here and not after minutes of decoding.
 *
 * @param loaded - The file's content, when it is in memory already; the path is then for messages only.
 * @throws {@link FileError} when the file is no usable ONNX model; {@link ArgumentError} when an option does not fit it.
 */
export async function openOnnxBackbone(
  backbone: OnnxBackbone,
  loaded?: { readonly bytes: Uint8Array; readonly model: OnnxModel },
): Promise<Featurizer> {
  const { bytes, model } = loaded ?? (await readOnnx(backbone.onnx));
  const description = describeOnnx(model);
  const output = chooseOutput(backbone, description);
  const { feed, fixedSize } = chooseFeed(backbone, description);
  const declared = description.outputs.some(({ name }) => name === output);
  let session: OnnxSession;
  try {
    session = await openOnnxSession({
      // Given the path, onnxruntime maps the file; an inner tensor has to be made an output first.
      model: declared
        ? (loaded?.bytes ?? backbone.onnx)
        : Buffer.concat([bytes, encodeExtraOutputs([{ name: output }])]),
      externalDataFolder: dirname(resolve(backbone.onnx)),
      feed,
      outputs: [output],
      threads: backbone.threads ?? defaultThreads(),
    });
  } catch (error) {
    const problem = `must be a model that onnxruntime runs, got: ${(error as Error).message}`;
    throw new FileError(backbone.onnx, problem, undefined, { cause: error });
  }
  const channelsLast = isChannelsLast(model, output, feed.layout);
  const features = async (batch: ImageBatch): Promise<Float32Array> =>
    pooled((await session.run(batch)).get(output)!, channelsLast);
  try {
    const [height, width] = backbone.imageSize ?? fixedSize ?? [224, 224];
    const trial = { size: 1, height, width, pixels: new Uint8Array(height * width * 3).fill(128) };
    const { length } = await tryFeatures(backbone, output, () => features(trial));
    return {
      featureSize: length,
      ...(fixedSize ? { imageSize: fixedSize } : {}),
      run: async (batch) => {
        checkBatch("Featurizer.run", batch);
        checkSize(fixedSize, [batch.height, batch.width]);
        return features(batch);
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function tryFeatures(
  { onnx }: OnnxBackbone,
  output: string,
  run: () => Promise<Float32Array>,
): Promise<Float32Array> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw new FileError(onnx, `"${output}" cannot be computed (${(error as Error).message})`, undefined, {
      cause: error,
    });
  }
}

function chooseOutput({ output }: OnnxBackbone, { outputs, tensors }: OnnxDescription): string {
  const names = outputs.map(({ name }) => name);
  const chosen =
    output ?? (names.includes("features") ? "features" : names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined && (names.includes(chosen) || tensors.some(({ name }) => name === chosen))) {
    return chosen;
  }
  const inner = tensors.map(({ name }) => name).filter((name) => !names.includes(name));
  const lastOnes = inner.slice(-6);
  throw new ArgumentError(
    where,
    "output",
    `the name of an output of the graph (${list(names)}) or of a tensor inside it` +
      (lastOnes.length > 0 ? ` (the last ones are ${list(lastOnes)})` : ""),
    output,
  );
}

function chooseFeed(
  backbone: OnnxBackbone,
  { inputs, producer }: OnnxDescription,
): { feed: FeedSpec; fixedSize: readonly [number, number] | undefined } {
  const [input, ...others] = inputs;
  if (!input || others.length > 0) {
    throw new FileError(
      backbone.onnx,
      `must have one input, the images, got ${list(inputs.map(({ name }) => name))}`,
    );
  }
  if (input.elementType !== OnnxDataType.float32) {
    throw new FileError(
      backbone.onnx,
      `input "${input.name}" must take float32, got element type ${input.elementType ?? "unknown"} of the ONNX schema`,
      "Convert the model to float32 inputs.",
    );
  }
  const layout = chooseLayout(backbone, input);
  const shape = input.shape ?? [];
  const [height, width] = layout === "nchw" ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const fixedSize = isSize(height) && isSize(width) ? ([height, width] as const) : undefined;
  if (backbone.imageSize) checkSize(fixedSize, backbone.imageSize);
  return {
    feed: {
      input: input.name,
      layout,
      ...(isSize(shape[0]) ? { batchSize: shape[0] } : {}),
      ...transformOf(backbone, producer),
    },
    fixedSize,
  };
}

function chooseLayout(backbone: OnnxBackbone, { name, shape }: OnnxTensorInfo): "nchw" | "nhwc" {
  if (backbone.layout) return backbone.layout;
  if (shape?.length === 4 && shape[1] === 3) return "nchw";
  if (shape?.length === 4 && shape[3] === 3) return "nhwc";
  throw new FileError(
    backbone.onnx,
    `input "${name}" must be [batch, 3, height, width] or [batch, height, width, 3], got [${(shape ?? []).join(", ")}]`,
    'If its channels are free, name the axis order: layout: "nchw".',
  );
}

/** `(pixel / 255 - mean) / std` as one multiplication and one addition per channel. */
function transformOf(
  { pixels, mean, std }: OnnxBackbone,
  producer: string,
): { transform?: NonNullable<FeedSpec["transform"]> } {
  const raw = pixels === "raw" || (pixels === undefined && !mean && !std && producer === "sightbook");
  if (pixels === "raw" && (mean ?? std)) {
    throw new ArgumentError(where, "pixels", '"normalized" where mean or std is given', pixels);
  }
  if (raw) return {};
  const [m, s] = [mean ?? imagenet.mean, std ?? imagenet.std];
  for (const [name, values] of Object.entries({ mean: m, std: s })) {
    const usable =
      values.length === 3 && values.every((x) => Number.isFinite(x) && (name === "mean" || x > 0));
    if (!usable)
      throw new ArgumentError(where, name, "three numbers in units of 0 to 1, each std above 0", values);
  }
  return {
    transform: { scale: s.map((x) => 1 / (255 * x)), offset: m.map((x, channel) => -x / s[channel]!) },
  };
}

function checkSize(fixed: readonly [number, number] | undefined, size: readonly number[]): void {
  if (!fixed || (fixed[0] === size[0] && fixed[1] === size[1])) return;
  throw new ArgumentError(where, "imageSize", `[${fixed.join(", ")}], the only one the graph takes`, size);
}

/** Operators that keep the order of axes: what holds for their input holds for their output. */
const elementwise = new Set([
  "Relu",
  "Clip",
  "Add",
  "Mul",
  "Sub",
  "Div",
  "Sigmoid",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "Concat",
]);
const channelsFirstOperators = new Set([
  "Conv",
  "BatchNormalization",
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "InstanceNormalization",
]);

/**
 * Whether a 4-D tensor is `[batch, height, width, channels]`: ONNX convolutions and poolings give channels first, and a
 * transposition by (0, 2, 3, 1) puts them last. Where neither is found on the way back, the input's order counts.
 */
function isChannelsLast({ graph }: OnnxModel, tensor: string, layout: FeedSpec["layout"]): boolean {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  let maker = makers.get(tensor);
  while (maker && elementwise.has(maker.opType)) maker = makers.get(maker.input[0]!);
  if (maker && channelsFirstOperators.has(maker.opType)) return false;
  if (maker?.opType === "Transpose") {
    return maker.attribute?.find(({ name }) => name === "perm")?.ints?.join() === "0,2,3,1";
  }
  return layout === "nhwc";
}

/** `[batch, features]` as it is; a 4-D output's mean over height and width. */
function pooled({ shape, data }: OutputTensor, channelsLast: boolean): Float32Array {
  if (shape.length === 2) return data;
  if (shape.length !== 4) {
    throw new ArgumentError(
      where,
      "output",
      "a tensor of 2 dimensions (features) or 4 (a map of features)",
      `one of ${shape.length}: [${shape.join(", ")}]`,
    );
  }
  const [size = 0, ...rest] = shape;
  const [channels, area] = channelsLast ? [rest[2]!, rest[0]! * rest[1]!] : [rest[0]!, rest[1]! * rest[2]!];
  const means = new Float32Array(size * channels);
  for (let i = 0; i < means.length; i++) {
    const image = Math.floor(i / channels) * channels * area;
    const channel = i % channels;
    const [first, step] = channelsLast ? [image + channel, channels] : [image + channel * area, 1];
    let sum = 0;
    for (let k = 0; k < area; k++) sum += data[first + k * step]!;
    means[i] = sum / area;
  }
  return means;
}

const isSize = (size: number | string | undefined): size is number => typeof size === "number" && size > 0;

const list = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");
