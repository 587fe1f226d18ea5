import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { constants, crc32, deflateRawSync } from "node:zlib";

import { startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { green, writeColourBundle } from "./colour-bundle.js";
import { postJson, predict, until } from "./requests.js";

const imageSize = 32;
const bundle = await writeColourBundle({ imageSize });
const decodeTimeoutMs = 1;
const message = "image: decoding it takes longer than 1 ms. Send a smaller one.";

/**
 * A black PNG, of a size whose decoding takes longer than the limit on any machine. The compressed form of a few rows is
 * repeated, so that making it takes no time.
 */
function blackPng(side: number): Buffer<ArrayBuffer> {
  const rowsAtOnce = 100;
  const rows = Buffer.alloc(rowsAtOnce * (1 + 3 * side));
  const compressed = deflateRawSync(rows, { finishFlush: constants.Z_FULL_FLUSH });
  const times = side / rowsAtOnce;
  // The Adler-32 of zeros counts them in its upper half.
  const checksum = Buffer.alloc(4);
  checksum.writeUInt16BE((times * rows.length) % 65521, 0);
  checksum.writeUInt16BE(1, 2);
  const end = Buffer.from([3, 0]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk(
      "IDAT",
      Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array<Buffer>(times).fill(compressed), end, checksum]),
    ),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}

/** Needs no decoding, so that the limit does not concern it. */
const pixels = {
  inputs: [
    {
      name: "images",
      datatype: "UINT8",
      shape: [1, imageSize, imageSize, 3],
      data: Array.from({ length: imageSize * imageSize }, () => green).flat(),
    },
  ],
  outputs: [{ name: "label" }],
};

describe("an image whose decoding takes too long", () => {
  const slow = blackPng(20_000);
  let server: ScoringServer;
  before(async () => {
    server = await startScoringServer({
      bundle,
      workers: 1,
      decodeTimeoutMs,
      limitInputPixels: 20_000 ** 2,
      // What limits the whole is far away.
      deadlineMs: 600_000,
      hangTimeoutMs: 600_000,
    });
  });
  after(() => server.close());

  const scorePixels = async (): Promise<unknown> => {
    const { status, body } = await postJson(`${server.url}/v2/models/colours/infer`, pixels);
    assert.equal(status, 200);
    return (body as { outputs: readonly { data: readonly string[] }[] }).outputs[0]!.data[0];
  };

  test("is black and whole", async () => {
    const patient = await startScoringServer({ bundle, workers: 1, limitInputPixels: 1e6 });
    const { status, body } = await predict(patient.url, blackPng(1000));
    await patient.close();
    assert.equal(status, 200);
    const scores = Object.values(body.predictions[0]!.scores);
    assert.ok(scores.every((score) => Math.abs(score - 1 / 3) < 1e-6));
  });

  test("is answered by one clear error, while others are scored, and costs no process", async () => {
    const { inferencePids } = await server.status();
    const refused = predict(server.url, slow);
    await until(async () => (await server.status()).running > 0, "it is being decoded");
    assert.equal(await scorePixels(), "green");
    const { status, body } = await refused;
    assert.deepEqual([status, body], [422, { error: { code: "unreadable_image", message } }]);
    assert.equal(await scorePixels(), "green");
    // The decoder goes on until its end, which is when the place is free again.
    await until(async () => (await server.status()).running === 0, "its decoding has ended");
    assert.deepEqual((await server.status()).inferencePids, inferencePids);
  });

  test("more of them than are decoded at once: each is answered, and others go on", async () => {
    const { inferencePids } = await server.status();
    const refused = Array.from({ length: 6 }, () => predict(server.url, slow));
    await until(async () => (await server.status()).running > 4, "they are being decoded");
    assert.equal(await scorePixels(), "green");
    for (const { status, body } of await Promise.all(refused)) {
      assert.deepEqual([status, body.error], [422, { code: "unreadable_image", message }]);
    }
    assert.equal(await scorePixels(), "green");
    assert.deepEqual((await server.status()).inferencePids, inferencePids);
  });
});
