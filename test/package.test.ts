import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";

import { repositoryRoot, temporaryFolder } from "./support.js";

const npmPath = process.env["npm_execpath"];

function npm(args: readonly string[], cwd: string): string {
  const [command, ...first] = npmPath ? [process.execPath, npmPath] : ["npm"];
  // The suite's preload and the checkout's npm settings are not what a user's folder has.
  const settings = Object.keys(process.env).filter((name) =>
    name.toLowerCase().startsWith("npm_config_onnx"),
  );
  const env = {
    ...process.env,
    NODE_OPTIONS: "",
    ...Object.fromEntries(settings.map((name) => [name, undefined])),
  };
  const result = spawnSync(command, [...first, ...args], { cwd, env, encoding: "utf8" });
  assert.equal(result.status, 0, `npm ${args.join(" ")}:\n${result.stdout}${result.stderr}`);
  return result.stdout + result.stderr;
}

function node(source: string, type: "module" | "commonjs", cwd: string): string {
  const file = join(cwd, type === "module" ? "try.mjs" : "try.cjs");
  writeFileSync(file, source);
  const env = { ...process.env, NODE_OPTIONS: "" };
  const result = spawnSync(process.execPath, [file], { cwd, env, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  assert.equal(result.stderr, "");
  return result.stdout.trim();
}

test("the packed package installs in an empty folder and is imported from ESM and CommonJS", (t) => {
  const folder = temporaryFolder();
  npm(["pack", "--ignore-scripts", "--pack-destination", folder], repositoryRoot);
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))!;

  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), `{ "name": "app", "private": true }`);
  // Install scripts stay on: neither the engine's dead installer nor onnxruntime's download may reach a user.
  const output = npm(["install", "--foreground-scripts", "--no-audit", join(folder, tarball)], app);
  assert.doesNotMatch(output, /npm error|ERR!|403|tfjs-node/);

  t.diagnostic(output.trim().split("\n").at(-1) ?? "");
  const names = `Object.keys(sightbook).length > 0 && typeof sightbook.ArgumentError`;
  assert.equal(
    node(`import * as sightbook from "sightbook"; console.log(${names})`, "module", app),
    "function",
  );
  assert.equal(
    node(`const sightbook = require("sightbook"); console.log(${names})`, "commonjs", app),
    "function",
  );
  const runtime = `process.env.ORT_DISABLE_TELEMETRY = "1"; console.log(typeof require("onnxruntime-node").InferenceSession);`;
  assert.equal(node(runtime, "commonjs", app), "function");
});
