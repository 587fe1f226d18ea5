/** Run as a program of its own by set-up: loads a binding in the engine's worker and computes 2 x 3 with it. */
import { DataType, GraphBuilder, tensorName, type } from "../tensorflow/graph.js";
import { encodeSavedModel } from "../tensorflow/saved-model.js";
import type { WorkerCalls } from "../tensorflow/protocol.js";
import { WorkerClient } from "../worker-client.js";

async function smokeRun(bindingPath: string): Promise<void> {
  const worker = new WorkerClient<WorkerCalls>(
    new URL("../tensorflow/worker.js", import.meta.url),
    "TensorFlow",
  );
  const about = await worker.call("load", { bindingPath });
  const graph = new GraphBuilder();
  const x = graph.placeholder("x", DataType.float32, []);
  const three = graph.constant(Float32Array.of(3), []);
  const product = graph.add("Mul", [x, three], { T: type(DataType.float32) });
  const session = await worker.call("open", { savedModel: encodeSavedModel(graph.nodes) });
  const [result] = await worker.call("run", {
    session,
    feeds: [{ name: tensorName(x), shape: [], data: Float32Array.of(2) }],
    fetches: [tensorName(product)],
  });
  if (result?.data[0] !== 6) throw new Error(`TensorFlow says that 2 x 3 is ${String(result?.data[0])}.`);
  console.log(JSON.stringify(about));
  await worker.terminate();
}

void smokeRun(process.argv[2]!).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
