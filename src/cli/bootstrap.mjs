// The first thing that runs in a fresh checkout: `npm run quickstart`, `npm test` and `npm run lab` come here before
// anything is installed, so this file needs Node alone. It installs the npm packages when the lockfile has changed,
// builds, and hands over to the compiled checkout.ts.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [command = "help", ...args] = process.argv.slice(2);

const [major, minor] = process.versions.node.split(".").map(Number);
if (!(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19))) {
  fail(`Sightbook needs Node 20.19, 22.12 or newer, this is ${process.versions.node}. Install a newer Node.`);
}

installPackages();
run("Building", [`${root}/node_modules/typescript/bin/tsc`, "--build"], "npm run build");
run("Bundling the widgets", [`${root}/dist/widgets/bundle/bundle.js`], "npm run build");
const { runCheckoutCommand } = await import("../../dist/src/cli/checkout.js");
process.exitCode = await runCheckoutCommand(command, args);

/** `npm ci`, unless the same lockfile was installed to its end before. */
function installPackages() {
  // A linked node_modules, as worktrees have it, is its owner's to install.
  if (lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const stampPath = `${root}/node_modules/.sightbook-install`;
  const stamp = createHash("sha256")
    .update(readFileSync(`${root}/package-lock.json`))
    .digest("hex");
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return;
  const npm = process.env["npm_execpath"];
  if (!npm) fail(`Start this through npm: npm run ${command}`);
  run("Installing npm packages", [npm, "ci", "--no-audit"], "npm ci");
  writeFileSync(stampPath, stamp);
}

function run(step, nodeArgs, mend) {
  const started = Date.now();
  const result = spawnSync(process.execPath, nodeArgs, { cwd: root, encoding: "utf8" });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ""}${result.stderr ?? ""}`.trimEnd());
    fail(`${step} failed (see above). To try again: ${mend}`);
  }
  const seconds = (Date.now() - started) / 1000;
  if (seconds > 2) console.log(`${step}: done (${seconds.toFixed(0)} s)`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
