import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { loadClassifier } from "../../src/classifiers/index.js";
import { readRecords, recordsOf } from "../../src/monitoring/index.js";
import { startScoringServer } from "../../src/serving/index.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";
import { postJson } from "./requests.js";

const bundle = await writeTinyClassifier();
const folder = await writeTinyImages(4, 9);
const paths = ["blue", "green", "red"].flatMap((label) =>
  [0, 1, 2, 3].map((index) => join(folder, label, `${index}.png`)),
);
const files = paths.map((path) => readFileSync(path));

async function scoreAll(url: string): Promise<void> {
  for (const file of files) {
    const { status } = await postJson(`${url}/score`, [{ image_in_base64: file.toString("base64") }]);
    assert.equal(status, 200);
  }
}

test("records what it answers, the same as the classifier itself would, and no image", async () => {
  const records = join(temporaryFolder(), "records");
  const server = await startScoringServer({ bundle, workers: 1, record: { folder: records } });
  await scoreAll(server.url);
  // One that cannot be read is no score.
  await postJson(`${server.url}/score`, [{ image_in_base64: "aGVsbG8=" }]);
  await server.close();
  const recorded = await readRecords(records);
  const classifier = await loadClassifier(bundle);
  const expected = await recordsOf(classifier, paths);
  await classifier.dispose();
  assert.equal(recorded.length, 12);
  for (const [index, { label, score, statistics, version, image }] of recorded.entries()) {
    assert.equal(label, expected[index]!.label);
    assert.ok(Math.abs(score - expected[index]!.score) < 1e-5);
    assert.equal(version, server.version);
    assert.equal(image, undefined);
    // The same pixels reach the network here and there.
    assert.deepEqual(statistics, expected[index]!.statistics);
  }
  assert.ok(!existsSync(join(records, "images")));
});

test("keeps images where asked, as they came", async () => {
  const records = join(temporaryFolder(), "records");
  const server = await startScoringServer({
    bundle,
    workers: 1,
    record: { folder: records, keepImages: 0.5 },
  });
  await scoreAll(server.url);
  await server.close();
  const kept = (await readRecords(records)).flatMap(({ image }) => (image === undefined ? [] : [image]));
  assert.equal(kept.length, 6);
  assert.deepEqual(readdirSync(join(records, "images")).sort(), [...kept].sort());
  const first = readFileSync(join(records, "images", kept[0]!));
  assert.ok(files.some((file) => file.equals(first)));
});

test("a disk that fails costs records and no answer", async () => {
  const records = join(temporaryFolder(), "records");
  const server = await startScoringServer({ bundle, workers: 1, record: { folder: records } });
  rmSync(records, { recursive: true });
  writeFileSync(records, "in the way");
  await scoreAll(server.url);
  await server.close();
});

test("a server that could not record does not start", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  await assert.rejects(startScoringServer({ bundle, record: { folder: file } }), { name: "FileError" });
});
