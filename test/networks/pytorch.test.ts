import { after, before, suite, test } from "node:test";
import { openEngine, type Engine } from "../../src/engine/index.js";
import { EnvironmentError } from "../../src/errors.js";
import { baseModelNames } from "../../src/networks/index.js";
import { assertWithin, compareInference, compareTraining } from "./pytorch-comparison.js";

suite("evaluation logits on onnxruntime equal PyTorch's", () => {
  for (const name of baseModelNames) {
    test(name, async () => {
      assertWithin({ evaluationLogits: await compareInference(name) });
    });
  }
});

/** The engine; or, only where it was not set up on this machine, the reason to skip. */
async function openTensorFlow(): Promise<Engine | string> {
  try {
    return await openEngine({ name: "tensorflow" });
  } catch (error) {
    if (error instanceof EnvironmentError && error.message.includes("is not set up")) return error.message;
    throw error;
  }
}

suite("logits and gradients on the TensorFlow engine equal PyTorch's", () => {
  let engine: Engine | string;
  before(async () => {
    engine = await openTensorFlow();
  });
  after(async () => {
    if (typeof engine !== "string") await engine.dispose();
  });
  // One of each kind of block; test/acceptance/pytorch-networks.ts compares all eight.
  for (const name of ["ResNet18", "ResNet50", "EfficientNetLite0"] as const) {
    test(name, async (t) => {
      if (typeof engine === "string") t.skip(engine);
      else assertWithin(await compareTraining(name, engine));
    });
  }
});
