import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import type { CommandOptions } from "../../commands.js";

/** What every step of set-up is given. */
export interface SetupContext {
  /** The Python whose pip downloads the wheels. */
  readonly python: string;
  readonly onProgress: (message: string) => void;
  /** Passed to each program that runs. */
  readonly command: Pick<CommandOptions, "env" | "signal">;
  /** What a person runs to continue after a failed step; finished steps are kept. */
  readonly mend: string;
}

/**
 * Makes a folder in one piece: `make` fills a neighbour, which gets its name when it is complete. A folder that is
 * already there was completed before, and is kept.
 */
export async function finished(folder: string, make: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await make(partial);
  await rename(partial, folder);
}
