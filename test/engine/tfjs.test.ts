import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { TrainingOptions } from "../../src/engine/engine.js";
import { createTfjsEngine, probeTfjs, type TfjsEngine } from "../../src/engine/tfjs/index.js";
import { isSoftware } from "../../src/engine/tfjs/backends.js";
import type { Network } from "../../src/networks/network.js";
import { Random } from "../../src/random.js";
import { evaluate } from "../export/reference.js";
import { depthwiseNetwork, randomBatch, randomWeights, residualNetwork } from "../export/sample-networks.js";
import { repositoryRoot } from "../support.js";
import { relativeDistance } from "../golden/deterministic-weights.js";
import { checkGoldenSteps } from "./golden-steps.js";

const plain: TrainingOptions = { momentum: 0.9, nesterov: false, l2: 1e-3, seed: 1 };

let engine: TfjsEngine;
before(async () => {
  engine = await createTfjsEngine("wasm");
});
after(() => engine.dispose());

function labelled(size: number, seed: number): ReturnType<typeof randomBatch> & { targets: Float32Array } {
  const random = new Random(seed);
  const targets = new Float32Array(size * 4);
  for (let i = 0; i < size; i++) targets[i * 4 + random.integer(4)] = 1;
  return { ...randomBatch(size, 35, 33, seed), targets };
}

test("wasm: two steps of both golden networks equal PyTorch's", () => checkGoldenSteps(engine));

test("evaluation equals the definition, dropout being the identity", async () => {
  for (const network of [residualNetwork, depthwiseNetwork]) {
    const weights = randomWeights(network, 3);
    const session = await engine.createSession(network, weights, plain);
    const batch = randomBatch(3, 33, 36, 1);
    const expected = evaluate(network, weights, batch).get("fc")!.data;
    assert.ok(relativeDistance(await session.predict(batch), expected) < 1e-5);
    const floats = { ...batch, pixels: Float32Array.from(batch.pixels) };
    assert.ok(relativeDistance(await session.predict(floats), expected) < 1e-5);
    await session.dispose();
  }
});

test("no tensor stays behind: not after steps, nor after any other call, nor after the session", async () => {
  const before = await engine.tensorCount();
  const session = await engine.createSession(residualNetwork, randomWeights(residualNetwork, 1), plain);
  await session.trainStep(labelled(4, 1), 0.01);
  const afterOne = await engine.tensorCount();
  for (let i = 2; i < 6; i++) {
    await session.trainStep(labelled(i, i), 0.01);
    await session.predict(randomBatch(i, 32, 40, 1));
    await session.gradients(labelled(i, i));
    await session.readWeights();
    assert.equal(await engine.tensorCount(), afterOne);
  }
  await session.dispose();
  assert.equal(await engine.tensorCount(), before);
});

test("frozen stages keep their weights and statistics; the same seed gives the same steps, another one not", async () => {
  const weights = randomWeights(residualNetwork, 1);
  const train = async (options: Partial<TrainingOptions>): Promise<Map<string, Float32Array>> => {
    const session = await engine.createSession(residualNetwork, weights, { ...plain, ...options });
    for (let i = 0; i < 3; i++) await session.trainStep(labelled(4, i), 0.05);
    const result = await session.readWeights();
    await session.dispose();
    return new Map([...result].map(([name, { data }]) => [name, data]));
  };
  const first = await train({ trainableFrom: "head" });
  for (const [name, data] of first) {
    const changed = relativeDistance(data, weights.get(name)!.data) > 0;
    assert.equal(changed, name.startsWith("fc."), name);
  }
  assert.deepEqual(await train({ trainableFrom: "head" }), first);
  assert.notDeepEqual(await train({ trainableFrom: "head", seed: 2 }), first);
  assert.notDeepEqual(await train({ trainableFrom: "head", nesterov: true }), first);
});

test("written weights are read back, and begin without momentum", async () => {
  const weights = randomWeights(depthwiseNetwork, 1);
  const session = await engine.createSession(depthwiseNetwork, randomWeights(depthwiseNetwork, 2), plain);
  await session.trainStep(labelled(4, 1), 0.1);
  await session.writeWeights(weights);
  assert.deepEqual(await session.readWeights(), weights);
  // With a learning rate of 0 only momentum that was kept could move anything.
  await session.trainStep(labelled(4, 1), 0);
  const after = await session.readWeights();
  assert.deepEqual(after.get("fc.weight"), weights.get("fc.weight"));
  await session.dispose();
});

test("refusals come before anything runs", async () => {
  const weights = randomWeights(residualNetwork, 1);
  const session = await engine.createSession(residualNetwork, weights, plain);
  await assert.rejects(
    session.trainStep({ ...labelled(4, 1), targets: new Float32Array(3) }, 0.1),
    /batch\.targets must be 16 values/,
  );
  await assert.rejects(session.trainStep(labelled(4, 1), NaN), /learningRate must be a number of at least 0/);
  await assert.rejects(session.predict({ ...labelled(4, 1), height: 1 }), /batch\.pixels must be 396 values/);
  await session.dispose();
  await assert.rejects(session.predict(labelled(1, 1)), /The session was disposed/);
  const unknown: Partial<TrainingOptions> = { trainableFrom: "layer9" };
  await assert.rejects(
    engine.createSession(residualNetwork, weights, { ...plain, ...unknown }),
    /trainableFrom must be a stage of TinyResidual \(stem, layer1, head\), got "layer9"/,
  );
  const other: Network = depthwiseNetwork;
  await assert.rejects(
    engine.createSession(other, weights, plain),
    /weights must be a map with stem\.weight/,
  );
});

test("the probe says what would run, or why not", async () => {
  const wasm = await probeTfjs("wasm");
  assert.equal(wasm.available, true);
  assert.match(wasm.description, /^tfjs 4\.\d+\.\d+ on WebAssembly/);
  const webgpu = await probeTfjs("webgpu");
  if (!webgpu.available) assert.match(webgpu.reason!, /no graphics adapter answers|only a software renderer/);
});

test("software renderers are told from graphics cards", () => {
  for (const name of [
    "google swiftshader SwiftShader driver 5.0.0",
    "mesa llvmpipe (LLVM 15)",
    "Microsoft Basic Render Driver",
  ]) {
    assert.equal(isSoftware(name), true, name);
  }
  for (const name of [
    "nvidia ampere NVIDIA GeForce RTX 3060",
    "apple metal-3 Apple M2",
    "intel gen-12lp",
    "amd rdna-2",
  ]) {
    assert.equal(isSoftware(name), false, name);
  }
});

// Dawn finds Vulkan's loader through the environment that its process began with, so this runs in a child. Chromium
// brings both a loader and SwiftShader, which computes on the CPU what a graphics card would.
const chromium = "/usr/lib/chromium";
const icd = join(chromium, "vk_swiftshader_icd.json");
const noRenderer =
  existsSync(icd) && existsSync(join(chromium, "libvulkan.so.1")) ? false : `no SwiftShader in ${chromium}`;

test(
  "webgpu: two steps of both golden networks equal PyTorch's, without a tensor left",
  { skip: noRenderer },
  () => {
    const file = (path: string): string =>
      JSON.stringify(pathToFileURL(join(repositoryRoot, "dist", path)).href);
    const script = `
    import { createTfjsEngine, probeTfjs } from ${file("src/engine/tfjs/index.js")};
    import { openEngine } from ${file("src/engine/index.js")};
    import { checkGoldenSteps } from ${file("test/engine/golden-steps.js")};
    const engine = await openEngine({ name: "webgpu" });
    await checkGoldenSteps(engine);
    const { available, reason } = await probeTfjs("webgpu");
    const refused = await createTfjsEngine("webgpu", { allowSoftware: false }).catch((error) => error.message);
    process.env.SIGHTBOOK_ENGINE = "webgpu";
    const asked = await probeTfjs("webgpu");
    console.log(JSON.stringify({ description: engine.description, tensors: await engine.tensorCount(), available, reason, refused, asked }));
    await engine.dispose();`;
    const env = {
      ...process.env,
      SIGHTBOOK_ENGINE: "",
      LD_LIBRARY_PATH: chromium,
      VK_ICD_FILENAMES: icd,
    };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", script],
      {
        encoding: "utf8",
        env,
        timeout: 120_000,
      },
    );
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    assert.match(String(result["description"]), /^tfjs .* on WebGPU \(SwiftShader/);
    assert.equal(result["tensors"], 0);
    assert.equal(result["available"], false);
    assert.match(
      String(result["reason"]),
      /only a software renderer here, slower than wasm; .* SIGHTBOOK_ENGINE=webgpu/,
    );
    assert.match(
      String(result["refused"]),
      /^openEngine: the webgpu engine finds only a software renderer here/,
    );
    assert.equal((result["asked"] as { available: boolean }).available, true);
  },
);
