/** One output of a node of a graph under construction. */
export interface GraphTensor {
  readonly node: string;
  readonly index: number;
  /** Default: float32. */
  readonly dtype?: DataTypeCode;
}

/** TensorFlow's numbers of the types used here (`DataType` in types.proto). */
export const DataType = { float32: 1, uint8: 4, int32: 3, bfloat16: 14 } as const;
export type DataTypeCode = (typeof DataType)[keyof typeof DataType];

/** A node's attribute (`AttrValue` in attr_value.proto), one field set. */
export type Attribute =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly s: Uint8Array }
  | { readonly type: DataTypeCode }
  | { readonly shape: { readonly dim: readonly { readonly size: number }[] } }
  | { readonly list: { readonly i: readonly number[] } }
  | { readonly tensor: TensorValue };

export interface TensorValue {
  readonly dtype: DataTypeCode;
  readonly tensorShape: { readonly dim: readonly { readonly size: number }[] };
  readonly tensorContent: Uint8Array;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

export const integer = (i: number): Attribute => ({ i });
export const float = (f: number): Attribute => ({ f });
export const boolean = (b: boolean): Attribute => ({ b });
export const text = (value: string): Attribute => ({ s: Buffer.from(value) });
export const type = (code: DataTypeCode): Attribute => ({ type: code });
export const integers = (values: readonly number[]): Attribute => ({ list: { i: values } });
/** -1 is a size that is not known yet. */
export const shape = (sizes: readonly number[]): Attribute => ({
  shape: { dim: sizes.map((size) => ({ size })) },
});

/** A TensorFlow graph while it is being written. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #used = new Set<string>();
  #scope = "";

  /** Names everything that `build` adds under `scope/`, for readable profiles and error messages. */
  within<R>(scope: string, build: () => R): R {
    const outer = this.#scope;
    this.#scope = `${outer}${legalName(scope)}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** Adds a node and gives its first output; `after` are nodes that must have run before. */
  add(
    op: string,
    inputs: readonly GraphTensor[],
    attr: Readonly<Record<string, Attribute>> = {},
    options: {
      readonly name?: string;
      readonly after?: readonly GraphTensor[];
      readonly dtype?: DataTypeCode;
    } = {},
  ): GraphTensor {
    const name = this.#unique(this.#scope + legalName(options.name ?? op));
    const control = (options.after ?? []).map(({ node }) => `^${node}`);
    this.nodes.push({
      name,
      op,
      input: [...inputs.map(({ node, index }) => (index === 0 ? node : `${node}:${index}`)), ...control],
      attr,
    });
    return { node: name, index: 0, ...(options.dtype !== undefined && { dtype: options.dtype }) };
  }

  constant(values: Float32Array | Int32Array, sizes: readonly number[], name = "Const"): GraphTensor {
    const dtype = values instanceof Float32Array ? DataType.float32 : DataType.int32;
    const value: TensorValue = {
      dtype,
      tensorShape: { dim: sizes.map((size) => ({ size })) },
      tensorContent: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    };
    return this.add("Const", [], { dtype: type(dtype), value: { tensor: value } }, { name });
  }

  placeholder(name: string, dtype: DataTypeCode, sizes: readonly number[]): GraphTensor {
    return this.add("Placeholder", [], { dtype: type(dtype), shape: shape(sizes) }, { name });
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 1; this.#used.has(unique); i++) unique = `${name}_${i}`;
    this.#used.add(unique);
    return unique;
  }
}

/** Another output, in float32, of the node that `tensor` comes from. */
export function output(tensor: GraphTensor, index: number): GraphTensor {
  return { node: tensor.node, index };
}

/** As the session's feeds and fetches spell it. */
export function tensorName({ node, index }: GraphTensor): string {
  return `${node}:${index}`;
}

/** Letters, digits and `_.-/`, not beginning with `_`: what TensorFlow accepts as a node's name. */
function legalName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.\-/]/g, "_").replace(/^[^A-Za-z0-9.]/, "n$&");
}
