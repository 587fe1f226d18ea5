import { Readable } from "node:stream";

import type Docker from "dockerode";

import { EnvironmentError } from "../../errors.js";
import type { ImageArchive } from "../image/image-archive.js";

/** Hands an image to the daemon, as `docker load` does. */
export async function loadArchive(docker: Docker, tag: string, { content }: ImageArchive): Promise<void> {
  const answer = await docker.loadImage(Readable.from(content, { objectMode: false }));
  const said: string[] = [];
  for await (const chunk of answer) said.push(String(chunk));
  const text = said.join("");
  if (!text.includes(tag)) throw new EnvironmentError(`Docker did not load the image: ${text.trim()}`);
}
