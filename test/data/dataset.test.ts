import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";

import { CancelledError } from "../../src/errors.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { compareCodePoints, sortByCodePoints } from "../../src/data/code-points.js";
import { display } from "../../src/display.js";
import { pattern } from "../images/make-images.js";
import { temporaryFolder } from "../support.js";

const jpeg = await pattern(30, 20).jpeg().toBuffer();
const png = await pattern(12, 40).png().toBuffer();

/** A folder with these files; a text is its content, `jpeg` and `png` are images. */
function folderOf(files: Readonly<Record<string, Buffer | string>>): string {
  const root = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

const ids = (dataset: ClassificationDataset): string[] => dataset.images.map(({ id }) => id);

test("a folder of labels opens with names, sizes and indices", async () => {
  const root = folderOf({ "cup/a.jpg": jpeg, "bowl/b.png": png, "cup/c.png": jpeg });
  const dataset = await ClassificationDataset.fromDirectory(root);
  assert.equal(dataset.root, root);
  assert.deepEqual(dataset.labels, ["bowl", "cup"]);
  assert.equal(dataset.size, 3);
  assert.deepEqual([...dataset.labelIndices], [0, 1, 1]);
  assert.deepEqual(dataset.problems, []);
  assert.deepEqual(dataset.images[0], {
    id: "bowl/b.png",
    name: "b.png",
    path: join(root, "bowl", "b.png"),
    labels: ["bowl"],
    width: 12,
    height: 40,
    format: "png",
    fileSize: png.length,
  });
  assert.equal(dataset.images[2]!.format, "jpeg", "the content counts, not the extension");
  assert.ok(
    Object.isFrozen(dataset.images) && Object.isFrozen(dataset.images[0]) && Object.isFrozen(dataset.labels),
  );
});

test("hidden, foreign, nested, unlabelled and empty follow the rules", async () => {
  const root = folderOf({
    "cup/deep/deeper/a.jpg": jpeg,
    "cup/no-extension": jpeg,
    "cup/notes.txt": "hello",
    "cup/README": "a text without extension",
    "cup/Thumbs.db": "x",
    "cup/.hidden.jpg": jpeg,
    "cup/.git/b.jpg": jpeg,
    "cup/._a.jpg": "AppleDouble",
    "__MACOSX/cup/a.jpg": jpeg,
    ".ipynb_checkpoints/a.jpg": jpeg,
    "bowl/b.PNG": png,
    "empty/.gitkeep": "",
    "texts/notes.txt": "no image here",
    "stray.jpg": jpeg,
    "readme.md": "hello",
    "cup/broken.jpg": "not an image",
    "cup/nothing.png": "",
    "cup/half.jpg": jpeg.subarray(0, 400),
    "spoiled/only.jpg": "not an image",
  });
  const dataset = await ClassificationDataset.fromDirectory(root);
  assert.deepEqual(dataset.labels, ["bowl", "cup"]);
  assert.deepEqual(ids(dataset), ["bowl/b.PNG", "cup/deep/deeper/a.jpg", "cup/no-extension"]);
  const at = (...parts: string[]): string => join(root, ...parts);
  assert.deepEqual(dataset.problems, [
    {
      path: at("cup", "broken.jpg"),
      kind: "unreadable",
      message: `${at("cup", "broken.jpg")}: the file is not an image but text. Replace it by the image, or delete it.`,
    },
    {
      path: at("cup", "half.jpg"),
      kind: "truncated",
      message: `${at("cup", "half.jpg")}: the JPEG image is cut off before its end. Copy it again from its source, or delete it.`,
    },
    {
      path: at("cup", "nothing.png"),
      kind: "empty",
      message: `${at("cup", "nothing.png")}: the file is empty. Copy it again from its source, or delete it.`,
    },
    ...["empty", "spoiled"].map((name) => ({
      path: at(name),
      kind: "emptyLabel",
      message: `${at(name)}: the folder holds no usable image and so is no label. Put images into it, or delete it.`,
    })),
    {
      path: at("spoiled", "only.jpg"),
      kind: "unreadable",
      message: `${at("spoiled", "only.jpg")}: the file is not an image but text. Replace it by the image, or delete it.`,
    },
    {
      path: at("stray.jpg"),
      kind: "unlabelled",
      message: `${at("stray.jpg")}: the image lies in no label's folder. Move it into the folder of its label.`,
    },
    {
      path: at("texts"),
      kind: "emptyLabel",
      message: `${at("texts")}: the folder holds no usable image and so is no label. Put images into it, or delete it.`,
    },
  ]);
  assert.equal(dataset.describe().ignoredFiles, 4); // notes.txt twice, README, readme.md
});

test("links are followed, circles end, and each real folder is read once", async () => {
  const root = folderOf({ "cup/a.jpg": jpeg, "z-real/b.jpg": jpeg });
  const elsewhere = folderOf({ "c.jpg": jpeg });
  symlinkSync(root, join(root, "cup", "circle"));
  symlinkSync(join(root, "z-real"), join(root, "a-link")); // before its target in order, yet the target keeps its images
  symlinkSync(elsewhere, join(root, "linked"));
  symlinkSync(join(elsewhere, "c.jpg"), join(root, "cup", "linked.jpg"));
  symlinkSync(join(root, "nowhere.jpg"), join(root, "cup", "lost.jpg"));
  const dataset = await ClassificationDataset.fromDirectory(root);
  assert.deepEqual(ids(dataset), ["cup/a.jpg", "cup/linked.jpg", "linked/c.jpg", "z-real/b.jpg"]);
  assert.deepEqual(
    dataset.problems.map(({ path, kind }) => [path, kind]),
    [[join(root, "cup", "lost.jpg"), "unreadable"]],
  );
});

test("any Unicode path: labels and ids in composed form, order by code points", async () => {
  const root = folderOf({
    "Teller groß/ü.jpg": jpeg,
    "e\u0301tui/1.jpg": jpeg, // decomposed, as older macOS writes
    "漢字/碗.png": png,
    "😀/\u{1F375}.jpg": jpeg,
    "\uFF21/a.jpg": jpeg, // a full-width letter: before the emoji by code point, after it by UTF-16 unit
    'a\'b "c" & <d>/x y.jpg': jpeg,
    "Zebra/10.jpg": jpeg,
    "Zebra/9.jpg": jpeg,
    "apple/1.jpg": jpeg,
  });
  const dataset = await ClassificationDataset.fromDirectory(root);
  assert.deepEqual(dataset.labels, [
    "Teller groß",
    "Zebra",
    'a\'b "c" & <d>',
    "apple",
    "\u00e9tui",
    "漢字",
    "\uFF21",
    "😀",
  ]);
  assert.equal(dataset.size, 9);
  assert.ok(ids(dataset).includes("\u00e9tui/1.jpg"));
  assert.deepEqual(ids(dataset).slice(1, 3), ["Zebra/10.jpg", "Zebra/9.jpg"]);
  assert.equal(dataset.images[0]!.name, "ü.jpg");
});

test("code points order like code points, also beyond the first plane", () => {
  const texts = ["\uFF21", "😀", "b", "a", "ab", "", "\uE000", "\u{10FFFF}", "Z"];
  const byNumbers = [...texts].sort((a, b) => {
    const [x, y] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0)!));
    for (let i = 0; i < Math.min(x!.length, y!.length); i++) if (x![i] !== y![i]) return x![i]! - y![i]!;
    return x!.length - y!.length;
  });
  assert.deepEqual([...texts].sort(compareCodePoints), byNumbers);
  assert.deepEqual(
    sortByCodePoints(texts, (text) => text),
    byNumbers,
  );
  assert.deepEqual(
    sortByCodePoints(["b", "a", "B"], (text) => text),
    ["B", "a", "b"],
  );
});

test("a folder that is absent, a file, empty, or flat is refused", async () => {
  const root = folderOf({ "flat/a.jpg": jpeg, "none/.keep": "", "bad/x/a.jpg": "text", "file.jpg": jpeg });
  const refusals: [string, string][] = [
    ["missing", "there is no such folder. Give the folder that holds one folder of images per label."],
    ["file.jpg", "is a file and not a folder. Give the folder that holds one folder of images per label."],
    ["flat", "its images lie directly in it. Put them into one folder per label."],
    ["none", "holds no folder with usable images. Put images into one folder per label."],
    [
      "bad",
      `holds no folder with usable images. The first problem: ${join(root, "bad", "x", "a.jpg")}: the file is not an image but text. Replace it by the image, or delete it.`,
    ],
  ];
  for (const [name, sentence] of refusals) {
    await assert.rejects(ClassificationDataset.fromDirectory(join(root, name)), {
      name: "FileError",
      message: `${join(root, name)}: ${sentence}`,
    });
  }
});

test("one label alone opens: a classifier says what it needs", async () => {
  const dataset = await ClassificationDataset.fromDirectory(folderOf({ "cup/a.jpg": jpeg }));
  assert.deepEqual(dataset.labels, ["cup"]);
});

test("given labels fix the indices where a folder lacks some, and name what is not among them", async () => {
  const root = folderOf({ "cup/a.jpg": jpeg, "tree/b.jpg": jpeg });
  const dataset = await ClassificationDataset.fromDirectory(root, { labels: ["plate", "cup", "bowl"] });
  assert.deepEqual(dataset.labels, ["plate", "cup", "bowl"]);
  assert.deepEqual([...dataset.labelIndices], [1]);
  const path = join(root, "tree", "b.jpg");
  assert.deepEqual(dataset.problems, [
    {
      path,
      kind: "unknownLabel",
      message: `${path}: its label "tree" is not among the labels asked for. Add it to the labels option, or move the image.`,
    },
  ]);
  await assert.rejects(ClassificationDataset.fromDirectory(root, { labels: ["a", "a"] }), {
    message: "ClassificationDataset: labels must be one or more different names, got [ 'a', 'a' ].",
  });
});

test("damage in the middle is found by decoding: at once in a small folder, by check or training in others", async () => {
  const damaged = Buffer.from(png);
  damaged.fill(7, png.length >> 1, (png.length >> 1) + 20);
  const root = folderOf({ "cup/a.png": png, "cup/damaged.png": damaged });
  const path = join(root, "cup", "damaged.png");
  const message = `${path}: the PNG image is damaged. Copy it again from its source, or delete it.`;
  const problem = { path, kind: "unreadable" as const, message };

  assert.deepEqual((await ClassificationDataset.fromDirectory(root)).problems, [problem]);
  assert.deepEqual((await ClassificationDataset.fromDirectory(root, { check: "decode" })).problems, [
    problem,
  ]);

  const unchecked = await ClassificationDataset.fromDirectory(root, { check: "headers" });
  assert.equal(unchecked.size, 2);
  const before = unchecked.images;
  const changes: unknown[] = [];
  unchecked.onChange((change) => changes.push(change));
  const progress: string[] = [];
  const found = await unchecked.check({
    onProgress: ({ phase, done, total }) => progress.push(`${phase} ${done}/${total}`),
  });
  assert.deepEqual(progress, ["decode 1/2", "decode 2/2"]);
  assert.deepEqual(found, [problem]);
  assert.deepEqual(unchecked.problems, [problem]);
  assert.deepEqual(ids(unchecked), ["cup/a.png"]);
  assert.equal(before.length, 2, "what was taken before stays as it was");
  assert.deepEqual(changes, [{ kind: "problem", ids: ["cup/damaged.png"] }]);

  const training = await ClassificationDataset.fromDirectory(root, { check: "headers" });
  const everything = training.filter(() => true);
  everything.addProblem(problem);
  everything.addProblem(problem);
  assert.deepEqual(training.problems, [problem]);
  assert.equal(training.size, 1);
  assert.equal(everything.size, 1);
});

test("truncated images are found without decoding, in a folder of any size", async () => {
  const root = folderOf({ "cup/a.jpg": jpeg, "cup/half.jpg": jpeg.subarray(0, jpeg.length >> 1) });
  const dataset = await ClassificationDataset.fromDirectory(root, { check: "headers" });
  assert.deepEqual(
    dataset.problems.map(({ kind }) => kind),
    ["truncated"],
  );
});

test("opening and checking can be cancelled and show progress", async () => {
  const root = folderOf(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`cup/${i}.jpg`, jpeg])));
  const progress: string[] = [];
  await ClassificationDataset.fromDirectory(root, {
    onProgress: ({ phase, done, total }) => {
      if (done === total) progress.push(`${phase} ${total}`);
    },
  });
  assert.deepEqual(progress, ["headers 30", "decode 30"]);
  const controller = new AbortController();
  const opening = ClassificationDataset.fromDirectory(root, {
    signal: controller.signal,
    onProgress: ({ phase }) => {
      if (phase === "decode") controller.abort();
    },
  });
  await assert.rejects(opening, new CancelledError("Reading the images was cancelled."));
});

test("split, subset and filter share images, labels and problems", async () => {
  const files: Record<string, Buffer> = {};
  for (const [label, count] of [
    ["bowl", 5],
    ["cup", 19],
    ["cutlery", 7],
    ["plate", 32],
  ] as const) {
    for (let i = 0; i < count; i++) files[`${label}/${i}.jpg`] = jpeg;
  }
  const dataset = await ClassificationDataset.fromDirectory(folderOf({ ...files, "empty/.keep": "" }));
  const [train, testSet] = dataset.split({ trainSize: 0.66, stratify: "label", seed: 1 });
  assert.deepEqual([train.size, testSet.size], [41, 22]);
  assert.deepEqual(train.describe().labels, { bowl: 3, cup: 12, cutlery: 5, plate: 21 });
  assert.deepEqual(testSet.describe().labels, { bowl: 2, cup: 7, cutlery: 2, plate: 11 });
  assert.deepEqual([...ids(train), ...ids(testSet)].sort(compareCodePoints), ids(dataset));
  assert.deepEqual(ids(train), [...ids(train)].sort(compareCodePoints), "the order is kept");
  assert.deepEqual(train.problems, dataset.problems);
  assert.deepEqual(ids(dataset.split({ trainSize: 0.66, seed: 1 })[0]), ids(train));
  assert.notDeepEqual(ids(dataset.split({ trainSize: 0.66, seed: 2 })[0]), ids(train));

  const bowls = dataset.filter(({ labels }) => labels[0] === "bowl");
  assert.equal(bowls.size, 5);
  assert.deepEqual(bowls.labels, dataset.labels, "all labels stay");
  assert.deepEqual(ids(dataset.subset([7, 0])), ["cup/10.jpg", "bowl/0.jpg"]);
  assert.throws(() => dataset.subset([63]), {
    message: "ClassificationDataset.subset: indices must be indices from 0 to 62, got 63.",
  });
  assert.throws(() => dataset.subset([1, 1]), {
    message: "ClassificationDataset.subset: indices must be different indices, got 1.",
  });
  const [a, b] = dataset.split({ trainSize: 0.5, groupBy: ({ name }) => name });
  const names = new Set(a.images.map(({ name }) => name));
  assert.ok(b.images.every(({ name }) => !names.has(name)));
});

test("a description is plain numbers, a text table and an HTML table", async () => {
  const root = folderOf({
    "<cup>/a.jpg": jpeg,
    "<cup>/b.png": png,
    "bowl/c.jpg": jpeg,
    "bowl/x.jpg": "text",
  });
  const dataset = await ClassificationDataset.fromDirectory(root);
  const description = dataset.describe();
  assert.deepEqual(JSON.parse(JSON.stringify(description)), {
    root,
    images: 3,
    labels: { "<cup>": 2, bowl: 1 },
    width: { minimum: 12, median: 30, maximum: 30 },
    height: { minimum: 20, median: 20, maximum: 40 },
    fileSize: {
      minimum: Math.min(jpeg.length, png.length),
      median: jpeg.length,
      maximum: Math.max(jpeg.length, png.length),
    },
    formats: { jpeg: 2, png: 1 },
    problems: JSON.parse(JSON.stringify(dataset.problems)) as unknown,
    excluded: 0,
    ignoredFiles: 0,
  });
  const kilobytes = (png.length / 1000).toPrecision(3);
  assert.equal(display, Symbol.for("Jupyter.display"));
  const text = [
    `3 images, 2 labels in ${root}`,
    "  <cup>  2   66.7 %",
    "  bowl   1   33.3 %",
    "width: 12 px to 30 px, median 30 px",
    "height: 20 px to 40 px, median 20 px",
    `file size: ${jpeg.length} B to ${kilobytes} kB, median ${jpeg.length} B`,
    "formats: 2 jpeg, 1 png",
    "1 problem, left out: 1 unreadable",
    `  ${join(root, "bowl", "x.jpg")}: the file is not an image but text. Replace it by the image, or delete it.`,
  ].join("\n");
  assert.equal(String(description), text);
  const bundle = description[display]();
  assert.equal(bundle["text/plain"], text);
  assert.match(bundle["text/html"] as string, /<td style="text-align:left">&lt;cup&gt;<\/td><td>2<\/td>/);
  assert.doesNotMatch(bundle["text/html"] as string, /<cup>/);
});

test("records named by hand make a dataset of their own", async () => {
  const root = folderOf({ "a.jpg": jpeg, "b.png": png, "c.jpg": "text" });
  const at = (name: string): string => join(root, name);
  const dataset = await ClassificationDataset.fromRecords([
    { path: at("b.png"), labels: ["cup", "blue"], id: "second" },
    { path: at("a.jpg"), labels: ["bowl"], augmentedFrom: "original" },
    { path: at("c.jpg"), labels: ["bowl"] },
  ]);
  assert.equal(dataset.root, undefined);
  assert.deepEqual(dataset.labels, ["blue", "bowl", "cup"]);
  assert.deepEqual(ids(dataset), ["second", at("a.jpg")]);
  assert.deepEqual([...dataset.labelIndices], [2, 1]);
  assert.equal(dataset.images[1]!.augmentedFrom, "original");
  assert.deepEqual(
    dataset.problems.map(({ kind }) => kind),
    ["unreadable"],
  );
  await assert.rejects(ClassificationDataset.fromRecords([]), { name: "ArgumentError" });
  await assert.rejects(ClassificationDataset.fromRecords([{ path: "x", labels: [] }]), {
    message: "ClassificationDataset.fromRecords: records[0].labels must be one label or more, got [].",
  });
  const twice = { path: at("a.jpg"), labels: ["a"] };
  await assert.rejects(ClassificationDataset.fromRecords([twice, twice]), {
    message: `ClassificationDataset.fromRecords: records must be records with different ids, got ${JSON.stringify(at("a.jpg"))}. Give each its own id.`,
  });
});
