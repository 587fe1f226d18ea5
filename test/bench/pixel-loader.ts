/**
 * Images a second and resident memory of the pixel loader over ten epochs, with and without room in its cache:
 * `node dist/test/bench/pixel-loader.js [images]` (default 1,000 generated JPEGs of 640 x 480 px).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";

import { PixelLoader, type TrainingTransforms } from "../../src/images/index.js";
import { Random } from "../../src/random.js";

const count = Number(process.argv[2] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));
const preprocessing = { imageSize: [224, 224], resizeTo: 256 } as const;
const training: TrainingTransforms = {
  randomResizedCrop: { scale: [0.25, 1], ratio: [3 / 4, 4 / 3] },
  flip: 0.5,
};
try {
  const random = new Random(1);
  const variants = await Promise.all(
    Array.from({ length: 20 }, () => {
      const coarse = Buffer.from(Array.from({ length: 64 * 48 * 3 }, () => random.integer(256)));
      return sharp(coarse, { raw: { width: 64, height: 48, channels: 3 } })
        .resize(640, 480)
        .jpeg()
        .toBuffer();
    }),
  );
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.jpg`));
  paths.forEach((path, i) => {
    writeFileSync(path, variants[i % variants.length]!);
  });
  console.log(
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, ${count} images`,
  );
  for (const [name, cacheBytes] of [["cache of 512 MiB", 512 * 2 ** 20] as const, ["no cache", 0] as const]) {
    const loader = new PixelLoader({ cacheBytes });
    const rows = [];
    for (let epoch = 1; epoch <= 10; epoch++) {
      const start = performance.now();
      const cpu = process.cpuUsage();
      let images = 0;
      const options = { batchSize: 32, preprocessing, training, random: new Random(epoch) };
      for await (const batch of loader.batches(paths, options)) images += batch.size;
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      rows.push({
        epoch,
        "images a second": Math.round(images / seconds),
        "CPU ms an image": Number(((user + system) / 1000 / images).toFixed(2)),
        "resident MiB": Math.round(process.memoryUsage().rss / 2 ** 20),
      });
    }
    console.log(name);
    console.table(rows);
  }
} finally {
  rmSync(folder, { recursive: true });
}
