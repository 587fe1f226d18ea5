import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { candidates } from "../../src/engine/candidates.js";
import type { Engine, LabelledBatch, TrainingOptions, TrainingSession } from "../../src/engine/engine.js";
import type { Network, Weights } from "../../src/networks/network.js";
import { Random } from "../../src/random.js";
import {
  deterministicBatch,
  deterministicWeights,
  readTrainingGolden,
  relativeDistance,
} from "../golden/deterministic-weights.js";
import { tinyMobileNetwork, tinyResidualNetwork } from "../golden/tiny-networks.js";
import { directionalDerivatives } from "./finite-differences.js";
import { gradientCases } from "./gradient-cases.js";

const plain: TrainingOptions = { momentum: 0.9, nesterov: false, l2: 0, seed: 1 };
const goldens = [
  { name: "tiny-residual", network: tinyResidualNetwork() },
  { name: "tiny-mobile", network: tinyMobileNetwork() },
] as const;

/** Weights after two steps by engine and network, for the comparison of engines. */
const trained = new Map<string, Weights>();

for (const candidate of candidates) {
  const probe = await candidate.probe();
  // TensorFlow is part of every test run's set-up; the others need what not every machine has.
  const skip = probe.available || candidate.name === "tensorflow" ? false : (probe.reason ?? "not available");
  describe(`laws of the ${candidate.name} engine`, { skip }, () => {
    let engine: Engine;
    before(async () => {
      engine = await candidate.open();
    });
    after(() => engine.dispose());

    /** Runs `use` with a fresh session of the golden weights. */
    async function withSession<R>(
      network: Network,
      options: TrainingOptions,
      use: (session: TrainingSession) => Promise<R>,
    ): Promise<R> {
      const session = await engine.createSession(network, deterministicWeights(network), options);
      try {
        return await use(session);
      } finally {
        await session.dispose();
      }
    }

    for (const { name, network, extent, kinks } of gradientCases) {
      test(`gradient of ${name} equals finite differences`, () =>
        withSession(network, plain, async (session) => {
          // Where a kink lies within the step the difference is a little off; a wrong rule is off by the scale.
          const { step, tolerance } = kinks
            ? { step: 0.001, tolerance: 0.05 }
            : { step: 0.01, tolerance: 0.01 };
          const batch = noisyBatch(4, extent, 3);
          const weights = deterministicWeights(network);
          const derivatives = await directionalDerivatives(session, batch, weights, new Random(7), { step });
          for (const { parameter, gradient, difference, scale } of derivatives) {
            const message = `${parameter}: gradient ${gradient}, difference ${difference}, scale ${scale}`;
            assert.ok(Math.abs(gradient - difference) < tolerance * scale + 2e-7 / step, message);
          }
          // A case in which nothing flows would pass for the wrong reason.
          assert.ok(derivatives.every(({ scale }) => scale > 1e-4));
        }));
    }

    for (const { name, network } of goldens) {
      test(`two steps of ${name} give PyTorch's numbers`, async () => {
        const golden = readTrainingGolden(name);
        await withSession(network, { ...golden.options, seed: 1 }, async (session) => {
          const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void => {
            const distance = relativeDistance(actual, expected);
            assert.ok(distance < 1e-4, `${what} is off by ${distance}`);
          };
          close(await session.predict(golden.batch), golden.evaluationLogits, "evaluation before training");
          const { gradients } = await session.gradients(golden.batch);
          assert.deepEqual([...gradients.keys()].sort(), [...golden.gradients.keys()].sort());
          const largest = Math.max(
            ...[...golden.gradients.values()].map((g) => Math.max(...g.map(Math.abs))),
          );
          for (const [parameter, expected] of golden.gradients) {
            // A gradient may be a sum that cancels, down to zero for a bias before a batch norm: what is left of it is
            // compared with a hundredth of the largest gradient. That leaves a millionth of it, eight roundings of float32:
            // kernels add in different orders, which cost 3 of them on an AMD EPYC.
            const difference = gradients
              .get(parameter)!
              .data.map((value, i) => Math.abs(value - expected[i]!));
            const size = Math.max(1e-2 * largest, ...expected.map(Math.abs));
            const distance = Math.max(...difference) / size;
            assert.ok(distance < 1e-4, `gradient of ${parameter} is off by ${distance}`);
          }
          for (const [i, expected] of golden.steps.entries()) {
            const { loss, logits } = await session.trainStep(golden.batch, golden.options.learningRate);
            close([loss], [expected.loss], `loss of step ${i}`);
            close(logits, expected.logits, `logits of step ${i}`);
            const weights = await session.readWeights();
            assert.deepEqual([...weights.keys()].sort(), [...expected.weights.keys()].sort());
            for (const [parameter, values] of expected.weights) {
              close(weights.get(parameter)!.data, values, `${parameter} after step ${i}`);
            }
          }
          trained.set(`${candidate.name} ${name}`, await session.readWeights());
          close(
            await session.predict(golden.batch),
            golden.evaluationLogitsAfter,
            "evaluation after training",
          );
        });
      });

      test(
        `${name} trains as on TensorFlow to 1e-3`,
        { skip: candidate.name === "tensorflow" && "it is TensorFlow" },
        () => {
          const ours = trained.get(`${candidate.name} ${name}`)!;
          for (const [parameter, { data }] of trained.get(`tensorflow ${name}`)!) {
            assert.ok(relativeDistance(ours.get(parameter)!.data, data) < 1e-3, parameter);
          }
        },
      );
    }

    for (const trainableFrom of ["layer2", "head"]) {
      test(`training from ${trainableFrom} leaves the stages before it as they were`, () => {
        const network = tinyResidualNetwork();
        return withSession(network, { ...plain, l2: 0.01, trainableFrom }, async (session) => {
          const batch = deterministicBatch(5, 13, 11, 4);
          const before = await session.readWeights();
          const { gradients } = await session.gradients(batch);
          for (let i = 0; i < 2; i++) await session.trainStep(batch, 0.1);
          const after = await session.readWeights();
          const frozen = trainableFrom === "head" ? /^(conv1|bn1|layer)/ : /^(conv1|bn1|layer1)/;
          for (const [parameter, { data }] of before) {
            const moved = !data.every((value, i) => value === after.get(parameter)!.data[i]);
            assert.equal(moved, !frozen.test(parameter), parameter);
          }
          assert.ok([...gradients.keys()].every((parameter) => !frozen.test(parameter)));
        });
      });
    }

    test("bfloat16 gives about the same, or is refused", async () => {
      const golden = readTrainingGolden("tiny-residual");
      const network = tinyResidualNetwork();
      const options = { ...golden.options, seed: 1, precision: "bfloat16" } as const;
      if (candidate.name !== "tensorflow") {
        await assert.rejects(
          withSession(network, options, () => Promise.resolve()),
          {
            message: /^Engine\.createSession: precision must be "float32" on this engine, got "bfloat16"\./,
          },
        );
        return;
      }
      await withSession(network, options, async (session) => {
        for (const [i, { logits }] of golden.steps.entries()) {
          const result = await session.trainStep(golden.batch, golden.options.learningRate);
          const distance = relativeDistance(result.logits, logits);
          // bfloat16 keeps 8 bits: nearer than float32's tolerance would mean that it was not used.
          assert.ok(distance > 1e-4 && distance < 0.02, `logits of step ${i} are off by ${distance}`);
        }
      });
    });

    test("frozen batch norms evaluate: the head alone trains on the logits of evaluation mode", () => {
      const network = tinyResidualNetwork();
      return withSession(network, { ...plain, trainableFrom: "head" }, async (session) => {
        const batch = deterministicBatch(5, 13, 11, 4);
        const evaluation = await session.predict(batch);
        assert.ok(relativeDistance((await session.trainStep(batch, 0.1)).logits, evaluation) < 1e-5);
      });
    });

    test("the same seed gives the same result to the last bit, another seed another", async () => {
      const { network } = gradientCases.find(({ name }) => name === "dropout")!;
      const run = (seed: number): Promise<number[]> =>
        withSession(network, { ...plain, seed }, async (session) => {
          const batch = noisyBatch(8, [5, 5], 3);
          const losses: number[] = [];
          for (let i = 0; i < 4; i++) losses.push((await session.trainStep(batch, 0.05)).loss);
          return losses;
        });
      const first = await run(1);
      assert.deepEqual(await run(1), first);
      assert.notDeepEqual(await run(2), first);
    });

    test("a smaller last batch and other image sizes work in the same session", () => {
      const network = tinyMobileNetwork();
      return withSession(network, plain, async (session) => {
        const batch = deterministicBatch(6, 12, 9, 3);
        const whole = await session.predict(batch);
        const part = { ...batch, size: 2, pixels: batch.pixels.subarray(0, 2 * 12 * 9 * 3) };
        assert.ok(relativeDistance(await session.predict(part), whole.subarray(0, 2 * 3)) < 1e-5);
        for (const [size, height, width] of [
          [6, 12, 9],
          [1, 12, 9],
          [3, 33, 40],
        ] as const) {
          const { loss, logits } = await session.trainStep(deterministicBatch(size, height, width, 3), 0.01);
          assert.equal(logits.length, size * 3);
          assert.ok(Number.isFinite(loss));
        }
      });
    });

    test("few channels on a large map: the kernels of strided 1 x 1 windows once ended the process", () =>
      withSession(tinyResidualNetwork(), plain, async (session) => {
        const { loss } = await session.trainStep(deterministicBatch(2, 240, 240, 4), 0.01);
        assert.ok(Number.isFinite(loss));
      }));

    test("pixels may be bytes, floats or shared memory", () =>
      withSession(tinyResidualNetwork(), plain, async (session) => {
        const batch = deterministicBatch(2, 16, 16, 4);
        const shared = new Uint8Array(new SharedArrayBuffer(batch.pixels.length));
        shared.set(batch.pixels);
        const expected = await session.predict(batch);
        assert.deepEqual(
          await session.predict({ ...batch, pixels: Float32Array.from(batch.pixels) }),
          expected,
        );
        assert.deepEqual(await session.predict({ ...batch, pixels: shared }), expected);
      }));

    test("weights written are weights read, and writing resets the momentum", () => {
      const network = tinyResidualNetwork();
      return withSession(network, plain, async (session) => {
        const weights = deterministicWeights(network);
        const batch = deterministicBatch(4, 13, 11, 4);
        const steps = async (): Promise<Weights> => {
          await session.trainStep(batch, 0.1);
          await session.trainStep(batch, 0.1);
          return session.readWeights();
        };
        const first = await steps();
        await session.writeWeights(weights);
        assert.deepEqual(await session.readWeights(), weights);
        assert.deepEqual(await steps(), first);
      });
    });

    test("memory stays flat over 60 steps", () =>
      withSession(tinyResidualNetwork(), plain, async (session) => {
        const source = deterministicBatch(16, 96, 96, 4);
        const pixels = new Float32Array(new SharedArrayBuffer(source.pixels.length * 4));
        pixels.set(source.pixels);
        const batch = { ...source, pixels };
        const steps = async (count: number): Promise<number> => {
          for (let i = 0; i < count; i++) await session.trainStep(batch, 0.01);
          return process.memoryUsage.rss();
        };
        // One batch is 1.8 MB: a step that kept its input alone would add 106 MB in each stretch of 60. Allocators and the caches
        // of kernels grow too, but come to an end.
        const growths: number[] = [];
        for (let before = await steps(20); growths.length < 5;) {
          const after = await steps(60);
          growths.push((after - before) / 1e6);
          if (growths.at(-1)! < 50) return;
          before = after;
        }
        assert.fail(`resident memory grew by ${growths.join(", ")} MB`);
      }));

    test("wrong arguments are named", () => {
      const network = tinyResidualNetwork();
      return withSession(network, plain, async (session) => {
        const batch = deterministicBatch(2, 13, 11, 4);
        const weights = new Map(deterministicWeights(network));
        weights.set("fc.weight", { shape: [8, 4], data: new Float32Array(32) });
        const unknown = { ...plain, trainableFrom: "layer9" };
        await assert.rejects(session.predict({ ...batch, width: 12 }), {
          message:
            "TrainingSession.predict: batch.pixels must be 936 values (size 2 x height 13 x width 12 x 3), got 858.",
        });
        await assert.rejects(session.trainStep({ ...batch, targets: new Float32Array(6) }, 0.1), {
          message: "TrainingSession.trainStep: batch.targets must be 8 values (size 2 x 4 labels), got 6.",
        });
        await assert.rejects(session.trainStep(batch, NaN), {
          message: "TrainingSession.trainStep: learningRate must be a number of at least 0, got NaN.",
        });
        await assert.rejects(session.writeWeights(weights), {
          message:
            "TrainingSession.writeWeights: weights must be a map with fc.weight of shape [4, 8] as TinyResidual has it, got [ 8, 4 ].",
        });
        await assert.rejects(engine.createSession(network, deterministicWeights(network), unknown), {
          message:
            'Engine.createSession: trainableFrom must be a stage of TinyResidual (stem, layer1, layer2, head), got "layer9".',
        });
      });
    });

    test("what is outstanding when the engine is disposed is rejected, and so is what comes later", async () => {
      const other = await candidate.open();
      const network = tinyResidualNetwork();
      const session = await other.createSession(network, deterministicWeights(network), plain);
      const batch = deterministicBatch(8, 64, 64, 4);
      const outstanding = assert.rejects(session.trainStep(batch, 0.1), /engine was disposed/);
      await other.dispose();
      await outstanding;
      await assert.rejects(session.predict(batch), /engine was disposed/);
    });

    test("a process that is told to end in the middle of a step ends with its own exit code", () => {
      const program = `
        const [{ openEngine }, { tinyResidualNetwork }, { deterministicBatch, deterministicWeights }] = await Promise.all(
          process.argv.slice(2).map((url) => import(url)));
        const engine = await openEngine({ name: ${JSON.stringify(candidate.name)} });
        const network = tinyResidualNetwork();
        const session = await engine.createSession(network, deterministicWeights(network), ${JSON.stringify(plain)});
        const batch = deterministicBatch(8, 96, 96, 4);
        await session.trainStep(deterministicBatch(2, 16, 16, 4), 0.1);
        for (let i = 0; i < 20; i++) session.trainStep(batch, 0.1).catch(() => undefined);
        setTimeout(() => process.exit(3), 20);`;
      const modules = [
        "../../src/engine/index.js",
        "../golden/tiny-networks.js",
        "../golden/deterministic-weights.js",
      ];
      const urls = modules.map((path) => new URL(path, import.meta.url).href);
      const args = ["--input-type=module", "--eval", program, "-", ...urls];
      const { stderr, status, signal } = spawnSync(process.execPath, args, {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.deepEqual({ stderr, status, signal }, { stderr: "", status: 3, signal: null });
    });

    test("a process that forgets to dispose the engine ends all the same", () => {
      const program = `
        const [{ openEngine }, { tinyResidualNetwork }, { deterministicBatch, deterministicWeights }] = await Promise.all(
          process.argv.slice(2).map((url) => import(url)));
        const engine = await openEngine({ name: ${JSON.stringify(candidate.name)} });
        const network = tinyResidualNetwork();
        const session = await engine.createSession(network, deterministicWeights(network), ${JSON.stringify(plain)});
        const { loss } = await session.trainStep(deterministicBatch(2, 16, 16, 4), 0.1);
        console.log(Number.isFinite(loss));`;
      const modules = [
        "../../src/engine/index.js",
        "../golden/tiny-networks.js",
        "../golden/deterministic-weights.js",
      ];
      const urls = modules.map((path) => new URL(path, import.meta.url).href);
      const args = ["--input-type=module", "--eval", program, "-", ...urls];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.deepEqual({ stdout, stderr, status }, { stdout: "true\n", stderr: "", status: 0 });
    });
  });
}

/** Random images and soft random targets: nothing about them is symmetric. */
function noisyBatch(size: number, [height, width]: readonly [number, number], labels: number): LabelledBatch {
  const random = new Random(size);
  const pixels = Uint8Array.from({ length: size * height * width * 3 }, () => random.integer(256));
  const targets = new Float32Array(size * labels);
  for (let i = 0; i < size; i++) {
    const row = Array.from({ length: labels }, () => random.uniform(0.1, 1));
    const sum = row.reduce((total, value) => total + value, 0);
    targets.set(
      row.map((value) => value / sum),
      i * labels,
    );
  }
  return { size, height, width, pixels, targets };
}
