import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { imageStatistics } from "../../src/images/index.js";
import {
  chiSquaredTail,
  countsByBin,
  kolmogorovSmirnov,
  populationStabilityIndex,
  quantileEdges,
  stabilityPValue,
} from "../../src/monitoring/distances.js";
import { Random } from "../../src/random.js";

const close = (actual: number, expected: number, tolerance: number): void => {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
};

describe("population stability index", () => {
  test("is Jeffreys's divergence of the shares", () => {
    close(
      populationStabilityIndex([50, 50], [80, 20]),
      0.3 * Math.log(0.8 / 0.5) - 0.3 * Math.log(0.2 / 0.5),
      1e-12,
    );
    assert.equal(populationStabilityIndex([30, 70], [60, 140]), 0);
  });

  test("is the same both ways round, and finite where a bin is empty", () => {
    const [a, b] = [
      [5, 0, 95],
      [0, 40, 60],
    ];
    close(populationStabilityIndex(a, b), populationStabilityIndex(b, a), 1e-12);
    assert.ok(Number.isFinite(populationStabilityIndex(a, b)));
  });

  test("its probability is right: of samples of one distribution, one in twenty is below 0.05", () => {
    const random = new Random(4);
    const sample = (count: number): number[] => Array.from({ length: count }, () => random.normal());
    const edges = [-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28];
    let below = 0;
    for (let trial = 0; trial < 400; trial++) {
      const [p, q] = [countsByBin(sample(500), edges), countsByBin(sample(300), edges)];
      if (stabilityPValue(populationStabilityIndex(p, q), 10, 500, 300) < 0.05) below++;
    }
    // Five standard errors of 400 trials.
    close(below / 400, 0.05, 5 * Math.sqrt((0.05 * 0.95) / 400));
  });
});

test("bins are of equal count, and repeated values make fewer of them", () => {
  const values = Array.from({ length: 100 }, (_, index) => index);
  const edges = quantileEdges(values, 10);
  assert.deepEqual(countsByBin(values, edges), new Array<number>(10).fill(10));
  assert.deepEqual(quantileEdges([1, 1, 1, 1, 2, 2], 10), [1, 2]);
  assert.deepEqual(countsByBin([0, 1, 1.5, 2, 9], [1, 2]), [1, 2, 2]);
});

describe("Kolmogorov-Smirnov", () => {
  // scipy.stats.ks_2samp(a, b, method="asymp"), SciPy 1.17, gives 0.1 and 0.93423 for these.
  const a = Array.from({ length: 60 }, (_, i) => ((i * 37) % 101) / 10);
  const b = Array.from({ length: 45 }, (_, i) => ((i * 53) % 89) / 8);

  test("agrees with SciPy, but for the correction for finite samples", () => {
    const { statistic, pValue } = kolmogorovSmirnov(a, b);
    close(statistic, 0.1, 1e-12);
    close(pValue, 0.934, 0.02);
  });

  test("is 1 with certainty where nothing overlaps, 0 for equal samples, and counts ties once", () => {
    assert.equal(kolmogorovSmirnov([1, 2, 3], [4, 5, 6]).statistic, 1);
    assert.deepEqual(kolmogorovSmirnov(a, a), { statistic: 0, pValue: 1 });
    assert.equal(kolmogorovSmirnov([1, 1, 2, 2], [1, 2]).statistic, 0);
  });
});

test("the tail of chi-squared agrees with SciPy's chi2.sf", () => {
  for (const [x, degrees, expected] of [
    [0.5, 1, 0.47950012218695337],
    [3.84, 1, 0.05004352124870519],
    [9, 9, 0.43727418891386693],
    [30, 9, 0.00043872177097947936],
    [0.1, 9, 0.9999999743696746],
  ] as const) {
    close(chiSquaredTail(x, degrees), expected, 1e-10);
  }
});

describe("image statistics", () => {
  const image = (pixel: (row: number, column: number) => readonly [number, number, number]): number[] =>
    Array.from({ length: 64 }, (_, index) => pixel(Math.floor(index / 8), index % 8)).flat();

  test("of a grey surface: its brightness and nothing else", () => {
    const { brightness, contrast, saturation, sharpness } = imageStatistics(
      image(() => [90, 90, 90]),
      8,
      8,
    );
    close(brightness, 90, 1e-3);
    close(contrast, 0, 0.05);
    assert.equal(saturation, 0);
    close(sharpness, 0, 1e-3);
  });

  test("of a chessboard in black and white: all the contrast and sharpness there is", () => {
    const board = imageStatistics(
      image((row, column) => ((row + column) % 2 ? [255, 255, 255] : [0, 0, 0])),
      8,
      8,
    );
    close(board.brightness, 127.5, 1e-3);
    close(board.contrast, 127.5, 1e-3);
    close(board.sharpness, 4 * 255, 1e-2);
  });

  test("of pure red: saturation, and the luma of red", () => {
    const { brightness, saturation } = imageStatistics(
      image(() => [255, 0, 0]),
      8,
      8,
    );
    close(brightness, 0.299 * 255, 1e-3);
    assert.equal(saturation, 255);
  });
});
