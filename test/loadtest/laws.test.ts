import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { arrivalTimes } from "../../src/loadtest/arrivals.js";
import { readServerTiming } from "../../src/loadtest/server-timing.js";
import { Timeline } from "../../src/loadtest/timeline.js";
import { Times } from "../../src/loadtest/times.js";
import { Random } from "sightbook";

function take(count: number, times: Iterable<number>): number[] {
  const taken: number[] = [];
  for (const time of times) if (taken.push(time) === count) break;
  return taken;
}

describe("arrivals", () => {
  test("constant ones are equally spaced from 0 on", () => {
    assert.deepEqual(take(4, arrivalTimes({ rate: 50, arrivals: "constant" }, 1)), [0, 20, 40, 60]);
    assert.deepEqual([...arrivalTimes({ rate: 50, arrivals: "constant", requests: 2 }, 1)], [0, 20]);
  });

  test("Poisson ones come at the rate, with intervals as spread as an exponential's, the same for the same seed", () => {
    const load = { rate: 100, arrivals: "poisson" } as const;
    const times = take(20_000, arrivalTimes(load, 7));
    assert.deepEqual(times, take(20_000, arrivalTimes(load, 7)));
    const intervals = times.map((time, index) => time - (times[index - 1] ?? 0));
    const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
    const variance = intervals.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / intervals.length;
    // Five standard errors: 1 / sqrt(20,000) of the mean each.
    assert.ok(Math.abs(mean / 10 - 1) < 5 / Math.sqrt(20_000), `mean ${mean}`);
    assert.ok(Math.abs(Math.sqrt(variance) / mean - 1) < 0.05, `deviation ${Math.sqrt(variance)}`);
    const aboveMean = intervals.filter((interval) => interval > mean).length / intervals.length;
    assert.ok(Math.abs(aboveMean - Math.exp(-1)) < 0.02, `share above the mean ${aboveMean}`);
  });

  test("Poisson ones that are counted keep their rate, and are as spread as the others", () => {
    for (const seed of [1, 2, 3]) {
      const times = [...arrivalTimes({ rate: 100, arrivals: "poisson", requests: 5000 }, seed)];
      assert.equal(times.length, 5000);
      // All of them within 50 s; a last interval follows, some 10 ms long.
      assert.ok(times.at(-1)! < 50_000 && times.at(-1)! > 49_800, `${times.at(-1)}`);
      const intervals = times.map((time, index) => time - (times[index - 1] ?? 0));
      const aboveMean = intervals.filter((interval) => interval > 10).length / intervals.length;
      assert.ok(Math.abs(aboveMean - Math.exp(-1)) < 0.03, `share above the mean ${aboveMean}`);
    }
  });
});

describe("times", () => {
  test("percentiles agree with those of the sorted values to three digits", () => {
    const random = new Random(3);
    const values = Array.from({ length: 5000 }, () => Math.exp(4 * random.normal()));
    const times = new Times();
    for (const value of values) times.add(value);
    const sorted = values.map((value) => Math.max(0.001, value)).sort((a, b) => a - b);
    for (const percentile of [50, 90, 99, 99.9]) {
      const exact = sorted[Math.ceil((percentile * sorted.length) / 100) - 1]!;
      // To a microsecond, and to three digits above.
      assert.ok(Math.abs(times.percentile(percentile) - exact) <= 0.001 + exact / 1000, `p${percentile}`);
    }
    assert.equal(times.count, 5000);
  });

  test("the correction adds what a stalled connection would have sent", () => {
    const times = new Times();
    for (let i = 0; i < 99; i++) times.add(10);
    times.add(1000);
    const corrected = times.correctedForCoordinatedOmission();
    // 990, 980, ..., 10 ms: 99 requests that would have waited for the rest of the second; the last of them is not added,
    // since the median, to three digits, is a hair above 10 ms.
    assert.equal(corrected.count, 100 + 98);
    assert.equal(times.count, 100);
    assert.ok(Math.abs(corrected.percentile(75) - 500) < 20, `p75 ${corrected.percentile(75)}`);
  });

  test("nothing measured is all zeros, and no chart", () => {
    const times = new Times();
    assert.equal(times.summary().p99, 0);
    assert.deepEqual(times.distribution(), []);
    assert.equal(times.correctedForCoordinatedOmission().count, 0);
  });
});

describe("timeline", () => {
  test("has every second once, empty ones too, and adds a short rest to the last", () => {
    const timeline = new Timeline(0, { durationSeconds: 4 });
    timeline.addAnswer(100, 5);
    timeline.addFailure(900);
    timeline.addAnswer(2500, 7);
    timeline.addAnswer(3100, 9);
    const points = timeline.finish(3200);
    assert.deepEqual(
      points.map(({ second, seconds, answers, errors }) => [
        second,
        Number(seconds.toFixed(3)),
        answers,
        errors,
      ]),
      [
        [0, 1, 1, 1],
        [1, 1, 0, 0],
        [2, 1.2, 2, 0],
      ],
    );
    assert.ok(Math.abs(points[2]!.max - 9) < 0.1);
  });

  test("of a soak of a day has no more than 600 stretches", () => {
    const timeline = new Timeline(0, { durationSeconds: 86_400 });
    for (let second = 0; second < 86_400; second += 10) timeline.addAnswer(second * 1000, 1);
    assert.equal(timeline.finish(86_400_000).length, 600);
  });

  test("of a step of unknown length gets longer stretches, not more of them, and loses no answer", () => {
    const timeline = new Timeline(0);
    for (let second = 0; second < 5000; second++) {
      timeline.addAnswer(second * 1000, second === 3 ? 50 : 1, [["queue", second === 4 ? 9 : 2]]);
      if (second % 2 === 1) timeline.addFailure(second * 1000);
    }
    const points = timeline.finish(5_000_000);
    // 600 stretches of 1, 2, 4 and then 8 seconds; twice as many are joined when they are full.
    assert.equal(points.length, 5000 / 16 + 0.5);
    assert.deepEqual(
      points.map(({ second }) => second),
      points.map((_, at) => at * 16),
    );
    assert.equal(
      points.reduce((sum, { answers }) => sum + answers, 0),
      5000,
    );
    assert.equal(
      points.reduce((sum, { errors }) => sum + errors, 0),
      2500,
    );
    // Of what was joined the worst is kept.
    assert.ok(Math.abs(points[0]!.p50 - 50) < 0.5 && points[1]!.p50 < 1.1);
    assert.ok(Math.abs(points[0]!.serverTimes["queue"]!.p50 - 9) < 0.1);
    assert.ok(Math.abs(points[1]!.serverTimes["queue"]!.p99 - 2) < 0.1);
  });

  test("has the server's own times by stretch, of the parts that it knows", () => {
    const timeline = new Timeline(0, { durationSeconds: 4 });
    timeline.addAnswer(100, 20, [
      ["queue", 1],
      ["inference", 8],
      ["total", 9],
    ]);
    timeline.addAnswer(200, 20, [["queue", 3]]);
    timeline.addAnswer(1500, 20);
    timeline.addAnswer(2100, 20, [["queue", 5]]);
    timeline.addAnswer(3050, 20, [["decode", 4]]);
    const points = timeline.finish(3100);
    assert.deepEqual(
      points.map(({ serverTimes }) =>
        Object.entries(serverTimes).map(([part, { p50, p99 }]) => [part, Math.round(p50), Math.round(p99)]),
      ),
      [
        [
          ["queue", 1, 3],
          ["inference", 8, 8],
        ],
        [],
        [
          ["decode", 4, 4],
          ["queue", 5, 5],
        ],
      ],
    );
  });

  test("is corrected for coordinated omission by the interval it is told; answers are counted as they came", () => {
    const points = [0, 10].map((interval) => {
      const timeline = new Timeline(0, { expectedInterval: () => interval });
      for (let i = 0; i < 10; i++) timeline.addAnswer(i, 10);
      timeline.addAnswer(500, 400);
      return timeline.finish(1000)[0]!;
    });
    assert.deepEqual(
      points.map(({ answers }) => answers),
      [11, 11],
    );
    assert.ok(Math.abs(points[0]!.p50 - 10) < 0.1, "as measured");
    // Ten answers of 10 ms; 400 ms, and the 390, 380, ... of those that would have been sent meanwhile.
    assert.ok(points[1]!.p50 > 100 && points[1]!.p50 < 200, `${points[1]!.p50}`);
  });
});

test("Server-Timing is read as its standard writes it", () => {
  assert.deepEqual(
    readServerTiming('queue;dur=1.5, decode; desc="x;y" ; dur="2", cache, inference;DUR=0,bad;dur=x'),
    [
      ["queue", 1.5],
      ["inference", 0],
    ].toSpliced(1, 0, ["decode", 2]),
  );
});

test("Server-Timing of a server that means no good: quoted commas, no tokens, no numbers, no end", () => {
  assert.deepEqual(
    readServerTiming('db;desc="a, b;dur=9 \\" ,c";dur=3, <b>;dur=1, x;dur=, y;dur=1e999, z;dur=-1, w;desc="'),
    [["db", 3]],
  );
  assert.deepEqual(readServerTiming(`${'"'.repeat(20_000)},queue;dur=1`), [["queue", 1]]);
});
