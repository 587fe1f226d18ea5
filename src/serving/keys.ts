import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";

import { ArgumentError, FileError } from "../errors.js";
import { systemReason } from "../files.js";

/** Environment variable with the digests of the keys, separated by a comma. */
export const keyDigestsVariable = "SIGHTBOOK_KEY_DIGESTS";

/** A new key for a client, and the digest for the server, which never needs to know the key. */
export interface NewKey {
  /** 256 random bits in base64url, 43 characters. */
  readonly key: string;
  /** Their SHA-256 over the text, 64 hexadecimal digits. */
  readonly digest: string;
}

export function newKey(): NewKey {
  const key = randomBytes(32).toString("base64url");
  return { key, digest: keyDigest(key) };
}

/** The digest by which a server knows a key. */
export function keyDigest(key: string): string {
  return sha256(key).toString("hex");
}

/**
 * Reads digests as they stand in a file or an environment variable, separated by commas or lines.
 *
 * @throws {@link ArgumentError} that never repeats what it was given: somebody may have put the key itself there.
 */
export function parseKeyDigests(where: string, text: string): string[] {
  const digests = text.split(/[\s,]+/u).filter((part) => part !== "");
  checkKeyDigests(where, digests);
  return digests;
}

/** @throws {@link FileError} or {@link ArgumentError}. */
export async function readKeysFile(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
  return parseKeyDigests(path, text);
}

export function checkKeyDigests(where: string, digests: readonly string[]): void {
  const right = digests.length <= 2 && digests.every((digest) => /^[0-9a-f]{64}$/iu.test(digest));
  if (right) return;
  throw new ArgumentError(
    where,
    "keyDigests",
    "one or two SHA-256 digests of 64 hexadecimal digits",
    "something else (not shown)",
    "sightbook key makes a key and its digest.",
  );
}

/** A server that asks for a key must not be opened by a file that has become empty, nor the other way round. */
export function checkNewKeys(where: string, digests: readonly string[], old: readonly string[]): void {
  checkKeyDigests(where, digests);
  if (digests.length > 0 === old.length > 0) return;
  const must =
    old.length > 0 ? "at least one: this server asks for a key" : "none: this server asks for no key";
  throw new ArgumentError(where, "keyDigests", must, digests.length, "Start it again to change that.");
}

/**
 * Whether an `Authorization` header carries one of the keys.
 *
 * What was sent is hashed first, so both sides have the same length and the time says nothing about the key; every
 * digest is compared, so it does not say either which one fits.
 */
export function isAuthorized(header: string | undefined, digests: readonly string[]): boolean {
  const sent = sha256(/^Bearer +(\S+) *$/iu.exec(header ?? "")?.[1] ?? "");
  let found = false;
  for (const digest of digests) found = timingSafeEqual(sent, Buffer.from(digest, "hex")) || found;
  return found;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
