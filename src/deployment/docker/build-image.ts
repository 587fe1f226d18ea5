import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import { FileError } from "../../errors.js";
import { systemReason } from "../../files.js";
import { imageArchive } from "../image/image-archive.js";
import { connectDocker } from "./connect.js";
import { deploymentLabel, imageTag } from "./containers.js";
import { loadImage } from "./docker-target.js";

/** An image that was built. */
export interface DockerImage {
  /** Such as `"sightbook/tableware:0123456789ab"`. */
  readonly tag: string;
  /** Bytes of all its layers, the model's among them. */
  readonly size: number;
}

/** Builds a bundle's image into the daemon, or into a file. */
export async function buildImage(
  name: string,
  version: string,
  bundle: string,
  output: string | undefined,
): Promise<DockerImage> {
  const tag = imageTag(name, version);
  if (output === undefined)
    return { tag, size: await loadImage(await connectDocker(), name, version, bundle) };
  const { content, size } = await imageArchive({ bundle, tag, labels: { [deploymentLabel]: name } });
  const part = `${output}.part`;
  try {
    await pipeline(content, createWriteStream(part));
    await rename(part, output);
  } catch (error) {
    await rm(part, { force: true });
    throw new FileError(output, `could not be written (${systemReason(error)})`, undefined, { cause: error });
  }
  return { tag, size };
}
