import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { after, before, describe } from "node:test";

import { connectControl, startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { temporaryFolder } from "../support.js";
import { writeColourBundle } from "./colour-bundle.js";

const bundle = await writeColourBundle();
const skip = process.platform === "win32" && "named pipes have no path";

describe("the control socket", { skip }, () => {
  const path = join(temporaryFolder(), "control");
  let server: ScoringServer;
  before(async () => {
    server = await startScoringServer({ bundle, workers: 1, control: path });
  });
  after(() => server.close());

  /** What is answered to a body that {@link connectControl} would not send. */
  const ask = async (
    body: string,
  ): Promise<{ readonly status: number | undefined; readonly error: string }> => {
    const sent = request({ socketPath: path, method: "POST" }).end(body);
    const [response] = (await once(sent, "response")) as [
      Parameters<typeof text>[0] & { statusCode?: number },
    ];
    const { error } = JSON.parse(await text(response)) as { readonly error: string };
    return { status: response.statusCode, error };
  };

  for (const body of [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"command":"halt"}',
    '{"command":"switch"}',
    '{"command":"switch","bundle":"x","version":1}',
    '{"command":"scale","workers":"2"}',
  ]) {
    test(`refuses ${body === "" ? "nothing" : body}`, async () => {
      assert.deepEqual(await ask(body), {
        status: 400,
        error: `control: ${body} is no command, or lacks its argument.`,
      });
    });
  }

  test("refuses a version that would lead elsewhere, as the start does", async () => {
    const { version } = server;
    await assert.rejects(connectControl(path).switchTo(bundle, "../1"), {
      name: "SightbookError",
      message:
        "switchTo: version must be made of letters, digits, dots, dashes and underscores, at most 100, " +
        'got "../1". It becomes part of the server\'s paths.',
    });
    assert.equal((await connectControl(path).status()).version, version);
  });
});

describe("whoever commands is told", { skip }, () => {
  for (const [name, answer, reason] of [
    ["that nothing listens", undefined, "ENOENT"],
    ["when the server breaks off", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "ECONNRESET"],
    ["when the server ends without a word", "", "ECONNRESET"],
    ["when something else listens", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "Unexpected token"],
  ] as const) {
    test(name, async () => {
      const path = join(temporaryFolder(), "control");
      const other = createServer((socket) => {
        socket.on("error", () => undefined).once("data", () => socket.end(answer ?? ""));
      });
      if (answer !== undefined) await once(other.listen(path), "listening");
      await assert.rejects(connectControl(path).status(), (error: Error) => {
        assert.equal(error.name, "EnvironmentError");
        const said = `status: no server answers on the control socket ${path} (${reason}`;
        assert.ok(error.message.startsWith(said), error.message);
        return true;
      });
      other.close();
    });
  }
});
