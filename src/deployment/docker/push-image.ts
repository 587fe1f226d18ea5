import { text } from "node:stream/consumers";

import type Docker from "dockerode";

import { CancelledError, EnvironmentError } from "../../errors.js";
import { connectDocker, daemonWords } from "./connect.js";
import { imageTag } from "./containers.js";
import { loadImage } from "./docker-target.js";
import { dockerConfigPath, registryLogin, registryOf, type RegistryLogin } from "./registry-login.js";

/**
 * Builds a bundle's image and pushes it as `<repository>:<version>`, with the logins of the `docker` command.
 *
 * @returns Its digest in the registry, such as `"sha256:…"`: the same tag may name another image one day.
 */
export async function pushImage(
  repository: string,
  version: string,
  name: string,
  bundle: string,
  signal?: AbortSignal,
): Promise<string> {
  const docker = await connectDocker();
  await loadImage(docker, name, version, bundle);
  return pushLoaded(docker, imageTag(name, version), repository, version, signal);
}

/**
 * Pushes an image that the daemon has as `<repository>:<version>`; layers that the registry has are not sent again.
 *
 * @returns Its digest in the registry.
 * @throws {@link EnvironmentError} that names the registry and says whether it takes no login, or does not answer.
 */
export async function pushLoaded(
  docker: Docker,
  loaded: string,
  repository: string,
  version: string,
  signal?: AbortSignal,
): Promise<string> {
  const login = await registryLogin(registryOf(repository));
  const image = `${repository}:${version}`;
  let answers: PushAnswer[];
  try {
    await docker.getImage(loaded).tag({ repo: repository, tag: version });
    const answer = await docker.getImage(image).push({
      // Without a login too: older daemons refuse a push that says nothing of it.
      authconfig: { ...login },
      ...(signal && { abortSignal: signal }),
    });
    const lines = (await text(answer)).split("\n").filter((line) => line.trim() !== "");
    answers = lines.map((line) => JSON.parse(line) as PushAnswer);
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(`Pushing ${image} was cancelled.`);
    throw new EnvironmentError(`${image} cannot be pushed: ${daemonWords(error)}.`, { cause: error });
  }
  const said = answers.find(({ error }) => error !== undefined)?.error;
  if (said !== undefined) throw notPushed(image, registryOf(repository), login, said);
  const digest = answers.find(({ aux }) => aux?.Digest !== undefined)?.aux?.Digest;
  if (digest !== undefined) return digest;
  throw new EnvironmentError(`${image} was pushed, but the Docker daemon does not tell its digest.`);
}

/** What is read of one line of the daemon's answer. */
interface PushAnswer {
  readonly error?: string;
  readonly aux?: { readonly Digest?: string };
}

/** The daemon hands on what a registry, or the way to it, said; only the words tell what it is about. */
function notPushed(
  image: string,
  registry: string,
  login: RegistryLogin | undefined,
  said: string,
): EnvironmentError {
  const reason = said.trim().replace(/\.$/u, "");
  if (/unauthorized|denied|authentication required|no basic auth credentials/iu.test(said)) {
    return new EnvironmentError(
      login === undefined
        ? `${image} cannot be pushed: ${dockerConfigPath()} has no login for the registry ${registry}, which wants one (${reason}). Log in with "docker login ${registry}".`
        : `${image} cannot be pushed: the registry ${registry} refuses the login of ${login.username ?? "the kept token"} (${reason}). Log in with "docker login ${registry}" as one who may push there.`,
    );
  }
  if (/dial |lookup |timeout|deadline exceeded|EOF$|Client\.Timeout|HTTP response to HTTPS/iu.test(reason)) {
    return new EnvironmentError(
      `${image} cannot be pushed: the registry ${registry} does not answer the Docker daemon (${reason}). Is the name right, and the registry running and reachable from the daemon's machine?`,
    );
  }
  return new EnvironmentError(`${image} cannot be pushed to the registry ${registry}: ${reason}.`);
}
