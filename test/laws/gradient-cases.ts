import { NetworkBuilder, type ConvolutionOptions, type Tensor } from "../../src/networks/builder.js";
import type { Network, Padding } from "../../src/networks/network.js";

/** A small network around one node whose gradient rule is on trial. */
export interface GradientCase {
  readonly name: string;
  readonly network: Network;
  /** Height and width of the images. */
  readonly extent: readonly [number, number];
  /** The function is not smooth: its pieces meet where a maximum changes hands or a value reaches a bound. */
  readonly kinks: boolean;
}

const labels = 3;

/**
 * A convolution before the node makes the gradient of its input visible; a depthwise window over the whole of its
 * output, as large as that is, gives every position a gradient of its own.
 */
function around(
  name: string,
  extent: readonly [number, number],
  node: (build: NetworkBuilder, x: Tensor) => Tensor,
  options: {
    readonly epsilon?: number;
    readonly dropout?: number;
    readonly window?: number;
    readonly kinks?: boolean;
  } = {},
): GradientCase {
  const { epsilon = 1e-3, dropout = 0, window = 0, kinks = false } = options;
  const build = new NetworkBuilder({ epsilon, momentum: 0.1 });
  const images = build.images({ mean: [127, 127, 127], standardDeviation: [64, 64, 64] });
  let x = build.convolution("before", images, { filters: 4, kernelSize: 1, padding: 0 });
  x = node(build, x);
  if (window > 0) {
    const whole = { filters: x.channels, kernelSize: window, padding: 0, groups: x.channels };
    x = build.convolution("after", x, whole);
  }
  const features = build.globalAveragePool("pool", x);
  return { name, extent, kinks, network: build.finish(name, features, { name: "fc", labels, dropout }) };
}

function convolution(
  extent: number,
  outputs: number,
  options: Omit<ConvolutionOptions, "filters">,
): GradientCase {
  const { groups = 1, kernelSize, stride = 1, padding, bias = false } = options;
  const kind = groups > 1 ? "depthwise convolution" : "convolution";
  const name = `${kind} ${kernelSize}x${kernelSize} stride ${stride} padding ${padding}${bias ? " bias" : ""} on ${extent}`;
  const filters = groups > 1 ? 4 : 5;
  return around(name, [extent, extent], (build, x) => build.convolution("node", x, { filters, ...options }), {
    window: outputs,
  });
}

function maxPool(
  extent: number,
  outputs: number,
  kernelSize: number,
  stride: number,
  padding: Padding,
): GradientCase {
  const name = `maxPool ${kernelSize}x${kernelSize} stride ${stride} padding ${padding} on ${extent}`;
  const node = (build: NetworkBuilder, x: Tensor): Tensor =>
    build.maxPool("node", x, { kernelSize, stride, padding });
  return around(name, [extent, extent], node, { window: outputs, kinks: true });
}

/** Every kind of node that a gradient passes, in the shapes that tell right from nearly right. */
export const gradientCases: readonly GradientCase[] = [
  convolution(5, 5, { kernelSize: 1, padding: 0 }),
  convolution(6, 6, { kernelSize: 3, padding: 1, bias: true }),
  convolution(6, 3, { kernelSize: 3, stride: 2, padding: 1 }),
  convolution(7, 4, { kernelSize: 3, stride: 2, padding: 1 }),
  convolution(6, 3, { kernelSize: 3, stride: 2, padding: "same" }),
  convolution(7, 4, { kernelSize: 3, stride: 2, padding: "same" }),
  convolution(9, 5, { kernelSize: 7, stride: 2, padding: 3 }),
  convolution(6, 6, { kernelSize: 5, padding: "same" }),
  convolution(6, 3, { kernelSize: 1, stride: 2, padding: 0 }),
  convolution(6, 6, { kernelSize: 3, padding: 1, groups: 4, bias: true }),
  convolution(6, 3, { kernelSize: 3, stride: 2, padding: 1, groups: 4 }),
  convolution(6, 3, { kernelSize: 3, stride: 2, padding: "same", groups: 4 }),
  convolution(7, 4, { kernelSize: 5, stride: 2, padding: "same", groups: 4 }),
  convolution(7, 4, { kernelSize: 5, stride: 2, padding: 2, groups: 4 }),
  around("batchNorm", [5, 5], (build, x) => build.batchNorm("node", x), { epsilon: 1e-5, window: 5 }),
  around("batchNorm with a large epsilon", [5, 5], (build, x) => build.batchNorm("node", x), {
    epsilon: 0.5,
    window: 5,
  }),
  around("relu", [5, 5], (build, x) => build.activation("node", x, "relu"), {
    window: 5,
    kinks: true,
  }),
  around("relu6", [5, 5], (build, x) => build.activation("node", x, "relu6"), {
    window: 5,
    kinks: true,
  }),
  maxPool(6, 3, 3, 2, 1),
  maxPool(7, 4, 3, 2, 1),
  maxPool(7, 4, 2, 2, "same"),
  maxPool(7, 3, 3, 2, 0),
  around("globalAveragePool over a rectangle", [3, 7], (_build, x) => x),
  around(
    "add of two branches and of one to itself",
    [5, 5],
    (build, x) => {
      const branch = build.convolution("branch", x, { filters: 4, kernelSize: 3, padding: 1 });
      const sum = build.add("sum", x, branch);
      return build.add("node", sum, sum);
    },
    { window: 5 },
  ),
  around(
    "dropout",
    [5, 5],
    (build, x) => build.convolution("node", x, { filters: 12, kernelSize: 1, padding: 0 }),
    {
      dropout: 0.5,
    },
  ),
];
