import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import test from "node:test";

import { Connection } from "../../src/loadtest/connection.js";

const request = { path: "/", headers: {}, body: new Uint8Array() };

test("a connection that is never made is told from an answer that does not come, by our own deadline", async () => {
  // Takes the connection and says nothing: with TLS there is none before the server has spoken.
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = new Connection(`https://127.0.0.1:${port}`);
  try {
    const exchange = await connection.send(request, 200);
    assert.deepEqual(exchange, {
      kind: "timeout",
      detail: "connect",
      message: "no connection within 200 ms",
    });
  } finally {
    await connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
