import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { buildCluster, type ClusterPrograms } from "./cluster.js";

/** The `skip` option of tests with real pods: false, or the reason. */
export function skipWithoutPods(): string | false {
  if (process.platform !== "linux") return "real pods are for Linux";
  if (process.getuid?.() !== 0) return "real pods need root";
  for (const program of ["containerd", "runc", "ctr", "nsenter", "ip"]) {
    if (spawnSync("which", [program]).status !== 0) return `${program} is not installed`;
  }
  return existsSync("/usr/lib/cni/bridge") ? false : "containernetworking-plugins is not installed";
}

/**
 * A cluster of one node whose pods really run: control plane, containerd and kubelet in a network namespace of their own, with
 * no way out.
 */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "sightbook-pods-"));
  readonly #network = `sblab${process.pid % 10000}`;
  readonly #children: ChildProcess[] = [];

  get kubeconfig(): string {
    return join(this.folder, "cluster", "admin.kubeconfig");
  }

  async start(): Promise<void> {
    const programs = buildCluster();
    this.#makeNetwork();
    this.#spawn("cluster", [programs.cluster, "up", join(this.folder, "cluster")]);
    await this.#until("the control plane", () => this.#said("cluster", "ready after"));
    this.#writeContainerd();
    this.#spawn("containerd", ["containerd", "-c", join(this.folder, "containerd.toml")]);
    await this.#until("containerd", () => this.ctr(["version"]).status === 0);
    await this.#importPause(programs);
    this.#writeKubelet();
    this.#spawn("kubelet", [
      programs.kubelet,
      `--config=${this.folder}/kubelet.yaml`,
      `--kubeconfig=${this.folder}/cluster/node.kubeconfig`,
      "--hostname-override=local",
      "--node-ip=10.99.0.1",
      `--root-dir=${this.folder}/kubelet`,
      `--cert-dir=${this.folder}/kubelet-pki`,
    ]);
  }

  /** Starts another program inside the namespace, which runs until the lab stops; waits until it says so. */
  async startProgram(name: string, command: readonly string[], ready: string): Promise<void> {
    this.#spawn(name, command);
    await this.#until(name, () => this.#said(name, ready));
  }

  /** Runs containerd's own command on the node. */
  ctr(args: readonly string[], input?: string): ReturnType<typeof spawnSync> {
    return spawnSync("ctr", ["-a", join(this.folder, "containerd.sock"), "-n", "k8s.io", ...args], { input });
  }

  /** Runs a script of the tests inside the namespace. @returns Its exit code and what it said. */
  async run(
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; said: string }> {
    const child = spawn("nsenter", [this.#entry, process.execPath, script], {
      env: { ...process.env, ...env, KUBECONFIG: this.kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said };
  }

  /** The end of what a part of the lab wrote. */
  log(name: string): string {
    return readFileSync(join(this.folder, `${name}.log`), "utf8").slice(-3000);
  }

  async stop(): Promise<void> {
    const [cluster, containerd, kubelet, ...others] = this.#children;
    kubelet?.kill("SIGKILL");
    for (const program of others) program.kill("SIGTERM");
    const tasks = String(this.ctr(["tasks", "ls", "-q"]).stdout)
      .split("\n")
      .filter(Boolean);
    for (const task of tasks) this.ctr(["tasks", "kill", "-s", "SIGKILL", task]);
    await setTimeout(500);
    for (const task of tasks) this.ctr(["tasks", "rm", "-f", task]);
    containerd?.kill("SIGTERM");
    cluster?.stdin?.end();
    for (const child of this.#children) {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    const mounts = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[1] ?? "");
    for (const mount of mounts.filter((path) => path.startsWith(this.folder)).reverse()) {
      spawnSync("umount", ["-l", mount]);
    }
    const namespaces = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
    for (const [, name] of namespaces.matchAll(/^(cni-\S+)/gmu)) spawnSync("ip", ["netns", "del", name!]);
    spawnSync("ip", ["netns", "del", this.#network]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #entry(): string {
    return `--net=/run/netns/${this.#network}`;
  }

  #makeNetwork(): void {
    const commands = [
      `netns add ${this.#network}`,
      `-n ${this.#network} link set lo up`,
      `-n ${this.#network} link add d0 type bridge`,
      `-n ${this.#network} addr add 10.99.0.1/24 dev d0`,
      `-n ${this.#network} link set d0 up`,
      `-n ${this.#network} route add default dev d0`,
    ];
    for (const command of commands) {
      const { status, stderr } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
      if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
    }
  }

  #spawn(name: string, command: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), "a");
    this.#children.push(spawn("nsenter", [this.#entry, ...command], { stdio: ["pipe", log, log] }));
  }

  #said(name: string, text: string): boolean {
    return readFileSync(join(this.folder, `${name}.log`), "utf8").includes(text);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    for (let attempt = 0; !holds(); attempt++) {
      if (attempt > 600) throw new Error(`${what} did not start`);
      await setTimeout(100);
    }
  }

  #writeContainerd(): void {
    const { folder } = this;
    mkdirSync(join(folder, "cni"));
    writeFileSync(
      join(folder, "cni", "10-lab.conflist"),
      JSON.stringify({
        cniVersion: "0.4.0",
        name: "lab",
        plugins: [
          {
            type: "bridge",
            bridge: "cni0",
            isGateway: true,
            ipam: {
              type: "host-local",
              dataDir: join(folder, "ipam"),
              ranges: [[{ subnet: "10.244.0.0/24" }]],
            },
          },
        ],
      }),
    );
    writeFileSync(
      join(folder, "containerd.toml"),
      `version = 2
root = "${folder}/containerd"
state = "${folder}/containerd-state"
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/lab/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
`,
    );
  }

  #writeKubelet(): void {
    const { folder } = this;
    writeFileSync(
      join(folder, "kubelet.yaml"),
      JSON.stringify({
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        address: "10.99.0.1",
        healthzPort: 0,
        authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
        authorization: { mode: "AlwaysAllow" },
        containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
        cgroupDriver: "cgroupfs",
        cgroupsPerQOS: false,
        enforceNodeAllocatable: [],
        makeIPTablesUtilChains: false,
        oomScoreAdj: 0,
        failSwapOn: false,
        resolvConf: "",
        podLogsDir: `${folder}/pod-logs`,
        volumePluginDir: `${folder}/volume-plugins`,
        evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
        localStorageCapacityIsolation: false,
      }),
    );
  }

  /** What every pod's sandbox runs: a program that waits. */
  async #importPause({ pause }: ClusterPrograms): Promise<void> {
    const { imageFile } = await import("./image-file.js");
    const path = join(this.folder, "pause.tar");
    await imageFile(path, "docker.io/lab/pause:1", pause);
    const { status, stderr } = this.ctr(["images", "import", path]);
    if (status !== 0) throw new Error(String(stderr));
  }
}
