import type { RecorderOptions } from "../monitoring/index.js";

/** What a deployment keeps of what it scores: see `docs/monitoring.md`. */
export type RecordingOptions = Pick<RecorderOptions, "maxBytes" | "keepImages" | "maxImageBytes">;

/** What is to be kept after a request; `undefined`: nothing. */
export function nextRecording(
  asked: RecordingOptions | boolean | undefined,
  old: RecordingOptions | undefined,
): RecordingOptions | undefined {
  if (asked === undefined) return old;
  if (asked === false) return undefined;
  return asked === true ? {} : asked;
}

/** The same as options of `sightbook serve`. */
export function recordingArguments(folder: string, recording: RecordingOptions | undefined): string[] {
  if (recording === undefined) return [];
  const { maxBytes, keepImages, maxImageBytes } = recording;
  return [
    `--record=${folder}`,
    ...(maxBytes === undefined ? [] : [`--record-bytes=${maxBytes}`]),
    ...(keepImages === undefined ? [] : [`--record-images=${keepImages}`]),
    ...(maxImageBytes === undefined ? [] : [`--record-image-bytes=${maxImageBytes}`]),
  ];
}

/** Arguments of Node that print all records of a folder: a container of ours has no shell. */
export function printRecords(folder: string): string[] {
  const script =
    'const fs = require("fs"), folder = process.argv[1];' +
    "const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];" +
    'for (const file of files) if (file.endsWith(".jsonl")) process.stdout.write(fs.readFileSync(folder + "/" + file));';
  return ["-e", script, folder];
}
