import { ArgumentError, EnvironmentError } from "../errors.js";
import { candidates, type EngineCandidate } from "./candidates.js";
import type { Engine, EngineName } from "./engine.js";

/**
 * Opens what trains networks on this machine.
 *
 * @param options.name - The engine to use; default: `SIGHTBOOK_ENGINE` if set, else the first of tensorflow, webgpu
 *   and wasm that runs here. An engine that is named is used or fails; another one never takes its place.
 * @param options.onUnavailable - Called with each better engine that does not run here, and why and what mends it.
 * @throws {@link EnvironmentError} when the engine does not run here, with the command that mends it.
 */
export async function openEngine(
  options: {
    readonly name?: EngineName;
    readonly onUnavailable?: (name: EngineName, reason: string) => void;
  } = {},
): Promise<Engine> {
  const named = chosenEngine(options.name);
  if (named !== undefined) return named.open();
  const reasons: (readonly [name: EngineName, reason: string])[] = [];
  for (const candidate of candidates) {
    try {
      const engine = await candidate.open({ asked: false });
      for (const [name, reason] of reasons) options.onUnavailable?.(name, reason);
      return engine;
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      reasons.push([candidate.name, error.message]);
    }
  }
  throw new EnvironmentError(
    `openEngine: no engine runs on this machine.\n  ${reasons.map((each) => each.join(": ")).join("\n  ")}`,
  );
}

/** The engine that the caller or `SIGHTBOOK_ENGINE` names, if any. */
export function chosenEngine(name?: EngineName): EngineCandidate | undefined {
  const wanted = name ?? (process.env["SIGHTBOOK_ENGINE"] || undefined);
  if (wanted === undefined) return undefined;
  const candidate = candidates.find((each) => each.name === wanted);
  if (candidate === undefined) {
    const argument = name === undefined ? "SIGHTBOOK_ENGINE" : "name";
    const names = candidates.map((each) => each.name).join(", ");
    throw new ArgumentError("openEngine", argument, `one of ${names}`, wanted);
  }
  return candidate;
}
