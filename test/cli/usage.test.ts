import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";

import { temporaryFolder } from "../support.js";
import { runCli } from "./run-cli.js";

const folder = temporaryFolder();

test("help names every command and exits with 0", async () => {
  const { exitCode, stdout, stderr } = await runCli(["--help"]);
  assert.equal(exitCode, 0);
  assert.equal(stderr, "");
  for (const command of [
    "setup",
    "doctor",
    "describe",
    "train",
    "evaluate",
    "predict",
    "featurize",
    "export",
  ]) {
    assert.match(stdout, new RegExp(`^  ${command} `, "mu"));
  }
  assert.match(stdout, /Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted/u);
});

for (const [command, option] of [
  ["setup", "--force"],
  ["doctor", "--json"],
  ["describe", "--check"],
  ["train", "--onnx-output"],
  ["evaluate", "--batch-size"],
  ["predict", "--batch-size"],
  ["featurize", "--output"],
  ["export", "<output>"],
  ["batch", "--executor"],
] as const) {
  test(`${command} --help tells its options and exits with 0`, async () => {
    const { exitCode, stdout } = await runCli([command, "--help"]);
    assert.equal(exitCode, 0);
    assert.ok(stdout.includes(option), stdout);
    assert.ok(stdout.includes("--json"), stdout);
  });
}

const wrong: readonly { args: readonly string[]; stderr: RegExp }[] = [
  { args: [], stderr: /Usage: sightbook/u },
  { args: ["trian"], stderr: /unknown command 'trian'\n\(Did you mean train\?\)/u },
  { args: ["describe", "--jsn", folder], stderr: /unknown option '--jsn'\n\(Did you mean --json\?\)/u },
  { args: ["describe"], stderr: /missing required argument 'dir'/u },
  { args: ["train", folder], stderr: /required option '--output <bundle>' not specified/u },
  {
    args: ["train", folder, "--output", "x", "--epochs", "0"],
    stderr: /option '--epochs <count>' argument '0' is invalid\. It must be a whole number from 1\./u,
  },
  {
    args: ["train", folder, "--output", "x", "--learning-rate", "0.1,fast"],
    stderr: /'0\.1,fast' is invalid\. It must be a number\./u,
  },
  {
    args: ["train", folder, "--output", "x", "--test-size", "34"],
    stderr: /'34' is invalid\. It must be a number between 0 and 1\./u,
  },
  {
    args: ["train", folder, "--output", "x", "--test-size", "0.5", "--test-dir", folder],
    stderr: /option '--test-size <part>' cannot be used with option '--test-dir <dir>'/u,
  },
  {
    args: ["train", folder, "--output", "x", "--learner", "tree"],
    stderr: /Allowed choices are network, svm, logistic\./u,
  },
  {
    args: ["featurize", folder, "--output", "features.xlsx"],
    stderr: /'features\.xlsx' is invalid\. It must end in \.csv or \.npy\./u,
  },
  {
    args: ["batch", "x", folder, "--output", "x", "--executor", "cloud"],
    stderr: /Allowed choices are local, docker, kubernetes\./u,
  },
  {
    args: ["batch", "x", folder, "--output", "x", "--memory", "1Gi"],
    stderr: /^error: batch: executor must be docker or kubernetes where there is --memory, got "local"\.\n$/u,
  },
  {
    args: ["batch", "x", folder, "--output", "x", "--executor", "docker", "--memory", "much"],
    stderr: /memory must be a quantity such as "2Gi" or "512Mi", got "much"/u,
  },
  {
    args: ["batch", "x", folder, "--output", "x", "--executor", "docker", "--run-volume", "host:/run"],
    stderr: /executor must be kubernetes where there is --run-volume, got "docker"/u,
  },
  {
    args: [
      "batch",
      "x",
      folder,
      "--output",
      "x",
      "--executor",
      "kubernetes",
      "--image",
      "x",
      "--run-volume",
      "run",
    ],
    stderr:
      /--run-volume must be claim:<name>\[\/<path>\], nfs:<server>:\/<path> or host:\/<path>, got "run"/u,
  },
];
for (const { args, stderr } of wrong) {
  test(`wrong usage exits with 2: sightbook ${args.join(" ").replaceAll(folder, "<dir>")}`, async () => {
    const run = await runCli(args);
    assert.match(run.stderr, stderr);
    assert.equal(run.stdout, "");
    assert.equal(run.exitCode, 2);
  });
}

const failing: readonly { args: readonly string[]; stderr: RegExp }[] = [
  { args: ["describe", join(folder, "nowhere")], stderr: /^error: .*nowhere: .*\n$/u },
  {
    args: ["evaluate", join(folder, "nowhere"), folder],
    stderr: /^error: .*nowhere: no bundle can be read here.*\n$/u,
  },
];
for (const { args, stderr } of failing) {
  test(`a failure is one sentence without a stack and exits with 1: ${args[0]!}`, async () => {
    const run = await runCli([...args, "--json"]);
    assert.match(run.stderr, stderr);
    assert.equal(run.stdout, "");
    assert.equal(run.exitCode, 1);
  });
}

test("SIGHTBOOK_DEBUG=1 shows where an error came from", async () => {
  const run = await runCli(["describe", join(folder, "nowhere")], { env: { SIGHTBOOK_DEBUG: "1" } });
  assert.match(run.stderr, /\n {4}at /u);
  assert.equal(run.exitCode, 1);
});

test("doctor tells the engine that trains here", async () => {
  const run = await runCli(["doctor", "--json"]);
  const json = run.json() as {
    sightbook: string;
    node: string;
    engines: { name: string }[];
    chosen?: string;
  };
  assert.equal(json.node, process.versions.node);
  assert.deepEqual(
    json.engines.map(({ name }) => name),
    ["tensorflow", "webgpu", "wasm"],
  );
  assert.equal(run.exitCode, json.chosen === undefined ? 1 : 0);
});
