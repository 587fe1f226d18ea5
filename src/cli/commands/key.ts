import { Command } from "commander";

import { newKey } from "../../serving/index.js";
import { withResult } from "../command.js";

/** `sightbook key`: a key for the clients of a server, and the digest for the server. */
export function keyCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("key").description(
    "Make a key for a scoring server: the clients send the key, the server is given its digest.",
  );
  const make = (): Promise<{ json: { key: string; digest: string }; text: string }> => {
    const { key, digest } = newKey();
    return Promise.resolve({ json: { key, digest }, text: `key: ${key}\ndigest: ${digest}` });
  };
  return withResult(command, make, finish);
}
