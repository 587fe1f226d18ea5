import { readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { FileError } from "../errors.js";
import {
  decodeOnnx,
  externalDataLocation,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValueInfo,
} from "./onnx-format.js";

/** A tensor of an ONNX graph, as far as the file tells. */
export interface OnnxTensorInfo {
  readonly name: string;
  /** Operator that computes it; absent for inputs. */
  readonly operator?: string;
  /** Element type of the ONNX schema (1 is float32). */
  readonly elementType?: number;
  /** A size, or the name of a free dimension (empty where it has none); absent where the file does not say. */
  readonly shape?: readonly (number | string)[];
}

/** What an ONNX file holds, for choosing an input and an output. */
export interface OnnxDescription {
  readonly producer: string;
  /** Inputs that a caller must feed: those with a constant of the same name are left out. */
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
  /** Every tensor that a node computes, outputs included, in the file's order. */
  readonly tensors: readonly OnnxTensorInfo[];
}

/**
 * Reads an ONNX file's structure, and makes sure that the tensors it keeps in other files lie in its own folder.
 *
 * @throws {@link FileError} when the file cannot be read, is no ONNX model, or points outside its folder.
 */
export async function readOnnx(path: string): Promise<{ bytes: Uint8Array; model: OnnxModel }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new FileError(path, `cannot be read (${(error as Error).message})`, undefined, { cause: error });
  }
  const model = decoded(path, bytes);
  await checkExternalData(path, model.graph);
  return { bytes, model };
}

/**
 * Reads the structure of an ONNX model that must be whole by itself.
 *
 * @param path - For messages.
 * @throws {@link FileError} when the bytes are no ONNX model, or tensors are kept in another file.
 */
export function readOnnxBytes(path: string, bytes: Uint8Array): OnnxModel {
  const model = decoded(path, bytes);
  const [location] = externalLocations(model.graph);
  if (location === undefined) return model;
  throw new FileError(
    path,
    `keeps tensors in ${JSON.stringify(location)}, outside the file`,
    "Save the model as one file.",
  );
}

function decoded(path: string, bytes: Uint8Array): OnnxModel {
  let model: OnnxModel | undefined;
  try {
    model = decodeOnnx(bytes);
  } catch {
    // Not a protocol buffer; the test below tells the user.
  }
  if (!model?.graph || model.graph.node.length === 0) throw new FileError(path, "is not an ONNX model");
  return model;
}

/** Inputs, outputs and intermediate tensors of a model. */
export function describeOnnx({ graph, producerName }: OnnxModel): OnnxDescription {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const declared = new Map(
    [...(graph.valueInfo ?? []), ...graph.output].map((value) => [value.name, tensorInfo(value)]),
  );
  return {
    producer: producerName ?? "",
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(tensorInfo),
    outputs: graph.output.map(tensorInfo),
    tensors: graph.node.flatMap(({ opType, output }) =>
      output
        .filter((name) => name !== "")
        .map((name) => ({ ...(declared.get(name) ?? { name }), operator: opType })),
    ),
  };
}

function tensorInfo({ name, type }: OnnxValueInfo): OnnxTensorInfo {
  const tensor = type?.tensorType;
  const shape = tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? "");
  return {
    name,
    ...(tensor ? { elementType: tensor.elemType } : {}),
    ...(shape ? { shape } : {}),
  };
}

async function checkExternalData(path: string, graph: OnnxGraph): Promise<void> {
  const folder = dirname(resolve(path));
  for (const location of new Set(externalLocations(graph))) {
    const target = resolve(folder, location);
    const outside = new FileError(
      path,
      `keeps tensors in ${JSON.stringify(location)}, outside its own folder`,
      "Put the data file beside the model, or save the model as one file.",
    );
    if (isAbsolute(location) || !isInside(folder, target)) throw outside;
    let real: string;
    try {
      real = await realpath(target);
    } catch (error) {
      throw new FileError(
        path,
        `keeps tensors in ${JSON.stringify(location)}, which is missing`,
        "Put that file beside the model.",
        { cause: error },
      );
    }
    if (!isInside(await realpath(folder), real)) throw outside;
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Files named by tensors of a graph, those in attributes and inner graphs included. */
function* externalLocations(graph: OnnxGraph): Generator<string> {
  const ofTensor = function* (tensor: OnnxTensor): Generator<string> {
    if (tensor.dataLocation !== externalDataLocation) return;
    yield tensor.externalData?.find(({ key }) => key === "location")?.value ?? "";
  };
  for (const tensor of graph.initializer) yield* ofTensor(tensor);
  for (const attribute of graph.node.flatMap((node) => node.attribute ?? [])) {
    for (const tensor of [attribute.t, ...(attribute.tensors ?? [])]) if (tensor) yield* ofTensor(tensor);
    for (const inner of [attribute.g, ...(attribute.graphs ?? [])])
      if (inner) yield* externalLocations(inner);
  }
}
