import { EnvironmentError } from "../errors.js";
import type { Engine, EngineName } from "./engine.js";
import { installedTensorFlow, missingPlatform, tensorFlowVersion } from "./setup/index.js";
import { createTensorFlowEngine } from "./tensorflow/index.js";
import { createTfjsEngine, probeTfjs } from "./tfjs/index.js";

/** Whether an engine would run here, and if not, why and what mends it. */
export interface EngineProbe {
  readonly available: boolean;
  /** Library, version and device: `"TensorFlow 2.21.0 on CPU"`. */
  readonly description: string;
  readonly reason?: string;
  /** A command, or a sentence where no command helps. */
  readonly mend?: string;
}

export interface EngineCandidate {
  readonly name: EngineName;
  probe(): Promise<EngineProbe>;
  /**
   * @param options.asked - The user names this engine, so that a slow device will do. Default: true.
   * @throws {@link EnvironmentError} when the engine does not run here.
   */
  open(options?: { readonly asked: boolean }): Promise<Engine>;
}

/** Every engine, best first. */
export const candidates: readonly EngineCandidate[] = [
  { name: "tensorflow", probe: probeTensorFlow, open: openTensorFlow },
  {
    name: "webgpu",
    probe: () => probeTfjs("webgpu"),
    open: ({ asked } = { asked: true }) => createTfjsEngine("webgpu", { allowSoftware: asked }),
  },
  { name: "wasm", probe: () => probeTfjs("wasm"), open: () => createTfjsEngine("wasm") },
];

const setupCommand = "npx sightbook setup";

async function probeTensorFlow(): Promise<EngineProbe> {
  const description = `TensorFlow ${tensorFlowVersion}`;
  const installation = await installedTensorFlow();
  if (installation === undefined) {
    const impossible = missingPlatform();
    return impossible === undefined
      ? { available: false, description, reason: "it is not set up on this machine", mend: setupCommand }
      : { available: false, description, reason: impossible };
  }
  try {
    const engine = await createTensorFlowEngine(installation);
    await engine.dispose();
    return { available: true, description: engine.description };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { available: false, description, reason, mend: `${setupCommand} --force` };
  }
}

async function openTensorFlow(): Promise<Engine> {
  const installation = await installedTensorFlow();
  if (installation === undefined) {
    throw new EnvironmentError(
      `openEngine: TensorFlow ${tensorFlowVersion} is not set up on this machine. Run: ${setupCommand}`,
    );
  }
  return createTensorFlowEngine(installation);
}
