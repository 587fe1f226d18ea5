import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { skipUnlessRequired } from "../support.js";
import { skipWithoutDocker } from "./docker-daemon.js";

/** The `skip` option of tests that push to a registry of their own: false, or the reason. */
export const skipWithoutRegistry: string | false =
  skipWithoutDocker || skipUnlessRequired("docker", whyNoRegistry());

function whyNoRegistry(): string | false {
  if (spawnSync("docker-registry", ["--version"]).status === 0) return false;
  return "docker-registry is not installed (Debian: apt-get install docker-registry)";
}

/** The one user of the registry. */
export const user = { name: "carol", password: "shapes and colours" } as const;
/** Their login as the file of the `docker` command holds it. */
export const dockerAuth = Buffer.from(`${user.name}:${user.password}`).toString("base64");
/** As `htpasswd -B` writes it: bcrypt is all that the registry reads. */
const htpasswd = `${user.name}:$2b$04$8Y0JckUUo5sCKmPbuDWLFuBsgz6/u.8OziPlIpziGfPmRmvrvsOG6\n`;

/** The reference implementation of a registry, on loopback, with a folder of its own; it takes nobody but its user. */
export class Registry {
  readonly #folder = mkdtempSync(join(tmpdir(), "sightbook-registry-"));
  #child: ChildProcess | undefined;
  #host = "";

  /** Such as `"127.0.0.1:40123"`. */
  get host(): string {
    return this.#host;
  }

  get #log(): string {
    return join(this.#folder, "log");
  }

  constructor() {
    mkdirSync(join(this.#folder, "storage"));
    writeFileSync(join(this.#folder, "htpasswd"), htpasswd);
  }

  /** The command that serves what the registry holds on an address of whatever network it is run in. */
  command(address: string): [program: string, ...args: string[]] {
    const config = join(this.#folder, `${address}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        version: "0.1",
        log: { accesslog: { disabled: false } },
        storage: { filesystem: { rootdirectory: join(this.#folder, "storage") } },
        http: { addr: address },
        auth: { htpasswd: { realm: "tests", path: join(this.#folder, "htpasswd") } },
      }),
    );
    return ["docker-registry", "serve", config];
  }

  async start(): Promise<void> {
    const [program, ...args] = this.command("127.0.0.1:0");
    const log = openSync(this.#log, "a");
    const child = spawn(program, args, { stdio: ["ignore", log, log] });
    this.#child = child;
    for (;;) {
      const said = readFileSync(this.#log, "utf8");
      const port = /listening on 127\.0\.0\.1:(\d+)/u.exec(said)?.[1];
      if (port !== undefined) {
        this.#host = `127.0.0.1:${port}`;
        return;
      }
      if (child.exitCode !== null) throw new Error(`docker-registry did not start: ${said}`);
      await setTimeout(50);
    }
  }

  /** What was asked of it with success, such as `"PUT /v2/team/colours/manifests/1"`. */
  requests(): string[] {
    const lines = readFileSync(this.#log, "utf8").matchAll(/"([A-Z]+) (\S+) HTTP\/1\.1" 2\d\d /gu);
    return [...lines].map(([, method, path]) => `${method!} ${path!}`);
  }

  /** Asks as its user does. */
  async ask(path: string, accept: string): Promise<Response> {
    const headers = { accept, authorization: `Basic ${dockerAuth}` };
    return fetch(`http://${this.host}${path}`, { headers });
  }

  /** Ends the registry; what it holds stays until {@link remove}. */
  async stop(): Promise<void> {
    const child = this.#child!;
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
