import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ImageClassifier, LinearSVC, SvmClassifier } from "../../src/classifiers/index.js";
import { writeOnnx } from "../../src/export/index.js";
import { NetworkBuilder } from "../../src/networks/builder.js";
import { temporaryFolder } from "../support.js";
import { tinyLabels, tinySet, writeTinyImages } from "../training/tiny-images.js";

/** Saves a classifier of a few kilobytes that tells tiny images apart by their mean colour, its three features. */
export async function writeTinyClassifier(): Promise<string> {
  const folder = temporaryFolder();
  const build = new NetworkBuilder({ epsilon: 1e-5, momentum: 0.1 });
  const images = build.images({ mean: [0, 0, 0], standardDeviation: [255, 255, 255] });
  const features = build.globalAveragePool("pool", images);
  const network = build.finish("MeanColour", features, { name: "fc", labels: 3, dropout: 0 });
  const weights = new Map([
    ["fc.weight", { shape: [3, 3], data: new Float32Array(9) }],
    ["fc.bias", { shape: [3], data: new Float32Array(3) }],
  ]);
  const onnx = join(folder, "mean-colour.onnx");
  writeFileSync(onnx, writeOnnx(network, weights, { outputs: ["features"], labels: tinyLabels }));
  const backbone = new ImageClassifier({ labels: tinyLabels, baseModel: { onnx, imageSize: [32, 32] } });
  const classifier = new SvmClassifier(backbone, new LinearSVC({ C: 100 }));
  await classifier.fit(tinySet(await writeTinyImages(4), [0, 1, 2, 3]), { verbose: 0 });
  const bundle = join(folder, "tiny.model");
  await classifier.save(bundle);
  await classifier.dispose();
  return bundle;
}
