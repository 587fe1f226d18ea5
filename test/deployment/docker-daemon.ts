import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { skipUnlessRequired } from "../support.js";

/** The `skip` option of tests that need a daemon of their own: false, or the reason. */
export const skipWithoutDocker: string | false = skipUnlessRequired("docker", whyNoDocker());

function whyNoDocker(): string | false {
  if (process.platform !== "linux") return "a Docker daemon is started on Linux only";
  if (process.getuid?.() !== 0) return "a Docker daemon can only be started by root";
  if (spawnSync("dockerd", ["--version"]).status === 0) return false;
  return "dockerd is not installed (Debian: apt-get install docker.io)";
}

export interface DockerDaemon {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts a Docker daemon with folders, a socket and a bridge of its own, which leaves the machine's firewall alone. */
export async function startDocker(): Promise<DockerDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "sightbook-docker-"));
  const bridge = `sbtest${process.pid % 10000}`;
  const ip = (...args: string[]): void => {
    const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  };
  // With an address of its own: else it takes that of a port, which comes and goes with a container, and those that are there
  // send their answers to the one before for half a minute.
  ip("link", "add", bridge, "address", "02:42:0a:d5:00:01", "type", "bridge");
  ip("addr", "add", `10.213.${process.pid % 250}.1/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  const socket = join(folder, "docker.sock");
  const log = join(folder, "log");
  const logFd = openSync(log, "a");
  const child = spawn(
    "dockerd",
    [
      `--data-root=${folder}/data`,
      `--exec-root=${folder}/exec`,
      `--pidfile=${folder}/pid`,
      `--host=unix://${socket}`,
      `--bridge=${bridge}`,
      "--storage-driver=vfs",
      "--iptables=false",
      "--ip6tables=false",
      "--ip-masq=false",
    ],
    { stdio: ["ignore", logFd, logFd] },
  );
  const ended = once(child, "exit");
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= end());
  const end = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    spawnSync("umount", ["-R", join(folder, "data"), join(folder, "exec")]);
    rmSync(folder, { recursive: true, force: true });
    ip("link", "del", bridge);
  };
  for (let attempt = 0; !existsSync(socket); attempt++) {
    if (attempt > 600 || child.exitCode !== null) {
      const said = readFileSync(log, "utf8").slice(-1000);
      await stop();
      throw new Error(`dockerd did not start: ${said}`);
    }
    await setTimeout(100);
  }
  return { host: `unix://${socket}`, stop };
}
