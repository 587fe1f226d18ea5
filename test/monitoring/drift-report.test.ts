import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import test, { describe } from "node:test";

import sharp from "sharp";

import { loadClassifier } from "../../src/classifiers/index.js";
import { display } from "../../src/display.js";
import { compareRecords, recordsOf, type ScoreRecord } from "../../src/monitoring/index.js";
import { Random } from "../../src/random.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { temporaryFolder } from "../support.js";
import { tinyLabels, writeTinyImages } from "../training/tiny-images.js";

/** Records of images whose quantities are drawn at random. */
function drawn(
  count: number,
  seed: number,
  change: { readonly brighter?: number; readonly cups?: number } = {},
): ScoreRecord[] {
  const { brighter = 0, cups = 0.5 } = change;
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    time: "2026-01-01T00:00:00.000Z",
    version: "v1",
    label: random.uniform() < cups ? "cup" : "bowl",
    score: 0.5 + random.uniform() / 2,
    statistics: {
      brightness: 120 + 20 * random.normal() + brighter,
      contrast: 50 + 5 * random.normal(),
      saturation: 30 + 5 * random.normal(),
      sharpness: 12 + 3 * random.normal(),
    },
  }));
}

describe("drift", () => {
  test("images of the same kind show none: of 60 reports at most two cry wolf", () => {
    let alarms = 0;
    for (let seed = 0; seed < 60; seed++) {
      if (compareRecords(drawn(200, seed), drawn(60, 1000 + seed)).verdict !== "stable") alarms++;
    }
    // One in a hundred is expected; three or more of sixty come with a probability of 0.02, and the seeds are fixed.
    assert.ok(alarms <= 2, `${alarms} alarms`);
  });

  test("a brighter light is found, named, and the only thing that is", () => {
    const report = compareRecords(drawn(500, 1), drawn(300, 2, { brighter: 20 }));
    assert.equal(report.verdict, "large");
    assert.deepEqual(
      report.rows.filter(({ verdict }) => verdict !== "stable").map(({ name }) => name),
      ["brightness"],
    );
    const [first] = report.rows;
    assert.equal(first!.name, "brightness");
    assert.ok(Math.abs(first!.recentMean! - first!.referenceMean! - 20) < 5);
    assert.match(
      report.toString(),
      /^Drift: changed: brightness \(300 images scored, 500 in the reference\)\.\n/,
    );
  });

  test("a change of one label's images alone is found there", () => {
    const cups = drawn(400, 5, { brighter: 15 }).filter(({ label }) => label === "cup");
    const bowls = drawn(800, 6).filter(({ label }) => label === "bowl");
    const report = compareRecords(drawn(800, 1), [...cups.slice(0, 60), ...bowls]);
    const changedOf = Object.fromEntries(
      report.byLabel.map(({ label, rows }) => [
        label,
        rows.filter(({ verdict }) => verdict !== "stable").map(({ name }) => name),
      ]),
    );
    assert.deepEqual(changedOf, { bowl: [], cup: ["brightness"] });
    assert.match(report.toString(), /^Drift: changed: .*\bbrightness of cup\b/u);
    assert.match(report.toString(), /^cup: brightness .* large$/mu);
    // Labels with too few images are compared only together with the others.
    assert.deepEqual(
      compareRecords(drawn(500, 1), drawn(100, 2, { cups: 0.95 })).byLabel.map(({ label }) => label),
      ["cup"],
    );
  });

  test("a change of the labels' shares is found", () => {
    const report = compareRecords(drawn(500, 1), drawn(300, 2, { cups: 0.9 }));
    assert.equal(report.rows[0]!.name, "label");
    assert.equal(report.rows[0]!.verdict, "large");
    assert.deepEqual(
      report.rows[0]!.bins.map(({ bin }) => bin),
      ["bowl", "cup"],
    );
  });

  test("too few images to tell are not called stable, but refused", () => {
    assert.throws(() => compareRecords(drawn(500, 1), drawn(19, 2)), {
      message:
        "compareRecords: recent must be of at least 20 images, got 19. Fewer say nothing about a change.",
    });
  });

  test("records without image statistics are compared by label and score", () => {
    const bare = drawn(100, 1).map(({ time, version, label, score }) => ({ time, version, label, score }));
    assert.deepEqual(
      compareRecords(bare, bare)
        .rows.map(({ name }) => name)
        .sort(),
      ["label", "score"],
    );
  });

  test("the report shows itself: a table, charts, sources", async () => {
    const report = compareRecords(drawn(100, 1), drawn(100, 2, { brighter: 60 }));
    const { "text/html": html, "text/plain": text } = await report[display]();
    assert.equal(text, report.toString());
    assert.match(String(html), /<table>.*brightness.*<svg /s);
    assert.match(String(html), /Siddiqi, Credit Risk Scorecards \(2006\)/);
  });
});

test("real images under another light, against those that the classifier learned from", async () => {
  const classifier = await loadClassifier(await writeTinyClassifier());
  const folder = await writeTinyImages(20, 5);
  const paths = tinyLabels.flatMap((label) =>
    Array.from({ length: 20 }, (_, index) => join(folder, label, `${index}.png`)),
  );
  const others = await writeTinyImages(20, 6);
  const dark = temporaryFolder();
  for (const label of tinyLabels) {
    mkdirSync(join(dark, label));
    for (let index = 0; index < 20; index++) {
      await sharp(join(others, label, `${index}.png`))
        .linear(0.4)
        .toFile(join(dark, label, `${index}.png`));
    }
  }
  const reference = await recordsOf(classifier, paths);
  const same = await recordsOf(
    classifier,
    paths.map((path) => path.replace(folder, others)),
  );
  const darker = await recordsOf(classifier, [
    ...paths.map((path) => path.replace(folder, dark)),
    join(dark, "missing.png"),
  ]);
  await classifier.dispose();
  assert.equal(reference.length, 60);
  assert.equal(darker.length, 60);
  assert.equal(compareRecords(reference, same).verdict, "stable");
  const report = compareRecords(reference, darker);
  assert.equal(report.verdict, "large");
  const brightness = report.rows.find(({ name }) => name === "brightness")!;
  assert.equal(brightness.verdict, "large");
  assert.ok(Math.abs(brightness.recentMean! / brightness.referenceMean! - 0.4) < 0.02);
});
