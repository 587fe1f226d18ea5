/**
 * Opens so many connections to a server of its own that sends no request on them; prints what became of them. A program,
 * since it must run with a higher limit of open files than its test has: `many-connections.js <bundle> <count>`.
 */
import process from "node:process";

import { spawnScoringProcess } from "../../src/serving/index.js";
import { colourImage, red } from "./colour-bundle.js";
import { openRaw, type RawConnection } from "./raw-connection.js";
import { predict } from "./requests.js";

const [bundle, count] = [process.argv[2]!, Number(process.argv[3])];
// One more for the request that is to be served.
const args = [
  "--port",
  "0",
  "--workers",
  "1",
  "--max-connections",
  String(count + 1),
  "--log-level",
  "silent",
];
const server = await spawnScoringProcess(bundle, { args });
const image = await colourImage(red);

const connections: RawConnection[] = [];
while (connections.length < count) {
  const some = Math.min(200, count - connections.length);
  connections.push(...(await Promise.all(Array.from({ length: some }, () => openRaw(server.url)))));
}
const served = (await predict(server.url, image)).status;
const surplus = await openRaw(server.url);
const turnedAway = await surplus.closed.then((text) => text === "");
const stillOpen = connections.filter(({ socket }) => socket.readyState === "open").length;
for (const { socket } of connections) socket.destroy();
const exitCode = await server.stop();
process.stdout.write(JSON.stringify({ open: connections.length, stillOpen, turnedAway, served, exitCode }));
