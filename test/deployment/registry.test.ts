import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import type Docker from "dockerode";

import { connectDocker } from "../../src/deployment/docker/connect.js";
import { imageTag } from "../../src/deployment/docker/containers.js";
import { pushImage } from "../../src/deployment/docker/push-image.js";
import { registryLogin, registryOf } from "../../src/deployment/docker/registry-login.js";
import { checkRegistry } from "../../src/deployment/kubernetes/check-registry.js";
import { storeVersion } from "../../src/deployment/stored-versions.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { startDocker, type DockerDaemon } from "./docker-daemon.js";
import { Registry, skipWithoutRegistry, user } from "./registry.js";

const folder = temporaryFolder();
const configPath = join(folder, "config.json");
process.env["DOCKER_CONFIG"] = folder;

const basic = (name: string, password: string): string =>
  Buffer.from(`${name}:${password}`).toString("base64");
const writeConfig = (config: object): void => {
  writeFileSync(configPath, JSON.stringify(config));
};

for (const [repository, registry] of [
  ["registry.example.org/team/tableware", "registry.example.org"],
  ["localhost/tableware", "localhost"],
  ["registry:5000/tableware", "registry:5000"],
  ["team/tableware", "docker.io"],
] as const) {
  test(`the registry of ${repository} is ${registry}`, () => {
    assert.equal(registryOf(repository), registry);
  });
}

describe("the login of a registry", () => {
  test("is that of the docker command's file: a name and a password, or a token", async () => {
    writeConfig({
      auths: {
        "r.example.org": { auth: basic("carol", "a:b") },
        "t.example.org": { auth: basic("00000000", ""), identitytoken: "token" },
        "https://index.docker.io/v1/": { auth: basic("hub", "c") },
        "empty.example.org": {},
      },
    });
    assert.deepEqual(await registryLogin("r.example.org"), {
      serveraddress: "r.example.org",
      username: "carol",
      password: "a:b",
    });
    assert.deepEqual(await registryLogin("t.example.org"), {
      serveraddress: "t.example.org",
      identitytoken: "token",
    });
    assert.equal((await registryLogin("docker.io"))!.username, "hub");
    assert.equal(await registryLogin("empty.example.org"), undefined);
    assert.equal(await registryLogin("unknown.example.org"), undefined);
  });

  test("is asked of the program that keeps it", async (t) => {
    const programs = join(folder, "programs");
    mkdirSync(programs, { recursive: true });
    const kept = '{"ServerURL":"r.example.org","Username":"carol","Secret":"kept"}';
    writeFileSync(
      join(programs, "docker-credential-chest"),
      `#!/bin/sh\n[ "$1" = get ] || exit 3\ncase "$(cat)" in\nr.example.org) echo '${kept}';;\nbroken.example.org) echo 'the chest is locked' >&2; exit 1;;\n*) echo 'credentials not found in native keychain'; exit 1;;\nesac\n`,
      { mode: 0o755 },
    );
    const path = process.env["PATH"];
    t.after(() => (process.env["PATH"] = path));
    process.env["PATH"] = `${programs}:${path!}`;
    const auths = { "s.example.org": { auth: basic("carol", "s") } };
    writeConfig({
      auths,
      credHelpers: { "r.example.org": "chest", "u.example.org": "chest", "broken.example.org": "chest" },
    });
    assert.equal((await registryLogin("r.example.org"))!.password, "kept");
    assert.equal(await registryLogin("u.example.org"), undefined);
    assert.equal((await registryLogin("s.example.org"))!.password, "s");
    await assert.rejects(registryLogin("broken.example.org"), {
      name: "EnvironmentError",
      message:
        /^Looking for the login of broken\.example\.org failed: docker-credential-chest ended with exit code 1\.\n {2}the chest is locked$/u,
    });
    writeConfig({ credsStore: "chest" });
    assert.equal((await registryLogin("r.example.org"))!.username, "carol");
    writeConfig({ credsStore: "nowhere" });
    await assert.rejects(registryLogin("r.example.org"), /docker-credential-nowhere could not be started/u);
  });
});

describe("an image in a registry", { skip: skipWithoutRegistry }, () => {
  const registry = new Registry();
  const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
  const versions = join(folder, "versions");
  let daemon: DockerDaemon;
  let docker: Docker;
  let repository: string;
  let version: string;
  let bundle: string;
  const checked = async (): Promise<string[]> => {
    const findings: string[] = [];
    await checkRegistry(repository, (result, message) => findings.push(`${result} ${message}`));
    return findings;
  };
  const answers = (): string => `ok the registry ${registry.host} answers`;
  const push = (): Promise<string> => pushImage(repository, version, "colours", bundle);

  before(async () => {
    await registry.start();
    daemon = await startDocker();
    process.env["DOCKER_HOST"] = daemon.host;
    docker = await connectDocker();
    repository = `${registry.host}/team/colours`;
    ({ version, bundle } = await storeVersion(versions, await writeColourBundle()));
  });
  after(async () => {
    await daemon.stop();
    await registry.stop();
    registry.remove();
  });

  test("needs a login, and says where there is none", async () => {
    writeConfig({});
    await assert.rejects(push(), {
      name: "EnvironmentError",
      message: `${repository}:${version} cannot be pushed: ${configPath} has no login for the registry ${registry.host}, which wants one (no basic auth credentials). Log in with "docker login ${registry.host}".`,
    });
    assert.deepEqual(await checked(), [
      answers(),
      `no ${configPath} has no login for the registry ${registry.host}: log in with "docker login ${registry.host}"`,
    ]);
  });

  test("is refused to a login that the registry does not know", async () => {
    writeConfig({ auths: { [registry.host]: { auth: basic("carol", "guess") } } });
    await assert.rejects(push(), {
      name: "EnvironmentError",
      message: `${repository}:${version} cannot be pushed: the registry ${registry.host} refuses the login of carol (unauthorized: authentication required). Log in with "docker login ${registry.host}" as one who may push there.`,
    });
    const [first, second, ...others] = await checked();
    assert.deepEqual([first, others], [answers(), []]);
    assert.match(
      second!,
      /^no the registry \S+ refuses the login of carol \(.*\): log in with "docker login"$/u,
    );
    assert.equal((await registry.ask(`/v2/team/colours/tags/list`, "application/json")).status, 404);
  });

  test("is there under its version with the login of the docker command, whole, and named by its digest", async () => {
    writeConfig({});
    const login = ["login", "--username", user.name, "--password-stdin", registry.host];
    const { status, stderr } = spawnSync("docker", login, { input: user.password, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.match(readFileSync(configPath, "utf8"), new RegExp(registry.host, "u"));
    assert.deepEqual(await checked(), [
      answers(),
      `ok the registry ${registry.host} takes the login of carol`,
    ]);
    const pushed = await push();

    const answer = await registry.ask(`/v2/team/colours/manifests/${version}`, manifestType);
    assert.equal(answer.status, 200);
    const digest = answer.headers.get("docker-content-digest")!;
    assert.equal(digest, pushed);
    const text = await answer.text();
    assert.equal(digest, `sha256:${createHash("sha256").update(text).digest("hex")}`);
    const byDigest = await registry.ask(`/v2/team/colours/manifests/${digest}`, manifestType);
    assert.equal(await byDigest.text(), text);

    const { config, layers } = JSON.parse(text) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    const image = await docker.getImage(imageTag("colours", version)).inspect();
    assert.equal(config.digest, image.Id);
    assert.ok(image.RepoDigests.includes(`${repository}@${digest}`), image.RepoDigests.join());
    assert.equal(layers.length, 2);
    for (const layer of layers) {
      const blob = await registry.ask(`/v2/team/colours/blobs/${layer.digest}`, "*/*");
      const content = Buffer.from(await blob.arrayBuffer());
      assert.equal(layer.digest, `sha256:${createHash("sha256").update(content).digest("hex")}`);
    }
  });

  test("is not sent again when nothing has changed; another model sends its own layer alone", async () => {
    const uploads = (): number =>
      registry.requests().filter((request) => /^PUT .*\/blobs\/uploads\//u.test(request)).length;
    const before = uploads();
    assert.equal(before, 3, registry.requests().join("\n")); // Two layers and the configuration.
    await push();
    assert.equal(uploads(), before);

    const other = await storeVersion(versions, await writeColourBundle({ bias: 1 }));
    await pushImage(repository, other.version, "colours", other.bundle);
    assert.equal(uploads(), before + 2); // One layer and the configuration.
    const { tags } = (await (
      await registry.ask("/v2/team/colours/tags/list", "application/json")
    ).json()) as {
      tags: string[];
    };
    assert.deepEqual(tags.sort(), [version, other.version].sort());
  });

  test("is not pushed on after a cancel", async () => {
    await assert.rejects(pushImage(repository, version, "colours", bundle, AbortSignal.abort()), {
      name: "CancelledError",
      message: `Pushing ${repository}:${version} was cancelled.`,
    });
  });

  test("does not get to a registry that is down, which is named", async () => {
    await registry.stop();
    assert.deepEqual(await checked(), [
      `no the registry ${registry.host} does not answer (connect ECONNREFUSED ${registry.host}); is the name right?`,
    ]);
    await assert.rejects(push(), {
      name: "EnvironmentError",
      message: new RegExp(
        `^${repository}:${version} cannot be pushed: the registry ${registry.host} does not answer the Docker daemon \\(.*connection refused\\)\\. Is the name right, and the registry running and reachable from the daemon's machine\\?$`,
        "u",
      ),
    });
  });
});
