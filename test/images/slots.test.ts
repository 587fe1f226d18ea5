import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate } from "node:timers/promises";

import { Slots } from "../../src/images/index.js";

interface Tasks {
  readonly begun: string[];
  readonly add: (name: string) => void;
  readonly end: (name: string) => Promise<void>;
}

/** Tasks that end when told so, and which of them have begun. */
function tasks(slots: Slots): Tasks {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    add: (name) => {
      void slots.run(() => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      });
    },
    end: async (name) => {
      ends.get(name)!();
      await setImmediate();
    },
  };
}

test("tasks begin in order, as many as there are slots", async () => {
  const { begun, add, end } = tasks(new Slots(2));
  for (const name of ["a", "b", "c", "d"]) add(name);
  await setImmediate();
  assert.deepEqual(begun, ["a", "b"]);
  await end("b");
  assert.deepEqual(begun, ["a", "b", "c"]);
});

test("in a crowd more begin, so that one that takes long stops no other", async () => {
  const { begun, add, end } = tasks(new Slots(1, { inCrowd: 3 }));
  for (const name of ["long", "b", "c", "d", "e", "f"]) add(name);
  await setImmediate();
  assert.deepEqual(begun, ["long", "b", "c"]);
  for (const name of ["b", "c"]) await end(name);
  assert.deepEqual(begun, ["long", "b", "c", "d", "e"]);
  for (const name of ["d", "e"]) await end(name);
  // The last has nobody behind it.
  assert.deepEqual(begun, ["long", "b", "c", "d", "e"]);
  await end("long");
  assert.deepEqual(begun, ["long", "b", "c", "d", "e", "f"]);
});

test("a task that fails makes room, and its error is its caller's", async () => {
  const slots = new Slots(1);
  await assert.rejects(
    slots.run(() => Promise.reject(new Error("no"))),
    /no/u,
  );
  assert.equal(await slots.run(() => Promise.resolve(1)), 1);
});
