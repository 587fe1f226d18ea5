import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { fileURLToPath } from "node:url";

/** The checkout's root; tests run compiled, from `dist/test`. */
export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

/** A golden file: constants from an independent implementation, kept beside the script that made them. */
export function goldenPath(name: string): string {
  return join(repositoryRoot, "test", "golden", name);
}

/** A file of the development data beside the checkout, or `undefined` where that folder is absent. */
export function developmentData(name: string): string | undefined {
  const path = join(repositoryRoot, "..", "shared", "data", name);
  return existsSync(path) ? path : undefined;
}

/** The `skip` option of a test that needs development data: false, or the reason. */
export function skipWithout(name: string): string | false {
  return developmentData(name) === undefined ? `development data ${name} is absent` : false;
}

const temporaryFolders: string[] = [];

/** A fresh folder that goes away with the process: after all hooks, which end the programs that write in it. */
export function temporaryFolder(): string {
  if (temporaryFolders.length === 0) process.once("exit", removeTemporaryFolders);
  const folder = mkdtempSync(join(tmpdir(), "sightbook-test-"));
  temporaryFolders.push(folder);
  return folder;
}

function removeTemporaryFolders(): void {
  // A program that was told to end may write its last.
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

/**
 * The `skip` option of tests that need something of the machine: false, or the reason. `SIGHTBOOK_REQUIRED` names what must be
 * there, such as `"cluster docker"`: then these tests are not skipped, and fail by the reason.
 */
export function skipUnlessRequired(what: "cluster" | "docker", reason: string | false): string | false {
  const required = (process.env["SIGHTBOOK_REQUIRED"] ?? "").split(" ");
  if (reason !== false && required.includes(what)) {
    test(`${what} is there, as it must be in CI`, () => {
      throw new Error(reason);
    });
  }
  return reason;
}
