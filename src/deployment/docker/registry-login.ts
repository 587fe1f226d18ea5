import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { runCommand } from "../../commands.js";
import { readJson } from "../../files.js";

const dockerHub = "docker.io";

/** The registry of a repository's name as Docker reads it: a first part that is no host belongs to Docker Hub. */
export function registryOf(repository: string): string {
  const host = repository.split("/")[0]!;
  return /[.:]/u.test(host) || host === "localhost" ? host : dockerHub;
}

/** A login as the daemon takes it. */
export interface RegistryLogin {
  readonly serveraddress: string;
  readonly username?: string;
  readonly password?: string;
  /** Instead of a name and a password. */
  readonly identitytoken?: string;
}

/** What is read of the file of the `docker` command. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  /** The program that keeps all logins, and those that keep a registry's. */
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Where `docker login` keeps logins, or says who does. */
export function dockerConfigPath(): string {
  return join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
}

/**
 * The login that `docker login` has kept for a registry.
 *
 * @returns `undefined` when there is none.
 * @throws {@link FileError} or {@link EnvironmentError} when the file, or the program that it names, cannot be asked.
 */
export async function registryLogin(registry: string): Promise<RegistryLogin | undefined> {
  const path = dockerConfigPath();
  if (!existsSync(path)) return undefined;
  const { auths = {}, credsStore, credHelpers = {} } = (await readJson(path)) as DockerConfig;
  const serveraddress = registry === dockerHub ? "https://index.docker.io/v1/" : registry;
  const helper = credHelpers[serveraddress] ?? credsStore;
  if (helper) return loginKeptBy(helper, serveraddress);
  const { auth, identitytoken } = auths[serveraddress] ?? {};
  if (identitytoken) return { serveraddress, identitytoken };
  if (!auth) return undefined;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString("utf8").split(":");
  return { serveraddress, username, password: password.join(":") };
}

/** @see https://github.com/docker/docker-credential-helpers for what such a program is asked and answers. */
async function loginKeptBy(helper: string, serveraddress: string): Promise<RegistryLogin | undefined> {
  const program = `docker-credential-${helper}`;
  let answer;
  try {
    answer = await runCommand(`Looking for the login of ${serveraddress}`, program, ["get"], {
      input: serveraddress,
    });
  } catch (error) {
    if ((error as Error).message.includes("credentials not found")) return undefined;
    throw error;
  }
  const { Username, Secret } = JSON.parse(answer) as { readonly Username: string; readonly Secret: string };
  return Username === "<token>"
    ? { serveraddress, identitytoken: Secret }
    : { serveraddress, username: Username, password: Secret };
}
