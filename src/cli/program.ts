import { Command, CommanderError } from "commander";

import { ArgumentError, CancelledError, SightbookError } from "../errors.js";
import { sightbookVersion } from "../version.js";
import { batchCommand, batchWorkerCommand } from "./commands/batch.js";
import { clusterCommand } from "./commands/cluster.js";
import { deployCommand } from "./commands/deploy.js";
import { deploymentsCommand } from "./commands/deployments.js";
import { describeCommand } from "./commands/describe.js";
import { doctorCommand } from "./commands/doctor.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { exportCommand } from "./commands/export.js";
import { featurizeCommand } from "./commands/featurize.js";
import { kernelCommand, widgetsCommand } from "./commands/jupyter.js";
import { loadtestCommand } from "./commands/loadtest.js";
import { keyCommand } from "./commands/key.js";
import { predictCommand } from "./commands/predict.js";
import { serveCommand } from "./commands/serve.js";
import { setupCommand } from "./commands/setup.js";
import { trainCommand } from "./commands/train.js";

/** Exit codes: done, failed, wrong usage, interrupted (128 + SIGINT, as shells count). */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const helpAfter = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (train keeps what was learned).
SIGHTBOOK_DEBUG=1 shows where an error came from.`;

/**
 * Runs the command line.
 *
 * @param args - Without the interpreter and the script.
 * @returns The exit code.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command("sightbook")
    .description("Image classification: from a folder of images to an evaluated classifier.")
    .version(sightbookVersion())
    .addHelpText("after", helpAfter)
    .showHelpAfterError("See sightbook --help, or --help after a command.")
    .enablePositionalOptions()
    .exitOverride();
  const commands = [
    setupCommand,
    doctorCommand,
    describeCommand,
    trainCommand,
    evaluateCommand,
    predictCommand,
    featurizeCommand,
    exportCommand,
    loadtestCommand,
    batchCommand,
    serveCommand,
    deployCommand,
    deploymentsCommand,
    clusterCommand,
    keyCommand,
    kernelCommand,
    widgetsCommand,
  ];
  for (const create of commands) {
    const command = create(finish);
    program.addCommand(command.copyInheritedSettings(program));
  }
  // Started by executors, not by people.
  program.addCommand(batchWorkerCommand(finish).copyInheritedSettings(program), { hidden: true });
  return program;
}

/** Says what went wrong in one sentence; the exit code that goes with it. */
function report(error: unknown): number {
  // Commander has said it already, help and version included.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const debug = process.env["SIGHTBOOK_DEBUG"] === "1";
  const unexpected = !(error instanceof SightbookError);
  if (error instanceof Error) {
    const hint = unexpected && !debug ? " (SIGHTBOOK_DEBUG=1 shows where this came from)" : "";
    process.stderr.write(`error: ${debug ? (error.stack ?? error.message) : error.message + hint}\n`);
  } else process.stderr.write(`error: ${String(error)}\n`);
  if (error instanceof CancelledError) return exitCodes.interrupted;
  return error instanceof ArgumentError && optionNames.has(error.argument)
    ? exitCodes.usage
    : exitCodes.failed;
}

/** Arguments of the library that come from the command line as they are. */
const optionNames = new Set([
  "baseModel",
  "batchSize",
  "connections",
  "dropout",
  "epochs",
  "executor",
  "imageSize",
  "keyDigests",
  "learningRate",
  "learningRates",
  "p99",
  "maxImages",
  "memory",
  "modelVersion",
  "name",
  "resizeTo",
  "resume",
  "output",
  "repository",
  "--run-volume",
  "--images-volume",
  "schedule",
  "SIGHTBOOK_ENGINE",
  "trainable",
  "url",
]);
