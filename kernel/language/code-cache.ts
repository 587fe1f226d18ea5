import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { Script } from "node:vm";

/** What the types of Node 20 do not know. */
interface CompileCache {
  enableCompileCache(): unknown;
  flushCompileCache(): void;
}

/** A CommonJS module that was loaded, and the way to make the next process load it faster. */
export interface CachedModule {
  readonly exports: unknown;
  /** Keeps the code that V8 has compiled by now. */
  readonly keep: () => void;
}

/**
 * Loads a large CommonJS module with the compiled code that an earlier process kept, in a third of the time. Node does so
 * itself since 22.8; for older ones this keeps the code where Node does, in the folder for temporary files.
 */
export function requireCached(path: string): CachedModule {
  const { enableCompileCache, flushCompileCache } = nodeModule as Partial<CompileCache>;
  if (enableCompileCache !== undefined) {
    enableCompileCache();
    return { exports: createRequire(path)(path), keep: () => flushCompileCache?.() };
  }
  const source = readFileSync(path);
  const file = join(
    tmpdir(),
    `sightbook-${userInfo().uid}`,
    `${sha256(`${path} ${process.versions.v8} `, source)}.code`,
  );
  const cachedData = readCode(file);
  // V8 compares nothing but the length of the source: the file's name stands for the rest.
  const code = nodeModule.wrap(source.toString("utf8"));
  const script = new Script(code, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parts: unknown[]) => void;
  run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  const usable = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    exports: module.exports,
    keep: () => {
      if (!usable) writeCode(file, script.createCachedData());
    },
  };
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Hash and code of a file that only this user can have written; V8 trusts what it is given. */
function readCode(file: string): Buffer | undefined {
  try {
    const { uid, mode } = statSync(dirname(file));
    if (process.platform !== "win32" && (uid !== process.getuid?.() || (mode & 0o022) !== 0))
      return undefined;
    const content = readFileSync(file);
    const code = content.subarray(32);
    return Buffer.from(sha256(code), "hex").equals(content.subarray(0, 32)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function writeCode(file: string, code: Buffer): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.${process.pid}`, Buffer.concat([Buffer.from(sha256(code), "hex"), code]));
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Without the cache the next start takes longer, no more.
  }
}
