import protobuf from "protobufjs/light.js";

/**
 * The part of the ONNX file format that Sightbook writes and reads, as plain objects: models, graphs, nodes and
 * tensors of the ONNX protocol-buffer schema (onnx.proto, IR version 8). Absent optional fields stay absent.
 */
export interface OnnxModel {
  readonly irVersion: number;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly docString?: string;
  readonly graph: OnnxGraph;
  readonly metadataProps?: readonly OnnxEntry[];
}

export interface OnnxEntry {
  readonly key: string;
  readonly value: string;
}

export interface OnnxGraph {
  readonly name?: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
  /** Types of intermediate tensors, where the file states them. */
  readonly valueInfo?: readonly OnnxValueInfo[];
}

export interface OnnxNode {
  readonly name?: string;
  readonly opType: string;
  /** Empty for the standard operators. */
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly OnnxAttribute[];
}

export interface OnnxAttribute {
  readonly name: string;
  /** One of {@link OnnxAttributeType}; says which of the fields below counts. */
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly t?: OnnxTensor;
  readonly g?: OnnxGraph;
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
}

export const OnnxAttributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** One of {@link OnnxDataType}, or another number of the schema. */
  readonly dataType: number;
  /** Little-endian elements. */
  readonly rawData?: Uint8Array;
  /** Where the elements lie when {@link dataLocation} says that they are in another file. */
  readonly externalData?: readonly OnnxEntry[];
  readonly dataLocation?: number;
}

export const OnnxDataType = { float32: 1, uint8: 2 } as const;

/** Value of {@link OnnxTensor.dataLocation} for elements kept in another file. */
export const externalDataLocation = 1;

export interface OnnxValueInfo {
  readonly name: string;
  readonly type?: OnnxType;
}

export interface OnnxType {
  readonly tensorType?: {
    readonly elemType: number;
    /** A dimension has a size, or a name when it is dynamic, or neither. */
    readonly shape?: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] };
  };
}

type FieldTuple = readonly [name: string, type: string, id: number, rule?: "repeated"];

/** Field numbers of onnx.proto. Fields left out here are skipped when a file is read. */
const schema: Readonly<Record<string, readonly FieldTuple[]>> = {
  Model: [
    ["irVersion", "int64", 1],
    ["opsetImport", "OperatorSet", 8, "repeated"],
    ["producerName", "string", 2],
    ["producerVersion", "string", 3],
    ["docString", "string", 6],
    ["graph", "Graph", 7],
    ["metadataProps", "Entry", 14, "repeated"],
  ],
  OperatorSet: [
    ["domain", "string", 1],
    ["version", "int64", 2],
  ],
  Entry: [
    ["key", "string", 1],
    ["value", "string", 2],
  ],
  Graph: [
    ["node", "Node", 1, "repeated"],
    ["name", "string", 2],
    ["initializer", "Tensor", 5, "repeated"],
    ["input", "ValueInfo", 11, "repeated"],
    ["output", "ValueInfo", 12, "repeated"],
    ["valueInfo", "ValueInfo", 13, "repeated"],
  ],
  Node: [
    ["input", "string", 1, "repeated"],
    ["output", "string", 2, "repeated"],
    ["name", "string", 3],
    ["opType", "string", 4],
    ["attribute", "Attribute", 5, "repeated"],
    ["domain", "string", 7],
  ],
  Attribute: [
    ["name", "string", 1],
    ["type", "int32", 20],
    ["f", "float", 2],
    ["i", "int64", 3],
    ["s", "bytes", 4],
    ["ints", "int64", 8, "repeated"],
    ["t", "Tensor", 5],
    ["g", "Graph", 6],
    ["tensors", "Tensor", 10, "repeated"],
    ["graphs", "Graph", 11, "repeated"],
  ],
  Tensor: [
    ["dims", "int64", 1, "repeated"],
    ["dataType", "int32", 2],
    ["name", "string", 8],
    ["rawData", "bytes", 9],
    ["externalData", "Entry", 13, "repeated"],
    ["dataLocation", "int32", 14],
  ],
  ValueInfo: [
    ["name", "string", 1],
    ["type", "Type", 2],
  ],
  Type: [["tensorType", "TensorType", 1]],
  TensorType: [
    ["elemType", "int32", 1],
    ["shape", "Shape", 2],
  ],
  Shape: [["dim", "Dimension", 1, "repeated"]],
  Dimension: [
    ["dimValue", "int64", 1],
    ["dimParam", "string", 2],
  ],
};

let modelType: protobuf.Type | undefined;

function onnxModelType(): protobuf.Type {
  if (modelType) return modelType;
  const root = new protobuf.Root();
  for (const [message, fields] of Object.entries(schema)) {
    const type = new protobuf.Type(message);
    for (const [name, fieldType, id, rule] of fields) {
      type.add(new protobuf.Field(name, id, fieldType, rule));
    }
    root.add(type);
  }
  modelType = root.lookupType("Model");
  return modelType;
}

/** The bytes of an ONNX file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return onnxModelType().encode(model).finish();
}

/**
 * The bytes that, appended to an ONNX file, add these outputs to its graph.
 *
 * Protocol buffers merge a message that occurs twice: repeated fields are appended. So a file of any size, with
 * parts that this module knows nothing of, gains outputs without being decoded and written anew.
 */
export function encodeExtraOutputs(output: readonly OnnxValueInfo[]): Uint8Array {
  return onnxModelType().encode({ graph: { output } }).finish();
}

/**
 * The bytes that, appended to an ONNX file, add these parts behind those of its graph: see {@link encodeExtraOutputs}.
 */
export function encodeOnnxParts(graph: Partial<OnnxGraph>): Uint8Array {
  return onnxModelType().encode({ graph }).finish();
}

/** The model in an ONNX file; tensors keep views of `bytes`, nothing large is copied. */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const type = onnxModelType();
  // The conversion fills every repeated field and turns 64-bit integers into numbers, which is the declared shape.
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as unknown as OnnxModel;
}
