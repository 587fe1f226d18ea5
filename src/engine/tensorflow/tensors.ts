import type { Window } from "../operations.js";
import {
  DataType,
  integers,
  text,
  type,
  type Attribute,
  type DataTypeCode,
  type GraphBuilder,
  type GraphTensor,
} from "./graph.js";

export function dtypeOf(x: GraphTensor): DataTypeCode {
  return x.dtype ?? DataType.float32;
}

/** The tensor in another type, where it has not that type already. */
export function cast(graph: GraphBuilder, x: GraphTensor, dtype: DataTypeCode): GraphTensor {
  if (dtypeOf(x) === dtype) return x;
  return graph.add("Cast", [x], { SrcT: type(dtypeOf(x)), DstT: type(dtype) }, { dtype });
}

export function shapeOf(graph: GraphBuilder, x: GraphTensor): GraphTensor {
  return graph.add("Shape", [x], { T: type(dtypeOf(x)), out_type: type(DataType.int32) });
}

/** A constant vector of int32. */
export function integerVector(graph: GraphBuilder, ...values: number[]): GraphTensor {
  return graph.constant(Int32Array.from(values), [values.length], "integers");
}

export function paddingAttributes({ padding }: Window): Record<string, Attribute> {
  const dataFormat = { data_format: text("NHWC") };
  if (padding === "same") return { padding: text("SAME"), ...dataFormat };
  if (padding === 0) return { padding: text("VALID"), ...dataFormat };
  return {
    padding: text("EXPLICIT"),
    explicit_paddings: integers([0, 0, padding, padding, padding, padding, 0, 0]),
    ...dataFormat,
  };
}
