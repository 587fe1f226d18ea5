import { ArgumentError } from "../errors.js";
import { dockerTarget } from "./docker/docker-target.js";
import type { KubernetesOptions } from "./kubernetes/cluster-spec.js";
import { kubernetesTarget } from "./kubernetes/kubernetes-target.js";
import { localTarget } from "./local/local-target.js";
import type { DeploymentTarget, TargetName } from "./target.js";

export const targetNames: readonly TargetName[] = ["local", "docker", "kubernetes"];

export function targetNamed(
  where: string,
  name: TargetName,
  kubernetes?: KubernetesOptions,
): DeploymentTarget {
  switch (name) {
    case "local":
      return localTarget;
    case "docker":
      return dockerTarget;
    case "kubernetes":
      return kubernetesTarget(kubernetes);
    default:
      throw new ArgumentError(where, "target", `one of ${targetNames.join(", ")}`, name);
  }
}
