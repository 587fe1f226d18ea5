import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import test, { describe } from "node:test";
import { setTimeout } from "node:timers/promises";

import { Relay } from "../../src/deployment/docker/relay.js";
import { temporaryFolder } from "../support.js";

const skip = process.platform === "win32" && "containers run Linux";

interface Answerer {
  isReady: boolean;
  readonly server: Server;
}

/** A server on a Unix socket that answers with its name. */
async function answerer(
  folder: string,
  name: string,
  { isReady = true, delayMs = 0 } = {},
): Promise<Answerer> {
  const state: Answerer = {
    isReady,
    server: createServer((asked, response) => {
      if (asked.url === "/readyz") response.writeHead(state.isReady ? 200 : 503).end();
      else void setTimeout(delayMs).then(() => response.setHeader("connection", "close").end(name));
    }),
  };
  await once(state.server.listen(join(folder, `${name}.sock`)), "listening");
  return state;
}

async function ask(port: number): Promise<string> {
  const sent = request({ port, host: "127.0.0.1", agent: false }).end();
  const [answer] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  let text = "";
  for await (const part of answer) text += String(part);
  return text;
}

async function until(port: number, name: string): Promise<void> {
  while ((await ask(port)) !== name) await setTimeout(10);
}

describe("a relay", { skip }, () => {
  test("sends what comes to the newest server that is ready, and leaves what is open where it is", async () => {
    const folder = temporaryFolder();
    const relay = await Relay.start({ folder, host: "127.0.0.1", port: 0 });
    // Who comes before any server waits for one.
    const early = ask(relay.port);
    const old = await answerer(folder, "old", { delayMs: 300 });
    assert.equal(await early, "old");
    const next = await answerer(folder, "next", { isReady: false });
    const open = ask(relay.port);
    assert.equal(await ask(relay.port), "old");
    next.isReady = true;
    await until(relay.port, "next");
    assert.equal(await open, "old");
    // The new one steps back: the old one still serves.
    next.isReady = false;
    await until(relay.port, "old");
    next.isReady = true;
    old.isReady = false;
    await until(relay.port, "next");
    old.server.close();
    assert.equal(await ask(relay.port), "next");
    next.server.close();
    await relay.close();
  });

  test("loses nothing of an answer whose server closes at once, however slow the client reads", async () => {
    const folder = temporaryFolder();
    const bytes = 20 << 20;
    const server = createServer((asked, response) => {
      if (asked.url === "/readyz") response.end();
      else response.setHeader("connection", "close").end(Buffer.alloc(bytes));
    });
    await once(server.listen(join(folder, "large.sock")), "listening");
    const relay = await Relay.start({ folder, host: "127.0.0.1", port: 0 });
    const sent = request({ port: relay.port, host: "127.0.0.1", agent: false }).end();
    const [answer] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
    let received = 0;
    for await (const part of answer) {
      if (received % 7 === 0) await setTimeout(1);
      received += (part as Buffer).length;
    }
    assert.equal(received, bytes);
    server.close();
    await relay.close();
  });

  test("closes who has waited too long, and survives whoever leaves", async () => {
    const folder = temporaryFolder();
    const relay = await Relay.start({ folder, host: "127.0.0.1", port: 0, waitMs: 200 });
    await assert.rejects(ask(relay.port), /socket hang up|ECONNRESET/u);
    const gone = connect(relay.port, "127.0.0.1");
    await once(gone, "connect");
    gone.resetAndDestroy();
    const { server } = await answerer(folder, "one");
    await until(relay.port, "one").catch(() => until(relay.port, "one"));
    server.close();
    await relay.close();
  });
});
