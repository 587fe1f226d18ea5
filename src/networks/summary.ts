import { parametersOf, type Network } from "./network.js";
import { shapesOf, type ActivationShape } from "./shapes.js";

export interface SummaryRow {
  readonly node: string;
  readonly kind: string;
  readonly stage: string;
  /** Of one image's activation: `[height, width, channels]` or `[features]`. */
  readonly outputShape: ActivationShape;
  /** Learned values; running statistics are not counted. */
  readonly parameters: number;
}

/** What a network is made of; `toString()` prints it as a table. */
export interface NetworkSummary {
  readonly network: string;
  readonly imageSize: readonly [number, number];
  readonly rows: readonly SummaryRow[];
  /** Learned values of all nodes. */
  readonly parameters: number;
  toString(): string;
}

/**
 * Lists a network's nodes with output shapes and parameter counts.
 *
 * @param imageSize - Height and width in pixels that the shapes are for. Default: `[224, 224]`.
 * @throws {@link ArgumentError} when images of that size do not pass through the network.
 */
export function summary(network: Network, imageSize: readonly [number, number] = [224, 224]): NetworkSummary {
  const shapes = shapesOf(network, imageSize);
  const counts = new Map<string, number>();
  for (const { node, shape, trainable } of parametersOf(network)) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    counts.set(node, (counts.get(node) ?? 0) + (trainable ? size : 0));
  }
  const rows = network.nodes.map(({ name, kind, stage }): SummaryRow => {
    return { node: name, kind, stage, outputShape: shapes.get(name)!, parameters: counts.get(name) ?? 0 };
  });
  const parameters = rows.reduce((total, row) => total + row.parameters, 0);
  const content = { network: network.name, imageSize, rows, parameters };
  return { ...content, toString: () => table(content) };
}

function table({ network, imageSize, rows, parameters }: Omit<NetworkSummary, "toString">): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  const cells = [
    ["node", "kind", "output", "parameters"],
    ...rows.map(({ node, kind, outputShape, parameters: count }) => [
      node,
      kind,
      outputShape.join(" x "),
      count === 0 ? "" : number(count),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  const title = `${network}, images of ${imageSize.join(" x ")}, ${number(parameters)} parameters`;
  return [title, ...lines].join("\n");
}
