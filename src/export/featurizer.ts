import type { Featurizer } from "../engine/featurizer.js";
import { openInference } from "../engine/inference.js";
import { openOnnxBackbone, type OnnxBackbone } from "../engine/onnx-backbone.js";
import type { Network, Weights } from "../networks/network.js";
import { writeOnnx } from "./onnx.js";

/** A network of ours with its weights; those of the head are not needed. */
export interface NetworkBackbone {
  readonly network: Network;
  readonly weights: Weights;
  /** Threads for one operator. Default: the cores this process may use. */
  readonly threads?: number;
}

/** Opens a network of ours, or any ONNX file, as a featuriser on onnxruntime, in a thread of its own. */
export async function openFeaturizer(backbone: NetworkBackbone | OnnxBackbone): Promise<Featurizer> {
  if ("onnx" in backbone) return openOnnxBackbone(backbone);
  const { network, weights, threads } = backbone;
  const session = await openInference(writeOnnx(network, weights, { outputs: ["features"] }), {
    ...(threads === undefined ? {} : { threads }),
  });
  return {
    featureSize: Number(session.outputShape("features")[1]),
    run: async (batch) => (await session.run(batch)).get("features")!.data,
    dispose: () => session.dispose(),
  };
}
