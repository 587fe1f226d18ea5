import { spawn, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { cacheFolder } from "../../src/cache.js";
import { repositoryRoot, skipUnlessRequired } from "../support.js";

/** A real control plane: API server, controllers, scheduler; see `test/cluster/`. It has no nodes. */
export interface TestCluster {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const source = join(repositoryRoot, "test", "cluster");
const version = "1.34.4";

/** What is built from `test/cluster/`. */
export interface ClusterPrograms {
  /** The control plane. */
  readonly cluster: string;
  readonly kubelet: string;
  /** Waits: what the sandbox of a pod runs. */
  readonly pause: string;
}

/** Where the programs are or would be: the folder's name is the hash of what they are built from. */
function clusterPrograms(): (ClusterPrograms & { readonly folder: string }) | undefined {
  const go = spawnSync("go", ["version"], { encoding: "utf8", env: goEnvironment() });
  if (go.status !== 0) return undefined;
  const hash = createHash("sha256").update(go.stdout);
  for (const file of ["go.mod", "go.sum", "main.go", "up.go", "kubelet/main.go", "pause/main.go"]) {
    hash.update(readFileSync(join(source, file)));
  }
  const folder = cacheFolder("cluster", hash.digest("hex").slice(0, 16));
  return {
    folder,
    cluster: join(folder, "cluster"),
    kubelet: join(folder, "kubelet"),
    pause: join(folder, "pause"),
  };
}

/** The `skip` option of tests that need a cluster: false, or the reason. */
export function skipWithoutCluster(): string | false {
  return skipUnlessRequired("cluster", whyNoCluster());
}

function whyNoCluster(): string | false {
  if (process.platform !== "linux") return "the test cluster is for Linux";
  const programs = clusterPrograms();
  if (programs === undefined) return "Go is not installed, which builds the test cluster";
  if (existsSync(programs.folder)) return false;
  return "the test cluster is not built yet (a quarter of an hour): node dist/test/deployment/build-cluster.js";
}

/** Builds the programs of the test cluster unless they are there. */
export function buildCluster(): ClusterPrograms {
  const programs = clusterPrograms();
  if (programs === undefined) throw new Error("The test cluster needs Go.");
  if (existsSync(programs.folder)) return programs;
  const fresh = `${programs.folder}.${randomUUID().slice(0, 8)}`;
  mkdirSync(fresh, { recursive: true });
  const setting = "-X k8s.io/component-base/version.";
  const flags = `-s -w ${setting}gitVersion=v${version} ${setting}gitMajor=1 ${setting}gitMinor=34`;
  for (const [name, path] of [
    ["cluster", "."],
    ["kubelet", "./kubelet"],
    ["pause", "./pause"],
  ] as const) {
    const build = spawnSync("go", ["build", "-trimpath", "-o", join(fresh, name), "-ldflags", flags, path], {
      cwd: source,
      env: { ...goEnvironment(), CGO_ENABLED: "0" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (build.status !== 0) throw new Error("The test cluster could not be built.");
  }
  renameSync(fresh, programs.folder);
  return programs;
}

/** Go's own place is not always on the path. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/local/go/bin` };
}

export async function startCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), "sightbook-cluster-"));
  const child = spawn(buildCluster().cluster, ["up", folder], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("ready")) return;
    throw new Error("The test cluster ended before it was ready.");
  })();
  await ready;
  child.stdout.resume();
  return {
    kubeconfig: join(folder, "admin.kubeconfig"),
    stop: async () => {
      // It runs until its standard input ends.
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
