import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";

import { installKernelspec, kernelspec, listKernelspecs, removeKernelspec } from "../../kernel/install.js";
import { runCli } from "../cli/run-cli.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { KernelClient } from "./client.js";

const windows = process.platform === "win32";

interface Kernelspec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: string;
  readonly env: Readonly<Record<string, string>>;
  readonly metadata: object;
}

function readSpec(folder: string): Kernelspec {
  return JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) as Kernelspec;
}

/** Environment of a person whose home is `home`, without the settings of the machine that runs the tests. */
function personAt(home: string): Record<string, string> {
  return {
    HOME: home,
    USERPROFILE: home,
    APPDATA: join(home, "AppData", "Roaming"),
    XDG_DATA_HOME: "",
    JUPYTER_DATA_DIR: "",
    VIRTUAL_ENV: "",
    CONDA_PREFIX: "",
  };
}

/** The program behind `sightbook kernel`. */
function kernelCommand(words: readonly string[], env: Record<string, string>) {
  const program = join(repositoryRoot, "dist", "kernel", "cli.js");
  return spawnSync(process.execPath, [program, ...words], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
}

/** Where Jupyter's own tools and VS Code look for a person's kernels, as their documentation has it. */
const userKernels: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ["AppData", "Roaming", "jupyter", "kernels"],
  darwin: ["Library", "Jupyter", "kernels"],
};

const places: readonly {
  readonly name: string;
  readonly words: (folder: string) => readonly string[];
  readonly env: (folder: string) => Record<string, string>;
  readonly kernels: readonly string[];
}[] = [
  {
    name: "--user",
    words: () => ["--user"],
    env: personAt,
    kernels: userKernels[process.platform] ?? [".local", "share", "jupyter", "kernels"],
  },
  {
    name: "no place, which is the user",
    words: () => [],
    env: personAt,
    kernels: userKernels[process.platform] ?? [".local", "share", "jupyter", "kernels"],
  },
  {
    name: "--prefix",
    words: (folder) => ["--prefix", folder],
    env: personAt,
    kernels: ["share", "jupyter", "kernels"],
  },
  {
    name: "--sys-prefix in a virtual environment",
    words: () => ["--sys-prefix"],
    env: (folder) => ({ ...personAt("nowhere"), VIRTUAL_ENV: folder }),
    kernels: ["share", "jupyter", "kernels"],
  },
  {
    name: "--sys-prefix in a conda environment",
    words: () => ["--sys-prefix"],
    env: (folder) => ({ ...personAt("nowhere"), CONDA_PREFIX: folder }),
    kernels: ["share", "jupyter", "kernels"],
  },
];

for (const { name, words, env, kernels } of places) {
  test(`kernel install, list and remove: ${name}`, () => {
    const folder = temporaryFolder();
    const run = (action: string, ...more: string[]) =>
      JSON.parse(kernelCommand([action, ...words(folder), "--json", ...more], env(folder)).stdout) as unknown;
    const spec = join(folder, ...kernels, "sightbook");
    assert.deepEqual(run("install", "--env", "SIGHTBOOK_ENGINE=wasm", "--env", "A=b=c"), {
      installed: spec,
    });
    assert.deepEqual(readdirSync(spec).sort(), [
      "kernel.json",
      "logo-32x32.png",
      "logo-64x64.png",
      "logo-svg.svg",
    ]);
    assert.deepEqual(readSpec(spec).env, { SIGHTBOOK_ENGINE: "wasm", A: "b=c" });
    assert.deepEqual(run("install"), { installed: spec });
    assert.deepEqual(readSpec(spec).env, {}, "an earlier kernelspec is replaced as a whole");
    const other = join(folder, ...kernels, "second");
    run("install", "--name", "second", "--display-name", "Second");
    const { argv } = readSpec(spec);
    assert.deepEqual(run("list"), {
      kernels: [
        { folder: other, displayName: "Second", argv },
        { folder: spec, displayName: "TypeScript (Sightbook)", argv },
      ],
    });
    assert.deepEqual(run("remove", "--name", "second"), { removed: other });
    assert.deepEqual(run("remove"), { removed: spec });
    assert.deepEqual(run("remove"), { removed: null });
    assert.deepEqual(run("list"), { kernels: [] });
    const top = join(folder, kernels[0]!);
    const rest = existsSync(top) ? readdirSync(top, { recursive: true, encoding: "utf8" }) : [];
    assert.deepEqual(
      rest.filter((path) => path.includes("upyter")),
      [],
      "nothing is left",
    );
  });
}

test("the kernelspec has the fields that Jupyter's tools and VS Code's kernel picker read", () => {
  const folder = installKernelspec({ prefix: temporaryFolder() });
  const spec = readSpec(folder);
  assert.equal(spec.display_name, "TypeScript (Sightbook)");
  // VS Code shows the kernel for notebooks of this language, and gives its name to new cells.
  assert.equal(spec.language, "typescript");
  assert.equal(spec.interrupt_mode, "message");
  assert.deepEqual(spec.metadata, { debugger: false });
  // Without this word VS Code refuses to start a kernel.
  assert.equal(spec.argv.filter((word) => word.includes("{connection_file}")).length, 1);
  const [program, main] = windows ? spec.argv : [spec.argv[0], spec.argv.at(-2)];
  assert.ok(existsSync(program!) && existsSync(main!), spec.argv.join(" "));
  for (const size of [32, 64]) {
    const png = readFileSync(join(folder, `logo-${size}x${size}.png`));
    assert.deepEqual(
      [png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)],
      ["PNG", size, size],
    );
  }
  assert.match(readFileSync(join(folder, "logo-svg.svg"), "utf8"), /^<svg /);
});

test("the user's history goes with the last kernel, unless it is to be kept", () => {
  const home = temporaryFolder();
  const run = (...words: string[]) => kernelCommand([...words, "--json"], personAt(home));
  const { installed } = JSON.parse(run("install").stdout) as { installed: string };
  const history = join(installed, "..", "..", "sightbook-history.jsonl");
  writeFileSync(history, "{}");
  run("install", "--name", "second");
  run("remove", "--name", "second");
  assert.ok(existsSync(history), "a kernel is left");
  run("remove", "--keep-history");
  assert.ok(existsSync(history), "it was to be kept");
  run("install");
  run("remove");
  assert.ok(!existsSync(history));
});

test("other packages' kernels are neither replaced nor removed, and names stay in their folder", () => {
  const prefix = temporaryFolder();
  const python = join(prefix, "share", "jupyter", "kernels", "python3");
  mkdirSync(python, { recursive: true });
  writeFileSync(join(python, "kernel.json"), JSON.stringify({ argv: ["python"], display_name: "Python 3" }));
  for (const action of [installKernelspec, removeKernelspec]) {
    assert.throws(() => action({ prefix, name: "python3" }), {
      message: `${action.name}: ${python} is another package's kernel. Choose another name.`,
    });
    for (const name of ["", ".", "..", "../python3", "a b"]) {
      assert.throws(() => action({ prefix, name }), {
        message: `${action.name}: name must be letters, digits, "_", "-" and ".", got ${JSON.stringify(name)}.`,
      });
    }
  }
  assert.deepEqual(listKernelspecs({ prefix }), []);
  assert.ok(existsSync(join(python, "kernel.json")));
});

test("a kernel whose node is gone starts with the one on the path", { skip: windows }, async () => {
  const folder = temporaryFolder();
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  const { argv } = kernelspec({ node }) as Kernelspec;
  const program = "process.execPath";
  const before = await KernelClient.start(folder, { argv });
  assert.equal((await before.run(program)).text, `'${node}'`);
  await before.stop();
  rmSync(node);
  const after = await KernelClient.start(folder, { argv });
  assert.equal((await after.run("6 * 7")).text, "42");
  assert.notEqual((await after.run(program)).text, `'${node}'`);
  await after.stop();
});

const wrong: readonly { readonly args: readonly string[]; readonly complaint: RegExp }[] = [
  { args: [], complaint: /error: a command is missing\nSee sightbook kernel --help\.\n/ },
  { args: ["juggle"], complaint: /error: juggle is not a command\n/ },
  { args: ["install", "twice"], complaint: /error: unexpected argument twice\n/ },
  { args: ["install", "--prefx", "x"], complaint: /error: Unknown option '--prefx'/ },
  { args: ["install", "--env", "A"], complaint: /error: --env must be NAME=VALUE, got A\n/ },
  {
    args: ["install", "--user", "--sys-prefix"],
    complaint: /--user, --prefix and --sys-prefix exclude each other/,
  },
  { args: ["list", "--sys-prefix"], complaint: /--sys-prefix needs an active Python environment/ },
];
for (const { args, complaint } of wrong) {
  test(`wrong usage: kernel ${args.join(" ")}`, () => {
    const { status, stdout, stderr } = kernelCommand(args, personAt(temporaryFolder()));
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, complaint);
  });
}

for (const args of [
  ["kernel", "--help"],
  ["kernel", "install", "--help"],
  ["help", "kernel"],
]) {
  test(`sightbook ${args.join(" ")} tells commands and options`, async () => {
    const { exitCode, stdout, stderr } = await runCli(args);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.match(
      stdout,
      /^Usage: sightbook kernel \[options\] <command>\n\nMake the TypeScript kernel known/,
    );
    for (const word of ["install", "list", "remove", "--user", "--prefix <dir>", "--sys-prefix", "--json"]) {
      assert.match(stdout, new RegExp(`^  (-h, )?${word} `, "m"));
    }
  });
}
