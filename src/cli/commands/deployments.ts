import { Command } from "commander";

import { Deployment, type DeploymentStatus, type TargetName } from "../../deployment/index.js";
import { toJson } from "../../export/index.js";
import { withResult, type CommandResult } from "../command.js";
import { countOf } from "../text.js";
import { wholeNumber } from "../values.js";
import { targetOption } from "./deploy.js";

interface Where {
  readonly target?: TargetName;
}

/** `sightbook deployments`: what is deployed, from whatever session, and what can be done with it. */
export function deploymentsCommand(finish: (exitCode: number) => void): Command {
  const named = (name: string, description: string): Command =>
    new Command(name)
      .description(description)
      .argument("<name>", "as deployments list shows it")
      .addOption(targetOption());
  const list = new Command("list").description("All deployments of this user.").addOption(targetOption());
  const commands = [
    withResult(list, listAll, finish),
    withResult(
      named("key", "Print the key that the service asks for.").option(
        "--secondary",
        "the other one that it takes",
      ),
      key,
      finish,
    ),
    withResult(
      named("rotate-key", "Make a new key; the one before works until the next rotation."),
      rotateKey,
      finish,
    ),
    withResult(
      named("logs", "Print the end of its log.").option("--lines <count>", "how many", wholeNumber(1), 100),
      logs,
      finish,
    ),
    withResult(named("records", "Print what it scored, one line of JSON for each image."), records, finish),
    withResult(
      named("scale", "Change the number of replicas.").argument("<replicas>", "how many", wholeNumber(1)),
      scale,
      finish,
    ),
    withResult(named("rollback", "Go back to the version before."), rollback, finish),
    withResult(named("delete", "Answer what was accepted, then remove all of it."), remove, finish),
  ];
  const parent = new Command("deployments").description("List, change and delete deployments.");
  for (const command of commands) parent.addCommand(command);
  return parent;
}

async function listAll({ target }: Where): Promise<CommandResult> {
  const all = await Deployment.list({ target });
  return {
    json: { deployments: toJson(all) },
    text: all.length === 0 ? "Nothing is deployed." : all.map(line).join("\n"),
  };
}

function line(status: DeploymentStatus): string {
  const { name, target, state, problem, endpoint, version, replicas, readyReplicas, cluster } = status;
  if (problem !== undefined) return `${name}: ${state}, ${target}, ${endpoint}: ${problem}`;
  const place = cluster === undefined ? target : `${target} (${cluster.context}, ${cluster.namespace})`;
  return `${name}: ${state}, ${place}, ${endpoint}, version ${version}, ${readyReplicas} of ${countOf(replicas, "replica")} ready`;
}

async function key(
  name: string,
  { secondary = false, ...where }: Where & { readonly secondary?: boolean },
): Promise<CommandResult> {
  const { key: primary, secondaryKey } = await Deployment.open(name, where);
  const text = secondary ? (secondaryKey ?? "Only the machine that deployed first knows it.") : primary;
  return { json: { key: primary, secondaryKey }, text };
}

async function rotateKey(name: string, where: Where): Promise<CommandResult> {
  const rotated = await (await Deployment.open(name, where)).rotateKey();
  return { json: { key: rotated }, text: rotated };
}

async function logs(name: string, options: Where & { readonly lines: number }): Promise<CommandResult> {
  const text = await (await Deployment.open(name, options)).logs(options);
  return { json: { lines: text.split("\n") }, text };
}

async function records(name: string, where: Where): Promise<CommandResult> {
  const found = await (await Deployment.open(name, where)).records();
  return {
    json: { records: toJson(found) },
    text: found.map((record) => JSON.stringify(record)).join("\n"),
  };
}

async function scale(name: string, replicas: number, where: Where): Promise<CommandResult> {
  const deployment = await Deployment.open(name, where);
  const kept = await deployment.scale(replicas);
  const more = kept > replicas ? `, at least ${replicas} when the load falls` : "";
  return { json: { name, replicas: kept }, text: `${name}: ${countOf(kept, "replica")}${more}` };
}

async function rollback(name: string, where: Where): Promise<CommandResult> {
  const version = await (await Deployment.open(name, where)).rollback();
  return { json: { name, version }, text: `${name} is back at version ${version}` };
}

async function remove(name: string, where: Where): Promise<CommandResult> {
  const deployment = await Deployment.open(name, where);
  await deployment.delete();
  return { json: { name }, text: `${name} is deleted` };
}
