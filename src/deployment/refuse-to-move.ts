import { ArgumentError } from "../errors.js";
import type { DeploymentRequest } from "./target.js";

/** Clients know a deployment by its address: another model under its name does not change that. */
export function refuseToMove(
  request: DeploymentRequest,
  there: { readonly name: string; readonly host: string; readonly port: number },
): void {
  for (const option of ["host", "port"] as const) {
    const wanted = request[option];
    if (wanted === undefined || wanted === 0 || wanted === there[option]) continue;
    throw new ArgumentError(
      "Deployment.deploy",
      option,
      `${there[option]}, where ${there.name} is already`,
      wanted,
      "Clients know it by its address: delete it first to move it.",
    );
  }
}
