import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import type Docker from "dockerode";
import type { AuthConfig } from "dockerode";

import { EnvironmentError } from "../../errors.js";
import { connectDocker } from "../docker/connect.js";
import { imageTag } from "../docker/containers.js";
import { loadImage } from "../docker/docker-target.js";

/** Builds a bundle's image and pushes it as `<repository>:<version>`, with the logins of the `docker` command. */
export async function pushImage(
  repository: string,
  version: string,
  name: string,
  bundle: string,
): Promise<void> {
  const docker = await connectDocker();
  await loadImage(docker, name, version, bundle);
  await pushLoaded(docker, imageTag(name, version), repository, version);
}

/** Pushes an image that the daemon has as `<repository>:<version>`. */
export async function pushLoaded(
  docker: Docker,
  loaded: string,
  repository: string,
  version: string,
): Promise<void> {
  await docker.getImage(loaded).tag({ repo: repository, tag: version });
  const image = docker.getImage(`${repository}:${version}`);
  const authconfig = await loginOf(repository.split("/")[0]!);
  const stream = await image.push({ ...(authconfig && { authconfig }) });
  let rest = "";
  for await (const part of stream) rest += String(part);
  for (const line of rest.split("\n").filter((one) => one.trim() !== "")) {
    const { error } = JSON.parse(line) as { error?: string };
    if (error === undefined) continue;
    throw new EnvironmentError(
      `${repository}:${version} cannot be pushed: ${error}. Log in with "docker login ${repository.split("/")[0]!}".`,
    );
  }
}

async function loginOf(registry: string): Promise<AuthConfig | undefined> {
  const path = join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
  const text = await readFile(path, "utf8").catch(() => "{}");
  const { auths = {} } = JSON.parse(text) as { auths?: Record<string, { auth?: string }> };
  const { auth } = auths[registry] ?? {};
  if (auth === undefined) return undefined;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString("utf8").split(":");
  return { username, password: password.join(":"), serveraddress: registry, auth: "" };
}
