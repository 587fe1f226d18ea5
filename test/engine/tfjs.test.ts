import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { TrainingOptions } from "../../src/engine/engine.js";
import { createTfjsEngine, probeTfjs, type TfjsEngine } from "../../src/engine/tfjs/index.js";
import { isSoftware } from "../../src/engine/tfjs/backends.js";
import { Random } from "../../src/random.js";
import { evaluate } from "../export/reference.js";
import { depthwiseNetwork, randomBatch, randomWeights, residualNetwork } from "../export/sample-networks.js";
import { repositoryRoot } from "../support.js";
import { relativeDistance } from "../golden/deterministic-weights.js";

// What holds for every engine is in test/laws; here is what only these have.
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

test("a disposed session is refused, the engine's others go on", async () => {
  const weights = randomWeights(residualNetwork, 1);
  const session = await engine.createSession(residualNetwork, weights, plain);
  const other = await engine.createSession(residualNetwork, weights, plain);
  await session.dispose();
  await assert.rejects(session.predict(labelled(1, 1)), /The session was disposed/);
  assert.equal((await other.predict(labelled(1, 1))).length, 4);
  await other.dispose();
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
