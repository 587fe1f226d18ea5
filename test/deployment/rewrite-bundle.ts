import { readBundle, writeBundle } from "../../src/export/index.js";

/** Replaces a file of a bundle and makes every hash fit again. */
export async function rewriteBundle(path: string, name: string, content: Uint8Array): Promise<void> {
  const { manifest, files } = await readBundle(path);
  await writeBundle(path, manifest, new Map([...files, [name, content]]));
}
