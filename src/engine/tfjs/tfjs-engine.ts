import { EnvironmentError } from "../../errors.js";
import type { Network, Weights } from "../../networks/network.js";
import type { Engine, TrainingOptions, TrainingSession } from "../engine.js";
import { WorkerClient } from "../worker-client.js";
import type { TfjsBackend, TfjsCalls } from "./protocol.js";
import { TfjsSession } from "./session.js";

/** Whether a tfjs engine runs on this machine, and if not why. */
export interface TfjsProbe {
  readonly available: boolean;
  /** Library, version and device. */
  readonly description: string;
  readonly reason?: string;
  /** What would help. */
  readonly mend?: string;
}

/** An engine of tfjs; {@link tensorCount} is for tests. */
export interface TfjsEngine extends Engine {
  /** Tensors alive in the engine's thread. */
  tensorCount(): Promise<number>;
}

/**
 * Starts tfjs in a worker thread.
 *
 * @param options.allowSoftware - Whether a WebGPU adapter will do that computes on the CPU, more slowly than wasm. Default: true.
 * @throws {@link EnvironmentError} when the backend does not run here.
 */
export async function createTfjsEngine(
  name: TfjsBackend,
  { allowSoftware = true }: { readonly allowSoftware?: boolean } = {},
): Promise<TfjsEngine> {
  const { engine, software } = await start(name);
  if (name !== "webgpu" || !software || allowSoftware) return engine;
  await engine.dispose();
  throw new EnvironmentError(`openEngine: ${softwareAdapter} (${engine.description}).`);
}

const softwareAdapter =
  "the webgpu engine finds only a software renderer here, slower than wasm; to use it all the same set SIGHTBOOK_ENGINE=webgpu";

/** Whether the engine runs here; a software renderer counts only where `SIGHTBOOK_ENGINE=webgpu` asks for it. */
export async function probeTfjs(name: TfjsBackend): Promise<TfjsProbe> {
  try {
    const engine = await createTfjsEngine(name, {
      allowSoftware: process.env["SIGHTBOOK_ENGINE"] === "webgpu",
    });
    await engine.dispose();
    return { available: true, description: engine.description };
  } catch (error) {
    const reason = (error as Error).message.replace(/^openEngine: /, "").replace(/\.$/, "");
    const mend =
      name === "webgpu" ? "a graphics card with a driver for Vulkan, Metal or Direct3D 12" : undefined;
    return { available: false, description: `tfjs on ${name}`, reason, ...(mend ? { mend } : {}) };
  }
}

async function start(name: TfjsBackend): Promise<{ engine: TfjsEngine; software: boolean }> {
  const worker = new WorkerClient<TfjsCalls>(new URL("./worker.js", import.meta.url), `tfjs ${name}`);
  try {
    const { description, software } = await worker.call("load", { backend: name });
    const engine: TfjsEngine = {
      name,
      description,
      createSession: (
        network: Network,
        weights: Weights,
        options: TrainingOptions,
      ): Promise<TrainingSession> => TfjsSession.create(worker, network, weights, options),
      tensorCount: () => worker.call("tensors", null),
      // A thread that is ended while the graphics card works for it may take the process along.
      dispose: () => worker.terminate({ finishCalls: name === "webgpu" }),
    };
    return { engine, software };
  } catch (error) {
    await worker.terminate();
    throw new EnvironmentError(
      `openEngine: the ${name} engine does not run here (${(error as Error).message}).`,
      {
        cause: error,
      },
    );
  }
}
