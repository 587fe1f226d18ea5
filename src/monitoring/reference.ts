import type { ImageClassifier, ImagesToScore, SvmClassifier } from "../classifiers/index.js";
import type { PredictionOptions } from "../evaluation/index.js";

import { imageStatistics, PixelLoader } from "../images/index.js";
import type { ScoreRecord } from "./records.js";

/**
 * What a server would record of these images, such as the training set: the other side of a drift report.
 *
 * Images that cannot be read are left out.
 *
 * @param classifier - The one that is served.
 */
export async function recordsOf(
  classifier: ImageClassifier | SvmClassifier,
  images: ImagesToScore,
  options: PredictionOptions = {},
): Promise<ScoreRecord[]> {
  const predictions = await classifier.predict(images, options);
  const { preprocessing } = "model" in classifier ? classifier.model : classifier;
  const time = new Date().toISOString();
  const paths = predictions.map(({ path }) => path);
  const records: ScoreRecord[] = [];
  const { batchSize = 32, signal } = options;
  const batches = new PixelLoader({ cacheBytes: 0 }).batches(paths, {
    batchSize,
    preprocessing,
    ...(signal && { signal }),
    // Named by the predictions already.
    onProblem: () => undefined,
  });
  for await (const { indices, height, width, pixels } of batches) {
    const length = height * width * 3;
    for (const [row, index] of indices.entries()) {
      const prediction = predictions[index]!;
      if (prediction.label === undefined) continue;
      const own = pixels.subarray(row * length, (row + 1) * length);
      const statistics = imageStatistics(own, height, width);
      records.push({ time, version: "", label: prediction.label, score: prediction.score, statistics });
    }
  }
  return records;
}
