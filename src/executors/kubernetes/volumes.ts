import type { V1Volume, V1VolumeMount } from "@kubernetes/client-node";

import { ArgumentError } from "../../errors.js";

/** A folder as the pods of a cluster find it. */
export type VolumePlace =
  /** In the volume of a PersistentVolumeClaim of the namespace; `path` is within it, default its top. */
  | { readonly claim: string; readonly path?: string }
  | { readonly nfs: { readonly server: string; readonly path: string } }
  /** The same path on every node. */
  | { readonly hostPath: string };

/**
 * Reads a place as a command line writes it: `claim:photos/2026`, `nfs:files.example.org:/export/photos`, `host:/data/photos`.
 *
 * @param argument - For the error.
 */
export function parseVolumePlace(argument: string, text: string): VolumePlace {
  const claim = /^claim:([a-z0-9.-]+)(?:\/(.+))?$/.exec(text);
  if (claim) return { claim: claim[1]!, ...(claim[2] !== undefined && { path: claim[2] }) };
  const nfs = /^nfs:([^:/]+):(\/.*)$/.exec(text);
  if (nfs) return { nfs: { server: nfs[1]!, path: nfs[2]! } };
  const host = /^host:(\/.*)$/.exec(text);
  if (host) return { hostPath: host[1]! };
  const forms = "claim:<name>[/<path>], nfs:<server>:/<path> or host:/<path>";
  throw new ArgumentError("batch", argument, forms, text);
}

/** Where workers see the two folders. */
export const mountPaths = { run: "/run", images: "/images" } as const;

/** The volumes of a pod and where they are mounted; the images cannot be written to. */
export function volumesOf(places: { readonly run: VolumePlace; readonly images: VolumePlace }): {
  readonly volumes: V1Volume[];
  readonly volumeMounts: V1VolumeMount[];
} {
  const sources = { run: sourceOf(places.run), images: sourceOf(places.images) };
  // Pods that name one claim twice can wait for ever for the second one.
  const isShared = JSON.stringify(sources.run) === JSON.stringify(sources.images);
  return {
    volumes: [{ name: "run", ...sources.run }, ...(isShared ? [] : [{ name: "images", ...sources.images }])],
    volumeMounts: [
      { name: "run", mountPath: mountPaths.run, ...subPath(places.run) },
      {
        name: isShared ? "run" : "images",
        mountPath: mountPaths.images,
        readOnly: true,
        ...subPath(places.images),
      },
    ],
  };
}

function sourceOf(place: VolumePlace): Omit<V1Volume, "name"> {
  if ("claim" in place) return { persistentVolumeClaim: { claimName: place.claim } };
  if ("nfs" in place) return { nfs: place.nfs };
  // A folder that is not there is an error, and is not made.
  return { hostPath: { path: place.hostPath, type: "Directory" } };
}

function subPath(place: VolumePlace): { readonly subPath?: string } {
  return "claim" in place && place.path !== undefined ? { subPath: place.path.replace(/^\/+/, "") } : {};
}
