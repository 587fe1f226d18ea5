import { Command, Option } from "commander";

import { setupEngine, type TensorFlowVariant } from "../../engine/setup/index.js";
import { interruptible } from "../../interrupt.js";
import { withResult, type CommandResult } from "../command.js";
import { StepLog } from "../step-log.js";

interface SetupOptions {
  readonly force?: boolean;
  readonly variant?: TensorFlowVariant;
}

/** `sightbook setup`: builds the TensorFlow engine in the user's cache. */
export function setupCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("setup")
    .description(
      "Set up the TensorFlow engine in your cache; needs Python with pip. Goes on where it was interrupted.",
    )
    .option("--force", "begin from nothing even if the engine is there")
    .addOption(
      new Option("--variant <kind>", "default: cuda where an NVIDIA driver answers, else cpu").choices([
        "cpu",
        "cuda",
      ]),
    );
  return withResult(command, setup, finish);
}

async function setup({ force = false, variant }: SetupOptions): Promise<CommandResult> {
  const interrupt = interruptible();
  try {
    const { folder, manifest } = await new StepLog(process.stderr).step("TensorFlow engine", (onProgress) =>
      setupEngine({ onProgress, signal: interrupt.signal, force, ...(variant && { variant }) }),
    );
    return {
      json: { engine: "tensorflow", folder, version: manifest.tensorFlow, variant: manifest.variant },
      text: `TensorFlow ${manifest.tensorFlow} (${manifest.variant}) is ready in ${folder}`,
    };
  } finally {
    interrupt.release();
  }
}
