import protobuf from "protobufjs";
import type { GraphNode } from "./graph.js";

/**
 * The part of TensorFlow's protocol buffers that a graph needs (saved_model.proto, meta_graph.proto, graph.proto,
 * node_def.proto, attr_value.proto, tensor.proto, tensor_shape.proto, versions.proto).
 */
const messages = {
  SavedModel: {
    fields: {
      savedModelSchemaVersion: { type: "int64", id: 1 },
      metaGraphs: { rule: "repeated", type: "MetaGraph", id: 2 },
    },
  },
  MetaGraph: {
    fields: { metaInfo: { type: "MetaInfo", id: 1 }, graph: { type: "Graph", id: 2 } },
  },
  MetaInfo: { fields: { tags: { rule: "repeated", type: "string", id: 4 } } },
  Graph: {
    fields: {
      node: { rule: "repeated", type: "Node", id: 1 },
      versions: { type: "Versions", id: 4 },
    },
  },
  Versions: { fields: { producer: { type: "int32", id: 1 }, minConsumer: { type: "int32", id: 2 } } },
  Node: {
    fields: {
      name: { type: "string", id: 1 },
      op: { type: "string", id: 2 },
      input: { rule: "repeated", type: "string", id: 3 },
      attr: { keyType: "string", type: "Attribute", id: 5 },
    },
  },
  Attribute: {
    oneofs: { value: { oneof: ["list", "s", "i", "f", "b", "type", "shape", "tensor"] } },
    fields: {
      list: { type: "List", id: 1 },
      s: { type: "bytes", id: 2 },
      i: { type: "int64", id: 3 },
      f: { type: "float", id: 4 },
      b: { type: "bool", id: 5 },
      type: { type: "int32", id: 6 },
      shape: { type: "Shape", id: 7 },
      tensor: { type: "Tensor", id: 8 },
    },
  },
  List: { fields: { i: { rule: "repeated", type: "int64", id: 3, options: { packed: true } } } },
  Shape: { fields: { dim: { rule: "repeated", type: "Dimension", id: 2 } } },
  Dimension: { fields: { size: { type: "int64", id: 1 } } },
  Tensor: {
    fields: {
      dtype: { type: "int32", id: 1 },
      tensorShape: { type: "Shape", id: 2 },
      tensorContent: { type: "bytes", id: 4 },
    },
  },
};

/** Any version of the last years: it only dates the meaning of the operations, which TensorFlow keeps. */
const graphVersion = 1395;

/** The tag that names the one graph of the file. */
export const savedModelTag = "serve";

/**
 * A `saved_model.pb` that holds nothing but a graph: no variables, no signature, no saver. TensorFlow loads it into
 * a session in which every operation can be fed and fetched by name.
 */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const type = protobuf.Root.fromJSON({ nested: messages }).lookupType("SavedModel");
  return type
    .encode({
      savedModelSchemaVersion: 1,
      metaGraphs: [
        {
          metaInfo: { tags: [savedModelTag] },
          graph: { node: nodes, versions: { producer: graphVersion, minConsumer: 0 } },
        },
      ],
    })
    .finish();
}
