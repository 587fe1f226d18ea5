import { Command } from "commander";

import { checkCluster, type ClusterFinding } from "../../deployment/index.js";
import { toJson } from "../../export/index.js";
import { withResult, type CommandResult } from "../command.js";

interface CheckOptions {
  readonly context?: string;
  readonly namespace?: string;
  readonly repository?: string;
  readonly claim?: string;
}

/** `sightbook cluster check`: what deploying and batches need of Kubernetes, one thing after the other. */
export function clusterCommand(finish: (exitCode: number) => void): Command {
  const check = new Command("check")
    .description(
      "Go through what deploying and batches need: context, namespace, permissions, metrics, claim, registry and its login.",
    )
    .option("--context <name>", "of the kubeconfig (default: the current one)")
    .option("--namespace <name>", "default: that of the context")
    .option("--repository <name>", "where the image is to be, such as registry.example.org/team/tableware")
    .option("--claim <name>", "a PersistentVolumeClaim for a batch's folders, or a deployment's records");
  return new Command("cluster")
    .description("Kubernetes clusters to deploy to.")
    .addCommand(withResult(check, run, finish));
}

async function run(options: CheckOptions): Promise<CommandResult> {
  const findings: ClusterFinding[] = [];
  const isFine = await checkCluster(options, (finding) => findings.push(finding));
  return {
    json: { ready: isFine, findings: toJson(findings) },
    text: findings.map(({ result, message }) => `${result.padEnd(5)}${message}`).join("\n"),
    exitCode: isFine ? 0 : 1,
  };
}
