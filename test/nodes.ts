/**
 * Runs the test suite on every release line of Node that Sightbook supports; the binaries come from npm's package `node`.
 * Arguments choose lines: `npm run test:nodes 22 26`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { cacheFolder } from "../src/cache.js";
import { repositoryRoot } from "./support.js";

/** One version of each line: the oldest supported of the first, the newest published of the others. */
const versions = ["20.19.0", "22.23.3", "23.11.1", "24.21.0", "25.9.0", "26.10.0"];

const wanted = process.argv.slice(2);
const chosen = versions.filter((v) => wanted.length === 0 || wanted.some((line) => v.startsWith(`${line}.`)));
const npm = process.env["npm_execpath"];
if (npm === undefined || chosen.length === 0) {
  console.error(
    npm ? `No such line of Node: ${wanted.join(", ")}.` : "Start this through npm: npm run test:nodes",
  );
  process.exit(2);
}

const results = chosen.map((version) => {
  const folder = cacheFolder("node", version);
  const node = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    const install = [npm, "install", "--prefix", folder, "--no-save", "--no-audit", `node@${version}`];
    spawnSync(process.execPath, install, { stdio: "inherit" });
  }
  // Through the same door as `npm test`: the kernelspec then names this Node, so notebooks run on it too.
  const bootstrap = join(repositoryRoot, "src", "cli", "bootstrap.mjs");
  const { status } = spawnSync(node, [bootstrap, "test"], { stdio: "inherit" });
  return { node: version, passed: status === 0 };
});
console.table(results);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
