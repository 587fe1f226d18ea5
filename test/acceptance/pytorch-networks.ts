/**
 * Every base model against PyTorch on the same weights and images: logits in evaluation and training mode, loss and gradients
 * on the TensorFlow engine, evaluation logits on onnxruntime too. One minute of processor time.
 *
 *   node dist/test/acceptance/pytorch-networks.js [name...]
 */
import process from "node:process";
import { openEngine } from "../../src/engine/index.js";
import { baseModelNames } from "../../src/networks/index.js";
import { compareInference, compareTraining, tolerance } from "../networks/pytorch-comparison.js";
import { reportBars, type Bar } from "./support.js";

const wanted = process.argv.slice(2);
const engine = await openEngine({ name: "tensorflow" });
const bars: Bar[] = [];
for (const name of baseModelNames.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const start = Date.now();
  const distances = { ...(await compareTraining(name, engine)), onnxruntime: await compareInference(name) };
  const note = Object.entries(distances).map(([what, distance]) => `${what} ${distance.toExponential(1)}`);
  const value = Math.max(...Object.values(distances)) / tolerance;
  const seconds = (Date.now() - start) / 1000;
  bars.push({ name: `${name}, of the tolerance`, value, atMost: 1, seconds, note: note.join(", ") });
  console.log(bars.at(-1));
}
await engine.dispose();
reportBars(bars);
