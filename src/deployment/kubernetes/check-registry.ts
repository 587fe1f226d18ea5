import { EnvironmentError } from "../../errors.js";
import { systemReason } from "../../files.js";
import { connectDocker, daemonWords } from "../docker/connect.js";
import { dockerConfigPath, registryLogin, registryOf } from "../docker/registry-login.js";
import type { Tell } from "./finding.js";

const answerTimeoutMs = 10_000;

/** Whether a registry answers from here and takes the login that an image is pushed with; whether the nodes reach it, only they know. */
export async function checkRegistry(repository: string, tell: Tell): Promise<void> {
  const registry = registryOf(repository);
  let status;
  try {
    ({ status } = await fetch(`${originOf(registry)}/v2/`, { signal: AbortSignal.timeout(answerTimeoutMs) }));
  } catch (error) {
    const reason = systemReason((error as Error).cause ?? error);
    tell("no", `the registry ${registry} does not answer (${reason}); is the name right?`);
    return;
  }
  if (status !== 200 && status !== 401) {
    tell("no", `the registry ${registry} answered ${status}, as no registry does; is the name right?`);
    return;
  }
  tell("ok", `the registry ${registry} answers`);
  await checkLogin(registry, status === 401, tell);
}

async function checkLogin(registry: string, isWanted: boolean, tell: Tell): Promise<void> {
  const login = await registryLogin(registry);
  if (login === undefined) {
    if (isWanted) {
      tell(
        "no",
        `${dockerConfigPath()} has no login for the registry ${registry}: log in with "docker login ${registry}"`,
      );
    }
    return;
  }
  const who = login.username ?? "the kept token";
  try {
    await (await connectDocker()).checkAuth(login);
    tell("ok", `the registry ${registry} takes the login of ${who}`);
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    const reason = daemonWords(error);
    tell(
      "no",
      `the registry ${registry} refuses the login of ${who} (${reason}): log in with "docker login"`,
    );
  }
}

/** Registries of this machine itself speak plain HTTP, as Docker takes for granted. */
function originOf(registry: string): string {
  if (registry === "docker.io") return "https://registry-1.docker.io";
  return `${/^(?:localhost|127\.)/u.test(registry) ? "http" : "https"}://${registry}`;
}
