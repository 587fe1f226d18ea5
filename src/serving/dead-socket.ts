import { rm } from "node:fs/promises";
import { connect } from "node:net";

import { EnvironmentError } from "../errors.js";
import { errorCode } from "../files.js";

/**
 * Removes the Unix socket that a server which was killed has left behind.
 *
 * @param option - The option that named the path.
 * @throws {@link EnvironmentError} when a server answers there.
 */
export async function removeDeadSocket(option: string, path: string): Promise<void> {
  if (process.platform === "win32") return;
  const found = await new Promise<"live" | "dead" | "none">((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("live");
    });
    socket.once("error", (error) => {
      resolve(errorCode(error) === "ECONNREFUSED" ? "dead" : "none");
    });
  });
  if (found === "live") {
    throw new EnvironmentError(
      `${option}: another server answers on ${path}. Stop it, or name another path.`,
    );
  }
  if (found === "dead") await rm(path, { force: true });
}
