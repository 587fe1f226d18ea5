import assert from "node:assert/strict";
import test from "node:test";

import { isAuthorized } from "../../src/serving/keys.js";
import { newKey } from "../../src/serving/index.js";

const [primary, secondary] = [newKey(), newKey()];
const digests = [primary.digest, secondary.digest];

test("a key is 256 random bits, and a digest says nothing of it", () => {
  const keys = Array.from({ length: 100 }, newKey);
  assert.equal(new Set(keys.map(({ key }) => key)).size, 100);
  for (const { key, digest } of keys) {
    assert.equal(Buffer.from(key, "base64url").length, 32);
    assert.match(digest, /^[0-9a-f]{64}$/u);
  }
});

for (const [what, header, expected] of [
  ["the primary key", `Bearer ${primary.key}`, true],
  ["the secondary key", `bearer  ${secondary.key} `, true],
  ["no header", undefined, false],
  ["no key", "Bearer ", false],
  ["another scheme", `Basic ${primary.key}`, false],
  ["a digest in place of the key", `Bearer ${primary.digest}`, false],
  ["a key that lacks its end", `Bearer ${primary.key.slice(0, -1)}`, false],
  ["a key with more at its end", `Bearer ${primary.key}A`, false],
  ["both keys at once", `Bearer ${primary.key} ${secondary.key}`, false],
] as const) {
  test(`${expected ? "takes" : "refuses"} ${what}`, () => {
    assert.equal(isAuthorized(header, digests), expected);
  });
}

test("the time to refuse a wrong key says nothing about the right ones", () => {
  const wrong = {
    "nothing right": `Bearer ${"x".repeat(43)}`,
    "right but for its last letter": `Bearer ${primary.key.slice(0, -1)}~`,
    "right but for its first letter": `Bearer ~${primary.key.slice(1)}`,
    short: "Bearer x",
  };
  const names = Object.keys(wrong) as (keyof typeof wrong)[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  // In turn, so that whatever else the machine does hits all alike; batches, since one call takes a few microseconds.
  for (let round = 0; round < 400; round++) {
    for (const name of names) {
      const start = process.hrtime.bigint();
      for (let call = 0; call < 50; call++) isAuthorized(wrong[name], digests);
      times.get(name)!.push(Number(process.hrtime.bigint() - start));
    }
  }
  // The fastest tenth: what was not interrupted.
  const fast = names.map((name) => times.get(name)!.sort((a, b) => a - b)[40]!);
  const spread = Math.max(...fast) / Math.min(...fast);
  // A comparison that stops at the first wrong letter, or that hashes nothing for some, differs by far more.
  assert.ok(spread < 1.5, names.map((name, index) => `${name}: ${fast[index]! / 50} ns`).join(", "));
});
