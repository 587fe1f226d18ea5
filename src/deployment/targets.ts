import { ArgumentError } from "../errors.js";
import { dockerTarget } from "./docker/docker-target.js";
import { localTarget } from "./local/local-target.js";
import type { DeploymentTarget, TargetName } from "./target.js";

export const targets: Readonly<Partial<Record<TargetName, DeploymentTarget>>> = {
  local: localTarget,
  docker: dockerTarget,
};

export const targetNames = Object.keys(targets) as TargetName[];

export function targetNamed(where: string, name: TargetName): DeploymentTarget {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target !== undefined) return target;
  throw new ArgumentError(where, "target", `one of ${targetNames.join(", ")}`, name);
}
