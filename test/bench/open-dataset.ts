/**
 * How long a folder of many images takes to open: `node dist/test/bench/open-dataset.js [images]` (default 100,000).
 * The images are small JPEGs in 100 label folders, written to a temporary folder first.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";

import { ClassificationDataset } from "../../src/data/index.js";

const count = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));
try {
  const variants = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      sharp({ create: { width: 300 + i, height: 200, channels: 3, background: { r: 10 * i, g: 90, b: 40 } } })
        .jpeg()
        .toBuffer(),
    ),
  );
  for (let label = 0; label < 100; label++) mkdirSync(join(folder, `label-${label}`));
  for (let i = 0; i < count; i++) {
    writeFileSync(join(folder, `label-${i % 100}`, `image-${i}.jpg`), variants[i % variants.length]!);
  }
  console.log(
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, ${count} images`,
  );
  for (const check of ["headers", "headers"] as const) {
    const start = performance.now();
    let longestBlock = 0;
    let last = start;
    const timer = setInterval(() => {
      const now = performance.now();
      longestBlock = Math.max(longestBlock, now - last);
      last = now;
    }, 10);
    const dataset = await ClassificationDataset.fromDirectory(folder, { check });
    clearInterval(timer);
    const seconds = (performance.now() - start) / 1000;
    const split = performance.now();
    const [train] = dataset.split({ trainSize: 0.66, seed: 1 });
    const splitSeconds = (performance.now() - split) / 1000;
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(
      `opened ${dataset.size} in ${seconds.toFixed(2)} s (event loop held at most ${longestBlock.toFixed(0)} ms), ` +
        `split ${train.size} in ${splitSeconds.toFixed(2)} s, ${memory} MiB resident`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
