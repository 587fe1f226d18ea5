import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";

import { tarStream, type TarEntry } from "../../src/deployment/image/tar-stream.js";

/** Writes an image that holds one static program and runs it. */
export async function imageFile(path: string, tag: string, program: string): Promise<void> {
  const layer = await bytesOf([fileOf("program", readFileSync(program), 0o755)]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Entrypoint: ["/program"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${createHash("sha256").update(layer).digest("hex")}`] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify([{ Config: "config.json", RepoTags: [tag], Layers: ["layer.tar"] }]),
  );
  await writeFile(
    path,
    await bytesOf([
      fileOf("layer.tar", layer),
      fileOf("config.json", config),
      fileOf("manifest.json", manifest),
    ]),
  );
}

function fileOf(path: string, content: Buffer, mode = 0o644): TarEntry {
  return { path, mode, size: content.length, content };
}

async function bytesOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarStream(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
