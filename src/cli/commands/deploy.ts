import { Command, Option } from "commander";

import { Deployment, targetNames, type TargetName } from "../../deployment/index.js";
import { withResult, type CommandResult } from "../command.js";
import { share, wholeNumber } from "../values.js";

interface DeployOptions {
  readonly name: string;
  readonly target: TargetName;
  readonly replicas?: number;
  readonly port?: number;
  readonly host?: string;
  readonly record?: boolean;
  readonly recordImages?: number;
}

/** `sightbook deploy`: a bundle as a web service that outlives the terminal. */
export function deployCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("deploy")
    .description(
      "Serve a saved classifier as a web service that goes on without this terminal. " +
        "Under a name that is deployed already, the service changes to it without a failed request.",
    )
    .argument("<bundle>", "folder or .zip that train wrote")
    .requiredOption("--name <name>", "lower-case letters, digits and dashes")
    .addOption(targetOption().default("local"))
    .option(
      "--replicas <count>",
      "how many score (default: as many as there are, at first 1)",
      wholeNumber(1),
    )
    .option("--port <port>", "default: a free one, kept from then on", wholeNumber(0))
    .option("--record", "keep label, score and image statistics, for reports of drift")
    .option("--no-record", "keep them no more")
    .option("--record-images <share>", "with --record: keep this share of the images too", share)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine alone)");
  return withResult(command, deploy, finish);
}

export function targetOption(): Option {
  return new Option("--target <target>", "where it runs").choices(targetNames);
}

async function deploy(
  bundle: string,
  { record: isRecorded, recordImages, ...options }: DeployOptions,
): Promise<CommandResult> {
  const record =
    isRecorded === true && recordImages !== undefined ? { keepImages: recordImages } : isRecorded;
  const deployment = new Deployment({ ...options, model: bundle, ...(record !== undefined && { record }) });
  await deployment.deploy({ onProgress: (step) => process.stderr.write(`${step}\n`) });
  const { name, endpoint, version } = deployment;
  return {
    json: { name, endpoint, version },
    text: `${name} ${version} is served at ${endpoint}; its key: sightbook deployments key ${name}`,
  };
}
