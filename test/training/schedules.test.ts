import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { defaultLearningRates, learningRateAt, oneCycle, steps } from "../../src/training/index.js";
import { goldenPath } from "../support.js";

interface GoldenCase {
  readonly maxLearningRate: number;
  readonly totalSteps: number;
  readonly warmUpFraction: number;
  readonly initialDivisor: number;
  readonly finalDivisor: number;
  /** By step: an array, or an object when only some steps are kept. */
  readonly rates: Readonly<Record<string, number>>;
}

const golden = JSON.parse(readFileSync(goldenPath("one-cycle.json"), "utf8")) as { cases: GoldenCase[] };

for (const { totalSteps, rates, ...options } of golden.cases) {
  test(`one cycle over ${totalSteps} steps to ${options.maxLearningRate} gives PyTorch's rates`, () => {
    const schedule = oneCycle({ ...options, epochs: 1 });
    for (const [step, expected] of Object.entries(rates)) {
      const rate = learningRateAt(schedule, Number(step), totalSteps);
      assert.ok(Math.abs(rate - expected) <= 1e-12, `step ${step}: ${rate} is not ${expected}`);
    }
  });
}

test("one cycle counts its steps over all epochs", () => {
  const whole = oneCycle({ maxLearningRate: 0.05, epochs: 1 });
  const divided = oneCycle({ maxLearningRate: 0.05, epochs: 8 });
  for (const step of [0, 7, 30, 79])
    assert.equal(learningRateAt(divided, step, 10), learningRateAt(whole, step, 80));
});

test("a single step has a finite rate", () => {
  assert.ok(Number.isFinite(learningRateAt(oneCycle({ maxLearningRate: 0.05, epochs: 1 }), 0, 1)));
});

test("steps holds each rate for an epoch", () => {
  const schedule = steps([0.3, 0.2, 0.1]);
  const rates = [0, 1, 2, 3, 4, 5].map((step) => learningRateAt(schedule, step, 2));
  assert.deepEqual(rates, [0.3, 0.3, 0.2, 0.2, 0.1, 0.1]);
});

test("the default rates are the original's in classical momentum", () => {
  const expected = [...Array<number>(7).fill(0.005), ...Array<number>(7).fill(0.0005), 0.00005];
  assert.deepEqual(defaultLearningRates(), expected);
});

test("another number of epochs keeps the shape of the default rates", () => {
  assert.deepEqual(defaultLearningRates(1), [0.005]);
  assert.deepEqual(defaultLearningRates(2), [0.005, 0.0005]);
  assert.deepEqual(defaultLearningRates(5, 1), [1, 1, 0.1, 0.1, 0.01]);
  assert.equal(defaultLearningRates(30).filter((rate) => rate === 0.00005).length, 2);
});

const refused = [
  {
    name: "no rates",
    call: () => steps([]),
    message: "steps: learningRates must be at least one number, got [].",
  },
  {
    name: "a rate that is no number",
    call: () => steps([0.1, NaN]),
    message: "steps: learningRates must be finite and not negative, got NaN.",
  },
  {
    name: "no epochs",
    call: () => oneCycle({ maxLearningRate: 0.1, epochs: 0 }),
    message: "oneCycle: epochs must be a whole number from 1, got 0.",
  },
  {
    name: "a warm-up of everything",
    call: () => oneCycle({ maxLearningRate: 0.1, epochs: 1, warmUpFraction: 1 }),
    message: "oneCycle: warmUpFraction must be a number in (0, 1), got 1.",
  },
];
for (const { name, call, message } of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(call, { name: "ArgumentError", message });
  });
}
