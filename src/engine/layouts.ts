import { parametersOf, type Network, type ParameterSpec } from "../networks/network.js";

/**
 * How a parameter lies in memory at the border of an engine.
 *
 * Weights come and go as PyTorch keeps them: convolution `[out, in / groups, height, width]`, dense `[out, in]`.
 * Engines compute with `[height, width, in, out]`, depthwise `[height, width, channels, 1]`, and `[in, out]`.
 * Vectors are the same in both.
 */
export interface ParameterLayout extends ParameterSpec {
  /** Which axis of {@link ParameterSpec.shape} comes where in {@link engineShape}. */
  readonly permutation: readonly number[];
  /** The shape inside an engine. */
  readonly engineShape: readonly number[];
}

/** The layout of every parameter and statistic of a network, in node order. */
export function layoutsOf(network: Network): ParameterLayout[] {
  const depthwise = new Set(
    network.nodes.flatMap((node) => (node.kind === "convolution" && node.groups > 1 ? [node.name] : [])),
  );
  return parametersOf(network).map((spec) => {
    const permutation = permutationOf(spec.shape.length, depthwise.has(spec.node));
    return { ...spec, permutation, engineShape: permutation.map((axis) => spec.shape[axis]!) };
  });
}

/** A copy of a parameter in the engine's layout. */
export function toEngineLayout(data: Float32Array, layout: ParameterLayout): Float32Array {
  return transpose(data, layout.shape, layout.permutation);
}

/** A copy of an engine's parameter in PyTorch's layout. */
export function fromEngineLayout(data: Float32Array, layout: ParameterLayout): Float32Array {
  const inverse = layout.permutation.map((_, axis) => layout.permutation.indexOf(axis));
  return transpose(data, layout.engineShape, inverse);
}

function permutationOf(rank: number, depthwise: boolean): readonly number[] {
  if (rank === 4) return depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0];
  return rank === 2 ? [1, 0] : [0];
}

/** Row-major transposition; the result's axis `i` is the source's axis `permutation[i]`. */
function transpose(
  data: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  // Padded in front to four axes of size 1, so that one loop nest serves vectors, matrices and filters.
  const pad = <V>(values: V[], fill: V): V[] => [...Array<V>(4 - values.length).fill(fill), ...values];
  const [size0, size1, size2, size3] = pad(
    permutation.map((axis) => shape[axis]!),
    1,
  ) as [number, number, number, number];
  const [stride0, stride1, stride2, stride3] = pad(
    permutation.map((axis) => strides[axis]!),
    0,
  ) as [number, number, number, number];
  const result = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < size0; i++) {
    for (let j = 0; j < size1; j++) {
      for (let k = 0; k < size2; k++) {
        const row = i * stride0 + j * stride1 + k * stride2;
        for (let l = 0; l < size3; l++) result[at++] = data[row + l * stride3]!;
      }
    }
  }
  return result;
}
