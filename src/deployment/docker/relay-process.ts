/** What a deployment's front container runs: `relay-process.js <folder> <port>`. */
import { Relay } from "./relay.js";

const [folder = "", port = ""] = process.argv.slice(2);
void Relay.start({ folder, host: "0.0.0.0", port: Number(port) }).then((relay) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void relay.close().then(() => process.exit(0)));
  }
});
