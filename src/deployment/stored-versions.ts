import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { errorCode } from "../files.js";
import { readBundle, writeBundle } from "../export/index.js";
import { bundleVersion } from "../serving/index.js";

/** What can be deployed: a trained classifier, or the path of a bundle that one saved. */
export type DeployableModel = string | { save(path: string): Promise<void> };

/** A model as it is kept for a deployment. */
export interface StoredVersion {
  readonly version: string;
  /** Folder of the bundle. */
  readonly bundle: string;
}

/**
 * Keeps a copy of a model in `folder/<version>`: what happens to the classifier or to its files later does not change
 * what is deployed.
 *
 * @throws {@link FileError} when the bundle is damaged; {@link SightbookError} when the classifier is not trained.
 */
export async function storeVersion(folder: string, model: DeployableModel): Promise<StoredVersion> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `.${randomUUID().slice(0, 8)}.tmp`);
  try {
    if (typeof model === "string") {
      const { manifest, files } = await readBundle(model);
      await writeBundle(fresh, manifest, files);
    } else await model.save(fresh);
    const { manifest } = await readBundle(fresh);
    const version = bundleVersion(manifest);
    const bundle = join(folder, version);
    try {
      await rename(fresh, bundle);
    } catch (error) {
      // This version is there already, and its name is the hash of its content.
      if (errorCode(error) !== "ENOTEMPTY" && errorCode(error) !== "EEXIST") throw error;
    }
    return { version, bundle };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Removes the versions that are not to be kept. */
export async function removeOtherVersions(folder: string, keep: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!keep.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
