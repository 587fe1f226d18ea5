import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import test from "node:test";

import { Deployment } from "../../src/deployment/index.js";
import { writeRecord } from "../../src/deployment/records.js";
import { runCli } from "../cli/run-cli.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";

// Before the folder itself is removed.
test.after(() => Deployment.deleteIfExists("here"));
const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;

/** Accepts whoever comes, and says nothing. */
async function silentServer(): Promise<{ port: number; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { port: (server.address() as AddressInfo).port, server, sockets };
}

test("whatever daemon or cluster is down or silent, the rest is listed, and it is said why not all", async (t) => {
  const local = await new Deployment({ name: "here", model: await writeColourBundle() }).deploy();
  const remembered = {
    keys: { primary: "one", secondary: "two" },
    version: "0123456789ab",
    replicas: 2,
    createdAt: new Date().toISOString(),
  };
  const cluster = { context: "away", namespace: "shop" };
  await writeRecord({ ...remembered, name: "boxed", target: "docker", endpoint: "http://127.0.0.1:5001" });
  await writeRecord({
    ...remembered,
    name: "far",
    target: "kubernetes",
    endpoint: "http://far.shop",
    cluster,
  });

  process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  process.env["KUBECONFIG"] = join(data, "none");
  const down = await Deployment.list();
  assert.deepEqual(
    down.map(({ name, state }) => [name, state]),
    [
      ["boxed", "unreachable"],
      ["far", "unreachable"],
      ["here", "running"],
    ],
  );
  assert.match(down[0]!.problem!, /^There is no Docker daemon: unix:\/\/\/nowhere/u);
  assert.match(down[1]!.problem!, /kubeconfig/u);
  assert.equal(down[0]!.version, remembered.version);
  assert.ok(!JSON.stringify(down).includes("primary"));

  const silent = await silentServer();
  t.after(() => {
    for (const socket of silent.sockets) socket.destroy();
    silent.server.close();
  });
  process.env["DOCKER_HOST"] = `tcp://127.0.0.1:${silent.port}`;
  const kubeconfig = join(data, "kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${silent.port}` } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "away", context: { cluster: "c", user: "u" } }],
      "current-context": "away",
    }),
  );
  process.env["KUBECONFIG"] = kubeconfig;
  const [boxed, far, here] = await Deployment.list();
  assert.match(boxed!.problem!, /does not answer/u);
  assert.equal(
    far!.problem,
    "The deployments cannot be listed: the API server did not answer in time. Is the cluster running, and reachable from here?",
  );
  assert.equal(here!.endpoint, local.endpoint);
  await assert.rejects(Deployment.open("boxed"), /does not answer/u);
  assert.equal((await Deployment.open("here")).endpoint, local.endpoint);

  const listed = await runCli(["deployments", "list"]);
  assert.match(
    listed.stdout,
    /^boxed: unreachable, docker, http:\/\/127\.0\.0\.1:5001: There is no Docker daemon/mu,
  );
  assert.match(listed.stdout, /^here: running, local, /mu);

  // A damaged file of one local deployment does not hide it, either.
  writeFileSync(join(data, "deployments", "here", "deployment.json"), "{");
  delete process.env["DOCKER_HOST"];
  const damaged = (await Deployment.list({ target: "local" }))[0]!;
  assert.equal(damaged.state, "unreachable");
  assert.match(damaged.problem!, /deployment\.json/u);
});
