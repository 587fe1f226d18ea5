/** Our side of training-step.ts: one ResNet-18 training step for each line on standard input, its figures as JSON. */
import { createInterface } from "node:readline";
import { openEngine } from "../../src/engine/index.js";
import { initializeWeights, resnet } from "../../src/networks/index.js";
import { Random } from "../../src/random.js";

const [precisionName, ...sizes] = process.argv.slice(2);
const [batchSize = 32, imageSize = 224] = sizes.map(Number);
const precision = precisionName === "bfloat16" ? "bfloat16" : "float32";
const engine = await openEngine();
const network = resnet(18, { labels: 4 });
const weights = initializeWeights(network, new Random(1));
const options = { momentum: 0.9, nesterov: false, l2: 5e-4, seed: 1, precision } as const;
const session = await engine.createSession(network, weights, options);

const random = new Random(2);
const pixels = new Uint8Array(new SharedArrayBuffer(batchSize * imageSize * imageSize * 3));
for (let i = 0; i < pixels.length; i++) pixels[i] = random.integer(256);
const targets = new Float32Array(batchSize * 4);
for (let i = 0; i < batchSize; i++) targets[i * 4 + (i % 4)] = 1;
const batch = { size: batchSize, height: imageSize, width: imageSize, pixels, targets };

console.log(JSON.stringify({ version: engine.description }));
const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
while (!(await requests.next()).done) {
  const usage = process.cpuUsage();
  const started = performance.now();
  const { loss } = await session.trainStep(batch, 0.01);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(usage);
  const figures = {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  console.log(JSON.stringify({ ...figures, loss }));
}
await engine.dispose();
