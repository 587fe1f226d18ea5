import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { FileError } from "../../src/errors.js";
import { readJson, writeFileAtomic } from "../../src/files.js";
import { temporaryFolder } from "../support.js";

const folder = temporaryFolder();

test("a file is created and replaced, and nothing else stays in the folder", async () => {
  const place = join(folder, "replace");
  mkdirSync(place);
  const path = join(place, "größe 漢字.json");
  await writeFileAtomic(path, "first");
  await writeFileAtomic(path, new Uint8Array([0x62, 0x79, 0x65]));
  assert.equal(readFileSync(path, "utf8"), "bye");
  assert.deepEqual(readdirSync(place), ["größe 漢字.json"]);
});

test("twenty writers at once leave one writer's content whole", async () => {
  const place = join(folder, "race");
  mkdirSync(place);
  const path = join(place, "file");
  const contents = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(100_000 + i));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  assert.ok(contents.includes(readFileSync(path, "utf8")));
  assert.deepEqual(readdirSync(place), ["file"]);
});

test("a name as long as the system allows can be written", async () => {
  const path = join(folder, "x".repeat(255));
  await writeFileAtomic(path, "long");
  assert.equal(readFileSync(path, "utf8"), "long");
});

test("a failed write names the file, leaves the old content and no temporary file", async () => {
  const place = join(folder, "failure");
  mkdirSync(join(place, "occupied"), { recursive: true });
  writeFileSync(join(place, "occupied", "kept"), "kept");
  await assert.rejects(writeFileAtomic(join(place, "occupied"), "data"), (error: unknown) => {
    assert.ok(error instanceof FileError);
    assert.ok(error.message.startsWith(`${join(place, "occupied")}: could not be written (`));
    return true;
  });
  assert.deepEqual(readdirSync(place), ["occupied"]);
  assert.deepEqual(readdirSync(join(place, "occupied")), ["kept"]);
  const missing = join(folder, "missing", "file");
  await assert.rejects(writeFileAtomic(missing, ""), {
    message: `${missing}: could not be written (no such file or folder).`,
  });
});

test("JSON is read, with or without a byte-order mark, and anything else is named", async () => {
  const path = join(folder, "a.json");
  writeFileSync(path, '\uFEFF{"a":[1]}');
  assert.deepEqual(await readJson(path), { a: [1] });
  writeFileSync(path, "{");
  await assert.rejects(readJson(path), (error: unknown) => {
    assert.ok(error instanceof FileError);
    assert.match(error.message, /a\.json: is not valid JSON \(/);
    return true;
  });
  await assert.rejects(readJson(join(folder, "none.json")), {
    message: `${join(folder, "none.json")}: could not be read (no such file or folder).`,
  });
});
