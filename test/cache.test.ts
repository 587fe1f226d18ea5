import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { cacheFolder } from "../src/cache.js";

const names = ["SIGHTBOOK_CACHE", "XDG_CACHE_HOME"] as const;
let before: (string | undefined)[];

beforeEach(() => {
  before = names.map((name) => process.env[name]);
  for (const name of names) Reflect.deleteProperty(process.env, name);
});
afterEach(() => {
  names.forEach((name, i) => {
    const value = before[i];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  });
});

test("SIGHTBOOK_CACHE is the cache folder itself", () => {
  process.env["SIGHTBOOK_CACHE"] = join("somewhere", "else");
  assert.equal(cacheFolder("weights", "a.bin"), join("somewhere", "else", "weights", "a.bin"));
});

test(
  "the platform's cache folder holds a folder of ours",
  { skip: process.platform !== "linux" && "Linux paths" },
  () => {
    assert.equal(cacheFolder(), join(homedir(), ".cache", "sightbook"));
    process.env["XDG_CACHE_HOME"] = "/xdg";
    assert.equal(cacheFolder("engine"), "/xdg/sightbook/engine");
  },
);
