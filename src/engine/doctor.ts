import { cpus } from "node:os";
import { ArgumentError } from "../errors.js";
import { candidates, type EngineProbe } from "./candidates.js";
import type { EngineName } from "./engine.js";
import { chosenEngine } from "./open-engine.js";

/** What trains networks on this machine, and why the rest does not. */
export interface EngineReport {
  /** Node's version, such as `"20.19.0"`. */
  readonly node: string;
  /** Operating system and processor architecture, such as `"linux x64"`. */
  readonly platform: string;
  /** Processor model and number of cores. */
  readonly processor: string;
  /** Best first. */
  readonly engines: readonly (EngineProbe & { readonly name: EngineName })[];
  /** The engine that `openEngine()` would open, if any. */
  readonly chosen?: EngineName;
  /** Why it is that one, or why there is none. */
  readonly choice: string;
}

/** Tries every engine and says which one `openEngine()` opens. */
export async function diagnose(): Promise<EngineReport> {
  const engines: (EngineProbe & { name: EngineName })[] = [];
  for (const candidate of candidates) engines.push({ name: candidate.name, ...(await candidate.probe()) });
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores`,
    engines,
    ...choose(engines),
  };
}

function choose(
  engines: readonly (EngineProbe & { readonly name: EngineName })[],
): Pick<EngineReport, "chosen" | "choice"> {
  try {
    const named = chosenEngine()?.name;
    if (named === undefined) {
      const first = engines.find(({ available }) => available);
      return first === undefined
        ? { choice: "no engine runs on this machine" }
        : { chosen: first.name, choice: "the first that runs on this machine" };
    }
    const runs = engines.some(({ name, available }) => name === named && available);
    return runs
      ? { chosen: named, choice: "named by SIGHTBOOK_ENGINE" }
      : { choice: `SIGHTBOOK_ENGINE names ${named}, which does not run on this machine` };
  } catch (error) {
    if (error instanceof ArgumentError) return { choice: error.message };
    throw error;
  }
}

/** The report for people, several lines. */
export function formatEngineReport({
  node,
  platform,
  processor,
  engines,
  chosen,
  choice,
}: EngineReport): string {
  const lines = engines.flatMap(({ name, available, description, reason, mend }) => [
    `${available ? "  yes" : "   no"}  ${name.padEnd(10)}  ${description}${reason ? `: ${reason}` : ""}`,
    ...(mend ? [`${" ".repeat(19)}to mend it: ${mend}`] : []),
  ]);
  return [
    `Node ${node} on ${platform}, ${processor}`,
    "Engines for training, best first:",
    ...lines,
    `Chosen: ${chosen ?? "none"} (${choice})`,
  ].join("\n");
}
