import assert from "node:assert/strict";
import test from "node:test";

import * as sightbook from "sightbook";

test("the public surface", () => {
  assert.deepEqual(Object.keys(sightbook).sort(), [
    "ArgumentError",
    "CancelledError",
    "EnvironmentError",
    "FileError",
    "SightbookError",
  ]);
});
