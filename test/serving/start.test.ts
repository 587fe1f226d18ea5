import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import test, { describe } from "node:test";

import { startScoringServer, type ScoringServerOptions } from "../../src/serving/index.js";
import { temporaryFolder } from "../support.js";
import { writeColourBundle } from "./colour-bundle.js";

const bundle = await writeColourBundle();

describe("a scoring server is refused", () => {
  const week = 7 * 24 * 3600 * 1000;
  for (const [options, message] of [
    [{ workers: 0 }, "workers must be a whole number from 1, got 0."],
    [{ port: 65_536 }, "port must be a whole number from 0 to 65535, got 65536."],
    [{ metricsPort: -1 }, "metricsPort must be a whole number from 0 to 65535, got -1."],
    // Timers of Node end at once when they are set to more.
    [{ deadlineMs: 5 * week }, "deadlineMs must be a whole number from 1 to 2147483647, got 3024000000."],
    [{ decodeTimeoutMs: 0.5 }, "decodeTimeoutMs must be a whole number from 1 to 2147483647, got 0.5."],
    [
      { bodyLimit: 2048, maxBodyBytes: 1024 },
      "bodyLimit must be at most maxBodyBytes, 1024, got 2048. No such body would be received.",
    ],
  ] as const satisfies [Partial<ScoringServerOptions>, string][]) {
    test(`with ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startScoringServer({ bundle, ...options }), {
        name: "ArgumentError",
        message: `startScoringServer: ${message}`,
      });
    });
  }

  test("with a file of keys that holds none: it would serve everybody", async () => {
    const keysFile = join(temporaryFolder(), "keys");
    writeFileSync(keysFile, "\n");
    await assert.rejects(startScoringServer({ bundle, keysFile }), {
      name: "FileError",
      message: `${keysFile}: holds no digest of a key. sightbook key makes a key and its digest.`,
    });
  });
});

test("a server that cannot start leaves its ports", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port: taken } = other.address() as AddressInfo;
  const first = await startScoringServer({ bundle, workers: 1, metricsPort: 0 });
  const [port, metricsPort] = [first.url, first.metricsUrl!].map((url) => Number(new URL(url).port));
  await first.close();
  // The last of its sockets that it opens.
  const control = join(temporaryFolder(), "control");
  const owner = createServer().listen(control);
  await once(owner, "listening");
  await assert.rejects(
    startScoringServer({ bundle, workers: 1, port: port!, metricsPort: metricsPort!, control }),
    {
      name: "EnvironmentError",
      message: `control: another server answers on ${control}. Stop it, or name another path.`,
    },
  );
  await assert.rejects(startScoringServer({ bundle, workers: 1, port: port!, metricsPort: taken }), {
    name: "EnvironmentError",
    message: `127.0.0.1:${taken} cannot be listened on: another program listens there. Choose another port.`,
  });
  owner.close();
  other.close();
  const again = await startScoringServer({
    bundle,
    workers: 1,
    port: port!,
    metricsPort: metricsPort!,
    control,
  });
  assert.equal((await fetch(`${again.url}/readyz`)).status, 200);
  await again.close();
});
