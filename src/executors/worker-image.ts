import type Docker from "dockerode";

import { loadArchive } from "../deployment/docker/load-archive.js";
import { imageArchive, runtimeVersion } from "../deployment/image/image-archive.js";

/** The image that workers run: this package without a model, which is in the run's folder. */
export interface WorkerImage {
  readonly tag: string;
  /** Another one for any other version of this package, of those it needs, or of Node. */
  readonly version: string;
}

/** Builds the workers' image into the daemon, unless it has it. */
export async function workerImage(docker: Docker, onNote: (note: string) => void): Promise<WorkerImage> {
  const version = await runtimeVersion();
  const tag = `sightbook-worker:${version}`;
  const known = await docker.listImages({ filters: { reference: [tag] } });
  if (known.length === 0) {
    onNote("building the workers' image");
    await loadArchive(docker, tag, await imageArchive({ tag, labels: {} }));
  }
  return { tag, version };
}
