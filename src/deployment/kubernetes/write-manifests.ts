import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { V1Secret } from "@kubernetes/client-node";

import { readText, writeFileAtomic } from "../../files.js";
import { keysFor, type DeploymentKeys } from "../keys.js";
import type { DeploymentRequest } from "../target.js";
import { nextSpec, type KubernetesOptions } from "./cluster-spec.js";
import { manifestsOf, secretKey } from "./manifests.js";

/**
 * Writes what `deploy` would apply as YAML, one file for each object, for a tool that keeps a cluster as a repository says.
 *
 * @returns The keys, since the files hold only their hashes; `undefined` when the folder had files for this deployment: then
 *   their hashes stay, so that its clients go on.
 */
export async function writeManifests(
  folder: string,
  request: Omit<DeploymentRequest, "bundle">,
  options: KubernetesOptions,
): Promise<DeploymentKeys | undefined> {
  const { dumpYaml, loadYaml } = await import("@kubernetes/client-node");
  const secretFile = join(folder, "secret.yaml");
  const there = existsSync(secretFile) ? loadYaml<V1Secret>(await readText(secretFile)) : undefined;
  const made = there?.metadata?.name === request.name ? undefined : keysFor(undefined);
  const digests = made?.digests ?? digestsIn(there!);
  const spec = nextSpec(request, options, options.namespace ?? "default", undefined, digests);
  await mkdir(folder, { recursive: true });
  for (const object of manifestsOf(spec)) {
    await writeFileAtomic(join(folder, `${object.kind!.toLowerCase()}.yaml`), dumpYaml(object));
  }
  return made?.keys;
}

function digestsIn({ data = {} }: V1Secret): string[] {
  return Buffer.from(data[secretKey] ?? "", "base64")
    .toString()
    .split(",");
}
