import type { BaseModelName, Network } from "../networks/index.js";
import type { ImageClassifierSpec } from "./image-classifier-options.js";
import type { ImageClassifierState } from "./image-classifier.js";

import { initializeWeights, loadPretrainedWeights } from "../networks/index.js";
import { Random } from "../random.js";

/** The weights that a model starts with, as its options ask for, and where they came from. */
export async function startingState(
  { baseModel, weights: requested, seed }: ImageClassifierSpec,
  network: Network,
  signal?: AbortSignal,
): Promise<ImageClassifierState> {
  const untrained = { trained: false, history: [], keptEpoch: 0 };
  const random = new Random(seed);
  if (requested === "none") {
    const weights = initializeWeights(network, random);
    const source = `random start, seed ${seed}`;
    return { weights, provenance: { requested, source, licence: "none needed" }, ...untrained };
  }
  const { weights, provenance } = await loadPretrainedWeights(baseModel as BaseModelName, network, {
    weights: requested,
    random,
    ...(signal && { signal }),
  });
  const { source, licence, sha256 } = provenance;
  return { weights, provenance: { requested, source, licence, sha256 }, ...untrained };
}
