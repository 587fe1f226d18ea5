import { ArgumentError } from "../errors.js";

/** What every target takes as a name, Kubernetes being the strictest, with room for endings. */
const deploymentName = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/u;

export function checkName(where: string, name: unknown): void {
  if (typeof name === "string" && deploymentName.test(name)) return;
  throw new ArgumentError(
    where,
    "name",
    "1 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
    name,
    "It becomes part of addresses and file names.",
  );
}

export function checkReplicas(where: string, replicas: unknown): void {
  if (Number.isInteger(replicas) && (replicas as number) >= 1 && (replicas as number) <= 1000) return;
  throw new ArgumentError(where, "replicas", "a whole number from 1 to 1000", replicas);
}

export function checkPort(where: string, port: unknown): void {
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65535) return;
  throw new ArgumentError(where, "port", "a whole number from 0 to 65535", port, "0 takes a free one.");
}
