import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { ClassificationDataset, type DatasetChange } from "../../src/data/index.js";
import { pattern } from "../images/make-images.js";
import { temporaryFolder } from "../support.js";

const jpeg = await pattern(30, 20).jpeg().toBuffer();

function sampleFolder(): string {
  const root = temporaryFolder();
  for (const label of ["bowl", "cup"]) {
    mkdirSync(join(root, label));
    for (let i = 0; i < 4; i++) writeFileSync(join(root, label, `${i}.jpg`), jpeg);
  }
  return root;
}

const open = (root: string): Promise<ClassificationDataset> => ClassificationDataset.fromDirectory(root);
const labelsOf = (dataset: ClassificationDataset, id: string): readonly string[] | undefined =>
  dataset.images.find((image) => image.id === id)?.labels;
const editsFile = (root: string): unknown =>
  JSON.parse(readFileSync(join(root, "sightbook.labels.json"), "utf8"));

test("edits show at once, last, and leave the images alone", async () => {
  const root = sampleFolder();
  const dataset = await open(root);
  await dataset.addLabel("plate");
  await dataset.setLabels("cup/0.jpg", ["plate", "cup"]);
  await dataset.exclude("bowl/1.jpg");
  assert.deepEqual(dataset.labels, ["bowl", "cup", "plate"]);
  assert.deepEqual(labelsOf(dataset, "cup/0.jpg"), ["plate", "cup"]);
  assert.equal(dataset.size, 7);
  assert.deepEqual([...dataset.labelIndices], [0, 0, 0, 2, 1, 1, 1]);
  assert.deepEqual(
    dataset.excluded.map(({ id }) => id),
    ["bowl/1.jpg"],
  );
  assert.equal(dataset.describe().excluded, 1);

  const reopened = await open(root);
  assert.deepEqual(reopened.images, dataset.images);
  assert.deepEqual(reopened.labels, dataset.labels);
  assert.deepEqual(readdirSync(root).sort(), ["bowl", "cup", "sightbook.labels.json"]);
  assert.deepEqual(readdirSync(join(root, "cup")), ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]);

  await reopened.restore("bowl/1.jpg");
  assert.equal(reopened.size, 8);
  assert.deepEqual((editsFile(root) as { edits: unknown }).edits, {
    "cup/0.jpg": { labels: ["plate", "cup"] },
  });
});

test("every edit can be undone and redone, also after reopening", async () => {
  const root = sampleFolder();
  const dataset = await open(root);
  const original = dataset.images;
  const states: unknown[] = [[dataset.labels, dataset.images]];
  const edits = [
    () => dataset.addLabel("plate"),
    () => dataset.setLabels("cup/0.jpg", ["plate"]),
    () => dataset.exclude("cup/0.jpg"),
    () => dataset.setLabels("cup/1.jpg", ["bowl"]),
    () => dataset.restore("cup/0.jpg"),
    () => dataset.setLabels("cup/0.jpg", ["cup"]),
  ];
  for (const edit of edits) {
    await edit();
    states.push([dataset.labels, dataset.images]);
  }
  const reopened = await open(root);
  for (let i = states.length - 2; i >= 0; i--) {
    assert.equal(reopened.canUndo, true);
    assert.equal(await reopened.undo(), true);
    assert.deepEqual([reopened.labels, reopened.images], states[i], `undone to state ${i}`);
  }
  assert.deepEqual(reopened.images, original);
  assert.equal(reopened.canUndo, false);
  assert.equal(await reopened.undo(), false);
  const again = await open(root);
  for (let i = 1; i < states.length; i++) {
    assert.equal(await again.redo(), true);
    assert.deepEqual([again.labels, again.images], states[i], `redone to state ${i}`);
  }
  assert.equal(await again.redo(), false);
  await again.undo();
  assert.equal(again.canRedo, true);
  await again.exclude("bowl/0.jpg");
  assert.equal(again.canRedo, false, "a new edit ends what could be redone");
});

test("many images change in one step, which is undone and redone whole", async () => {
  const root = sampleFolder();
  const dataset = await open(root);
  const cups = ["cup/0.jpg", "cup/1.jpg", "cup/2.jpg"];
  const changes: DatasetChange[] = [];
  dataset.onChange((change) => changes.push(change));
  await dataset.setLabels(cups, ["bowl"]);
  await dataset.setLabels(["cup/0.jpg", "cup/3.jpg"], ({ labels }) => [...labels, "cup"]);
  await dataset.exclude(["bowl/0.jpg", "cup/0.jpg", "bowl/0.jpg"]);
  assert.deepEqual(labelsOf(dataset, "cup/1.jpg"), ["bowl"]);
  assert.deepEqual(labelsOf(dataset, "cup/3.jpg"), ["cup"], "it had the label already");
  assert.equal(dataset.size, 6);
  assert.deepEqual(
    changes.map(({ ids }) => ids),
    [cups, ["cup/0.jpg"], ["bowl/0.jpg", "cup/0.jpg"]],
    "images that stay as they are take no part",
  );
  const edited = dataset.images;
  const reopened = await open(root);
  assert.deepEqual(reopened.images, edited);
  for (let i = 0; i < 3; i++) await reopened.undo();
  assert.equal(reopened.canUndo, false);
  assert.deepEqual(reopened.labelIndices, Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1));
  for (let i = 0; i < 3; i++) await reopened.redo();
  assert.deepEqual(reopened.images, edited);
  await assert.rejects(dataset.exclude(["cup/1.jpg", "cup/9.jpg"]), { name: "ArgumentError" });
  assert.equal(dataset.size, 6, "a step that cannot be taken whole is not taken");
});

test("a file of version 1 is read with its steps, and written as version 2", async () => {
  const root = sampleFolder();
  const edit = { labels: ["plate"] };
  const step = { id: "cup/0.jpg", before: null, after: edit };
  const old = {
    version: 1,
    addedLabels: ["plate"],
    edits: { "cup/0.jpg": edit },
    undo: [{ addedLabel: "plate" }, step],
    redo: [],
  };
  writeFileSync(join(root, "sightbook.labels.json"), JSON.stringify(old));
  const dataset = await open(root);
  assert.deepEqual(labelsOf(dataset, "cup/0.jpg"), ["plate"]);
  await dataset.undo();
  assert.deepEqual(editsFile(root), {
    version: 2,
    addedLabels: ["plate"],
    edits: {},
    undo: [{ addedLabel: "plate" }],
    redo: [{ images: [step] }],
  });
  await dataset.redo();
  assert.deepEqual(labelsOf(await open(root), "cup/0.jpg"), ["plate"]);
});

test("undo keeps a hundred thousand changes of images, and the last step in any case", async () => {
  const root = sampleFolder();
  const records = Array.from({ length: 60_000 }, (_, i) => ({
    path: join(root, "cup", "0.jpg"),
    labels: ["cup"],
    id: String(i),
  }));
  const dataset = await ClassificationDataset.fromRecords(records, { check: "headers" });
  const ids = records.map(({ id }) => id);
  await dataset.exclude(ids);
  await dataset.restore(ids);
  assert.equal(dataset.size, 60_000);
  assert.equal(await dataset.undo(), true);
  assert.equal(dataset.size, 0);
  assert.equal(dataset.canUndo, false, "the first step is beyond the limit");
});

test("the entries are all files in order, with what was done to them and what is wrong", async () => {
  const root = sampleFolder();
  writeFileSync(join(root, "cup", "1.jpg"), jpeg.subarray(0, jpeg.length / 2));
  writeFileSync(join(root, "bowl", "9.jpg"), "");
  writeFileSync(join(root, "stray.jpg"), jpeg);
  const dataset = await open(root);
  await dataset.setLabels("bowl/0.jpg", ["cup"]);
  await dataset.exclude("bowl/3.jpg");
  const states = dataset.entries.map(({ id, labels, edited, excluded, problem, image }) => [
    id,
    labels.join(" "),
    edited ? "edited" : excluded ? "excluded" : (problem?.kind ?? ""),
    image === undefined ? "unread" : `${image.width} x ${image.height}`,
  ]);
  assert.deepEqual(states, [
    ["bowl/0.jpg", "cup", "edited", "30 x 20"],
    ["bowl/1.jpg", "bowl", "", "30 x 20"],
    ["bowl/2.jpg", "bowl", "", "30 x 20"],
    ["bowl/3.jpg", "bowl", "excluded", "30 x 20"],
    ["bowl/9.jpg", "bowl", "empty", "unread"],
    ["cup/0.jpg", "cup", "", "30 x 20"],
    ["cup/1.jpg", "cup", "truncated", "30 x 20"],
    ["cup/2.jpg", "cup", "", "30 x 20"],
    ["cup/3.jpg", "cup", "", "30 x 20"],
    ["stray.jpg", "", "unlabelled", "30 x 20"],
  ]);
  assert.equal(dataset.size, 6);
  const [train] = dataset.split({ trainSize: 0.5 });
  assert.equal(train.entries.length, 3, "a split has its images only");
});

test("an edit that changes nothing is no step", async () => {
  const dataset = await open(sampleFolder());
  await dataset.setLabels("cup/0.jpg", ["cup"]);
  await dataset.restore("cup/0.jpg");
  await dataset.addLabel("cup");
  assert.equal(dataset.canUndo, false);
});

test("edits made on a split, a subset or the whole are seen by all, and listeners hear of them", async () => {
  const dataset = await open(sampleFolder());
  const [train, testSet] = dataset.split({ trainSize: 0.5 });
  const changes: DatasetChange[] = [];
  const stop = testSet.onChange((change) => changes.push(change));
  const { id } = train.images[0]!;
  assert.equal(labelsOf(train, id)![0], "bowl");
  await train.setLabels(id, ["cup"]);
  assert.deepEqual(labelsOf(dataset, id), ["cup"]);
  await dataset.exclude(id);
  assert.deepEqual([dataset.size, train.size, testSet.size], [7, 3, 4]);
  await dataset.addLabel("plate");
  assert.deepEqual(testSet.labels, ["bowl", "cup", "plate"]);
  stop();
  await dataset.restore(id);
  assert.deepEqual(changes, [
    { kind: "edit", ids: [id] },
    { kind: "edit", ids: [id] },
    { kind: "label", ids: [] },
  ]);
});

test("a thousand edits at once all arrive, in few writes", async () => {
  const root = sampleFolder();
  const dataset = await open(root);
  const work: Promise<void>[] = [];
  for (let i = 0; i < 1000; i++) {
    const image = `cup/${i % 4}.jpg`;
    work.push(dataset.setLabels(image, [Math.floor(i / 4) % 2 === 0 ? "bowl" : "cup"]));
  }
  work.push(dataset.setLabels("cup/2.jpg", ["bowl"]));
  await Promise.all(work);
  assert.deepEqual((await open(root)).images, dataset.images);
  assert.deepEqual(labelsOf(dataset, "cup/2.jpg"), ["bowl"]);
  assert.deepEqual(labelsOf(dataset, "cup/1.jpg"), ["cup"]);
});

test("two notebooks on one folder keep each other's edits", async () => {
  const root = sampleFolder();
  const [one, two] = [await open(root), await open(root)];
  await one.exclude("cup/0.jpg");
  await two.setLabels("cup/1.jpg", ["bowl"]);
  await two.addLabel("plate");
  await one.setLabels("cup/2.jpg", ["bowl"]);
  const reopened = await open(root);
  assert.equal(reopened.size, 7);
  assert.deepEqual(labelsOf(reopened, "cup/1.jpg"), ["bowl"]);
  assert.deepEqual(labelsOf(reopened, "cup/2.jpg"), ["bowl"]);
  assert.deepEqual(reopened.labels, ["bowl", "cup", "plate"]);
  assert.deepEqual(one.images, reopened.images, "what the other did shows with one's own next edit");
});

test("what cannot be an edit is refused", async () => {
  const dataset = await open(sampleFolder());
  await assert.rejects(dataset.setLabels("cup/9.jpg", ["cup"]), {
    message:
      'ClassificationDataset.setLabels: id must be the id of an image of this dataset, got "cup/9.jpg". Take it from images[i].id.',
  });
  await assert.rejects(dataset.setLabels("cup/0.jpg", []), {
    message:
      "ClassificationDataset.setLabels: labels must be one label or more, got []. Use exclude to leave the image out.",
  });
  await assert.rejects(dataset.setLabels("cup/0.jpg", ["fork"]), {
    message:
      'ClassificationDataset.setLabels: labels must be labels of this dataset, got "fork". Add a new one with addLabel first.',
  });
  await assert.rejects(dataset.addLabel("  "), {
    message: 'ClassificationDataset.addLabel: name must be a name, got "  ".',
  });
  assert.equal(dataset.canUndo, false);
});

const brokenFiles: readonly { content: string; sentence: RegExp }[] = [
  { content: '{"version": 1, "addedL', sentence: /is not valid JSON \(.*\)\.$/ },
  {
    content: "[]",
    sentence: /is not an object of label edits\. Mend it or move it away; it was left as it is\.$/,
  },
  { content: '{"version": 3}', sentence: /has version 3, and only versions 1 and 2 are known\./ },
  {
    content: '{"version":1,"addedLabels":[3],"edits":{}}',
    sentence: /its addedLabels is not a list of label names\./,
  },
  {
    content: '{"version":1,"addedLabels":[],"edits":{"cup/0.jpg":{"labels":"cup"}}}',
    sentence: /its edit of "cup\/0\.jpg" is not understood\./,
  },
];

for (const { content, sentence } of brokenFiles) {
  test(`an edits file that is not understood is named and never overwritten: ${content}`, async () => {
    const root = sampleFolder();
    const dataset = await open(root);
    const path = join(root, "sightbook.labels.json");
    writeFileSync(path, content);
    await assert.rejects(open(root), { name: "FileError", message: sentence });
    await assert.rejects(dataset.exclude("cup/0.jpg"), { name: "FileError", message: sentence });
    assert.equal(readFileSync(path, "utf8"), content);
    // The edit stays in memory and is written once the file is out of the way.
    assert.equal(dataset.size, 7);
    writeFileSync(path, '{"version":1,"addedLabels":[],"edits":{}}');
    await dataset.exclude("cup/1.jpg");
    assert.equal((await open(root)).size, 6);
  });
}

test("a dataset of single records is edited in memory", async () => {
  const root = sampleFolder();
  const dataset = await ClassificationDataset.fromRecords([
    { path: join(root, "cup", "0.jpg"), labels: ["cup"], id: "0" },
    { path: join(root, "bowl", "0.jpg"), labels: ["bowl"], id: "1" },
  ]);
  await dataset.setLabels("0", ["bowl"]);
  assert.deepEqual([...dataset.labelIndices], [0, 0]);
  await dataset.undo();
  assert.deepEqual([...dataset.labelIndices], [1, 0]);
  assert.deepEqual(readdirSync(root).sort(), ["bowl", "cup"]);
});
