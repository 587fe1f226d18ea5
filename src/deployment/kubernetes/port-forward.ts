import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { PassThrough } from "node:stream";

import { EnvironmentError } from "../../errors.js";
import { scoringPort } from "../image/image-archive.js";
import type { Passage } from "../target.js";
import type { Cluster } from "./cluster.js";
import { readyPods } from "./own-objects.js";

/**
 * Leads connections to a port of this machine through the API server to the ready replicas, in turn.
 *
 * @throws {@link EnvironmentError} when no replica is ready, or this user may not forward ports.
 */
export async function forwardPort(cluster: Cluster, name: string): Promise<Passage> {
  let turn = 0;
  // Asked each time: a replica that is being replaced answers for a while yet, with the version before.
  const toNext = async (output: Socket | PassThrough, input = output): Promise<Channel> => {
    const pods = await readyPods(cluster, name);
    return openChannel(cluster, pods[turn++ % pods.length]!, output, input);
  };
  // Once now, to say what is in the way: a refusal in the middle of a request could not be told.
  const trial = await toNext(new PassThrough(), new PassThrough());
  trial.close();
  // A replica may end between question and connection.
  const lead = (client: Socket): Promise<Channel> => toNext(client).catch(() => toNext(client));
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on("error", () => undefined).once("close", () => open.delete(client));
    void lead(client).then(
      (channel) => {
        channel.onclose = () => {
          client.destroySoon();
        };
        client.once("close", () => {
          channel.close();
        });
      },
      () => client.destroy(),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What is used of the web socket to the API server. */
interface Channel {
  close(): void;
  onclose: (() => void) | null;
}

/** One connection to a pod's scoring port: what comes from it goes to `output`, and what `input` gives goes there. */
async function openChannel(
  { config, namespace }: Cluster,
  pod: string,
  output: Socket | PassThrough,
  input: Socket | PassThrough,
): Promise<Channel> {
  const { PortForward } = await import("@kubernetes/client-node");
  try {
    const forward = new PortForward(config);
    const socket: unknown = await forward.portForward(namespace, pod, [scoringPort], output, null, input);
    return socket as Channel;
  } catch (error) {
    const said = (error as { message?: string }).message ?? String(error);
    const reason = /\b403\b/u.test(said)
      ? 'you may not forward ports; ask for "get" and "create" on "pods/portforward" in this namespace, or set expose: "loadBalancer"'
      : said;
    throw new EnvironmentError(`${pod} cannot be reached through the API server: ${reason}.`, {
      cause: error,
    });
  }
}
