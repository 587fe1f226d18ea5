import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { FileError } from "../errors.js";
import { systemReason } from "../files.js";
import type { ImageStatistics } from "../images/index.js";

/** What is kept of a scored image. */
export interface ScoreRecord {
  /** ISO 8601. */
  readonly time: string;
  /** Version of the model. */
  readonly version: string;
  readonly label: string;
  /** Probability of the label. */
  readonly score: number;
  readonly statistics?: ImageStatistics;
  /** File name of the image in the folder `images`, where images are kept. */
  readonly image?: string;
}

/** Names of record files: they sort by time. */
export const recordFilePattern = /^scores-.*\.jsonl$/;

/**
 * Reads what servers recorded in a folder, oldest first. A line that a crash cut short is passed over.
 *
 * @param options.since - Only what was scored from then on.
 */
export async function readRecords(
  folder: string,
  { since }: { readonly since?: Date | undefined } = {},
): Promise<ScoreRecord[]> {
  const names = (await namesIn(folder)).filter((each) => recordFilePattern.test(each)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return parseRecords(texts.join("\n"), { since });
}

/** The records in the text of one or several record files, oldest first; see {@link readRecords}. */
export function parseRecords(
  text: string,
  { since }: { readonly since?: Date | undefined } = {},
): ScoreRecord[] {
  const first = since?.toISOString() ?? "";
  return text
    .split("\n")
    .map(parse)
    .filter((record) => record !== undefined)
    .filter(({ time }) => time >= first)
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new FileError(folder, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}

function parse(line: string): ScoreRecord | undefined {
  if (line === "") return undefined;
  try {
    return JSON.parse(line) as ScoreRecord;
  } catch {
    return undefined;
  }
}
