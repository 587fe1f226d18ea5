import { ArgumentError } from "../errors.js";
import type { Normalization } from "./builder.js";

/** What can be chosen when a network is built. */
export interface NetworkOptions {
  /** Number of labels, the width of the last dense layer; at least 1 (a feature extractor's head is ignored). */
  readonly labels: number;
  /** Rate of the dropout before the head, in `[0, 1)`; default 0, which leaves the node out. */
  readonly dropout?: number;
  /** Pixel normalisation; default: what the network's published weights were trained with. */
  readonly normalization?: Normalization;
}

/** Mean and standard deviation of ImageNet's RGB channels, as torchvision uses them, in units of 0 to 255. */
export const imageNetNormalization: Normalization = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  standardDeviation: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** @throws {@link ArgumentError} when an option is out of its range. */
export function checkNetworkOptions(where: string, { labels, dropout = 0 }: NetworkOptions): void {
  if (!Number.isInteger(labels) || labels < 1) {
    throw new ArgumentError(where, "labels", "a whole number of at least 1", labels);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ArgumentError(where, "dropout", "a rate in [0, 1)", dropout, "Use 0 for no dropout.");
  }
}
