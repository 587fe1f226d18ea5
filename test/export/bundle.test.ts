import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { zipSync } from "fflate";

import { readBundle, writeBundle } from "../../src/export/bundle.js";
import { formatManifest, type BundleDescription } from "../../src/export/manifest.js";
import { temporaryFolder } from "../support.js";

const description: BundleDescription = {
  kind: "image-classifier",
  createdBy: "sightbook test",
  createdAt: "2026-01-02T03:04:05.000Z",
  labels: ["bowl", "Tässchen", "10", "9"],
  preprocessing: {
    imageSize: [224, 224],
    resizeTo: 256,
    interpolation: "bilinear",
    mean: [127, 127, 127],
    standardDeviation: [128, 128, 128],
  },
  model: { baseModel: "ResNet18" },
  weights: { requested: "none", source: "random initialisation, seed 1", licence: "none" },
  recipe: { learningRates: [0.005, 0.00005], "10": "keys like numbers", "9": 1e-7 },
  metrics: null,
};
const files = new Map([
  ["weights.safetensors", new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])],
  ["model.onnx", new Uint8Array([9, 8, 7])],
]);

const folder = temporaryFolder();
const original = join(folder, "original");
test.before(async () => {
  await writeBundle(original, description, files);
});

let copies = 0;
/** A copy of the bundle to damage. */
function copy(): string {
  const path = join(folder, `copy-${(copies += 1)}`);
  cpSync(original, path, { recursive: true });
  return path;
}

for (const place of ["folder", "file.zip"]) {
  test(`comes back as it was saved: ${place}`, async () => {
    const path = join(temporaryFolder(), "deep", place);
    await writeBundle(path, description, files);
    const bundle = await readBundle(path);
    const { schemaVersion, files: listed, ...rest } = bundle.manifest;
    assert.equal(schemaVersion, 1);
    assert.deepEqual(Object.keys(listed), ["weights.safetensors", "model.onnx"]);
    assert.deepEqual(rest, description);
    assert.deepEqual(
      [...bundle.files].map(([name, data]) => [name, [...data]]),
      [...files].map(([name, data]) => [name, [...data]]),
    );
    assert.deepEqual(readdirSync(join(path, "..")), [place]);
  });
}

for (const name of ["model.json", "weights.safetensors", "model.onnx"]) {
  test(`one changed byte is noticed: ${name}`, async () => {
    const path = copy();
    const bytes = readFileSync(join(path, name));
    const at = name === "model.json" ? bytes.indexOf("bowl") : 1;
    bytes[at]! += 1;
    writeFileSync(join(path, name), bytes);
    await assert.rejects(readBundle(path), (error: Error) => {
      assert.equal(error.name, "FileError");
      assert.ok(error.message.startsWith(`${join(path, name)}: its `), error.message);
      assert.match(error.message, /SHA-256 .* (?:model\.json says|its content gives) "?[0-9a-f]{64}/u);
      assert.match(error.message, /copy it anew or save the model again\.$/u);
      return true;
    });
  });

  test(`a cut file is noticed: ${name}`, async () => {
    const path = copy();
    const bytes = readFileSync(join(path, name));
    writeFileSync(join(path, name), bytes.subarray(0, bytes.length - 2));
    const expected =
      name === "model.json"
        ? "is not valid JSON"
        : `has ${bytes.length - 2} bytes, model.json says ${bytes.length}`;
    await assert.rejects(readBundle(path), (error: Error) =>
      error.message.startsWith(`${join(path, name)}: ${expected}`),
    );
  });

  test(`a missing file is named: ${name}`, async () => {
    const path = copy();
    rmSync(join(path, name));
    const expected =
      name === "model.json"
        ? `${path}: holds no model.json. A bundle is what a classifier's save() wrote.`
        : `${join(path, name)}: is missing from the bundle.`;
    await assert.rejects(readBundle(path), (error: Error) => error.message.startsWith(expected));
  });
}

test("a file that the bundle does not list is left alone", async () => {
  const path = copy();
  writeFileSync(join(path, ".DS_Store"), "what a desktop leaves behind");
  const { files: read } = await readBundle(path);
  assert.deepEqual([...read.keys()], [...files.keys()]);
});

test("another schema version is refused with what to do", async () => {
  for (const [version, wayOut] of [
    [2, "Update Sightbook, or save the model again with this version."],
    ["1", "Is this a Sightbook bundle?"],
  ] as const) {
    const path = copy();
    const text = readFileSync(join(path, "model.json"), "utf8");
    writeFileSync(
      join(path, "model.json"),
      text.replace('"schemaVersion": 1', `"schemaVersion": ${JSON.stringify(version)}`),
    );
    await assert.rejects(readBundle(path), {
      message: `${join(path, "model.json")}: its schemaVersion is ${JSON.stringify(version)}, this Sightbook reads 1. ${wayOut}`,
    });
  }
});

test("file names that lead elsewhere are refused", async () => {
  for (const name of ["../model.onnx", "/etc/passwd", "a/b", "..", "C:\\x", ".hidden"]) {
    const path = copy();
    writeFileSync(
      join(path, "model.json"),
      formatManifest(description, { [name]: { size: 1, sha256: "00" } }),
    );
    await assert.rejects(readBundle(path), (error: Error) =>
      error.message.includes(`its file name ${JSON.stringify(name)} is not a plain one`),
    );
  }
});

test("a zip whose entries lead out of it is refused", async () => {
  const entries = Object.fromEntries(
    readdirSync(original).map((name) => [name, readFileSync(join(original, name))]),
  );
  for (const name of ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "..\\evil.txt"]) {
    const path = join(temporaryFolder(), "evil.zip");
    writeFileSync(path, zipSync({ ...entries, [name]: new Uint8Array(1) }));
    await assert.rejects(readBundle(path), {
      message: `${path}: its entry ${JSON.stringify(name)} leads out of the archive.`,
    });
  }
});

test("a zip of the folder itself is read too", async () => {
  const path = join(temporaryFolder(), "zipped-folder.zip");
  const entries = readdirSync(original).map((name) => [`mine/${name}`, readFileSync(join(original, name))]);
  writeFileSync(path, zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>));
  assert.deepEqual((await readBundle(path)).manifest.labels, description.labels);
});

test("a cut zip and a file that is none are refused", async () => {
  const path = join(temporaryFolder(), "cut.zip");
  await writeBundle(path, description, files);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 30));
  await assert.rejects(readBundle(path), (error: Error) =>
    error.message.startsWith(`${path}: is not a whole zip file`),
  );
  writeFileSync(path, "hello");
  await assert.rejects(readBundle(path), (error: Error) =>
    error.message.startsWith(`${path}: is not a whole zip file`),
  );
});

test("a zip with a changed byte is noticed", async () => {
  const path = join(temporaryFolder(), "changed.zip");
  await writeBundle(path, description, files);
  const bytes = readFileSync(path);
  bytes.writeUInt8(99, bytes.indexOf(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])));
  writeFileSync(path, bytes);
  await assert.rejects(readBundle(path), /weights\.safetensors: its SHA-256 is/u);
});

test("a bundle is replaced, another folder is not", async () => {
  const parent = temporaryFolder();
  const path = join(parent, "bundle");
  await writeBundle(path, description, new Map([["old.bin", new Uint8Array(1)]]));
  await writeBundle(path, description, files);
  assert.deepEqual(readdirSync(path).sort(), ["model.json", "model.onnx", "weights.safetensors"]);
  assert.deepEqual(readdirSync(parent), ["bundle"]);

  const foreign = join(parent, "thesis");
  mkdirSync(foreign);
  writeFileSync(join(foreign, "chapter-1.md"), "text");
  await assert.rejects(writeBundle(foreign, description, files), {
    message: `${foreign}: is a folder with other files in it, not a bundle. Name a new folder.`,
  });
  assert.ok(existsSync(join(foreign, "chapter-1.md")));
  assert.deepEqual(readdirSync(parent).sort(), ["bundle", "thesis"]);
});

test("a place that cannot be written is named", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  await assert.rejects(writeBundle(join(file, "deep", "bundle"), description, files), {
    name: "FileError",
    message: `${join(file, "deep", "bundle")}: could not be written (a part of the path is not a folder).`,
  });
});

test("no bundle at all", async () => {
  const path = join(temporaryFolder(), "nothing");
  await assert.rejects(readBundle(path), {
    message: `${path}: no bundle can be read here (no such file or folder).`,
  });
});
