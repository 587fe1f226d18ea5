/**
 * Top-1 accuracy of a base model's published weights, head of 1000 labels included, on a thousand photos, one per ImageNet label:
 * shows that network, weight reader, preprocessing and export agree with those of the weights' makers. Half a minute.
 *
 *   node dist/test/acceptance/imagenet-top1.js [name...]
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { openInference } from "../../src/engine/index.js";
import { writeOnnx } from "../../src/export/index.js";
import { PixelLoader } from "../../src/images/index.js";
import {
  buildNetwork,
  describeProvenance,
  isBaseModelName,
  loadPretrainedWeights,
  preprocessingOf,
  type BaseModelName,
} from "../../src/networks/index.js";
import { reportBars, unpackedData, type Bar } from "./support.js";

/** PyTorch reaches 0.873, 0.884 and 0.877 with these weights on these photos, resized by Pillow. */
const bars: Partial<Record<BaseModelName, number>> = {
  EfficientNetLite0: 0.86,
  EfficientNetLite1: 0.87,
  EfficientNetLite2: 0.865,
};

async function topOneScore(name: BaseModelName): Promise<number> {
  const network = buildNetwork(name, { labels: 1000 });
  const { weights, provenance } = await loadPretrainedWeights(name, network, { replaceHead: false });
  console.log(`${name}: ${describeProvenance(provenance)}`);
  const session = await openInference(writeOnnx(network, weights));
  const folder = unpackedData("natural-images");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".jpg"),
  );
  let right = 0;
  const loader = new PixelLoader();
  const options = { batchSize: 20, preprocessing: preprocessingOf(name) };
  for await (const batch of loader.batches(
    paths.map((path) => join(folder, path)),
    options,
  )) {
    const { data } = (await session.run(batch)).get("logits")!;
    batch.indices.forEach((index, row) => {
      const logits = data.subarray(1000 * row, 1000 * (row + 1));
      if (logits.indexOf(Math.max(...logits)) === Number.parseInt(basename(paths[index]!), 10)) right++;
    });
  }
  await session.dispose();
  return right / paths.length;
}

const wanted = process.argv.slice(2).filter(isBaseModelName);
const rows: Bar[] = [];
for (const name of wanted.length > 0 ? wanted : (["EfficientNetLite0"] as const)) {
  const start = Date.now();
  const value = await topOneScore(name);
  rows.push({
    name: `top-1, ${name}`,
    value,
    atLeast: bars[name] ?? 0,
    seconds: (Date.now() - start) / 1000,
  });
}
reportBars(rows);
