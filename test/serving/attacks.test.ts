import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { after, before, describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import sharp from "sharp";

import { newKey, startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { lastBody, openRaw } from "./raw-connection.js";
import { predict, until } from "./requests.js";

const { key, digest } = newKey();
const authorization = `Bearer ${key}`;
const image = await colourImage(red);
const bundle = await writeColourBundle();
const bodyLimit = 1 << 20;
const requestTimeoutMs = 600;

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>';
/** All black, 16,000 pixels square: 256 megapixels in less than a megabyte. */
const bomb = await sharp({
  create: { width: 16_000, height: 16_000, channels: 3, background: "black" },
  limitInputPixels: false,
})
  .png({ compressionLevel: 9, palette: true, colours: 2 })
  .toBuffer();

const images: { name: string; bytes: Uint8Array; message: RegExp }[] = [
  { name: "SVG", bytes: Buffer.from(svg), message: /SVG is not read here\. Send a JPEG, PNG or WebP\./u },
  { name: "PDF", bytes: Buffer.from("%PDF-1.7"), message: /PDF is not read here/u },
  {
    name: "GIF",
    bytes: await sharp(image).gif().toBuffer(),
    message: /GIF is not read here/u,
  },
  {
    name: "TIFF",
    bytes: await sharp(image).tiff().toBuffer(),
    message: /TIFF is not read here/u,
  },
  {
    name: "AVIF",
    bytes: await sharp(image).avif().toBuffer(),
    message: /AVIF is not read here/u,
  },
  { name: "text", bytes: Buffer.from("hello"), message: /the file is not an image but text/u },
  {
    name: "a bomb of 256 megapixels",
    bytes: bomb,
    message: /16000 x 16000 pixels are more than the limit of 10 megapixels/u,
  },
  { name: "half an image", bytes: image.subarray(0, 70), message: /cut off before its end/u },
];

let server: ScoringServer;
let firstPids: readonly number[];
before(async () => {
  server = await startScoringServer({
    bundle,
    workers: 1,
    keyDigests: [digest],
    bodyLimit,
    maxBodyBytes: 4 << 20,
    maxImageBytes: 1 << 19,
    maxImages: 4,
    requestTimeoutMs,
    limitInputPixels: 10_000_000,
  });
  firstPids = (await server.status()).inferencePids;
});
after(async () => {
  // Nothing that was sent has harmed anything.
  const { inferencePids, waiting, running } = await server.status();
  assert.deepEqual([inferencePids, waiting, running], [firstPids, 0, 0]);
  assert.equal((await predict(server.url, image, { headers: { authorization } })).status, 200);
  await server.close();
});

interface Attack {
  readonly name: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly code: string;
  readonly message: string | RegExp;
}

async function attack({
  path = "/v1/predict",
  method = "POST",
  headers = {},
  body,
}: Attack): Promise<Response> {
  const type = typeof body === "string" ? "application/json" : "image/png";
  return fetch(`${server.url}${path}`, {
    method,
    headers: { authorization, "content-type": type, ...headers },
    ...(body !== undefined && { body }),
  });
}

const score = (item: unknown): { path: string; body: string } => ({
  path: "/score",
  body: JSON.stringify([item]),
});
const base64 = image.toString("base64");

const bodies: Attack[] = [
  {
    name: "JSON that is none",
    body: "{",
    status: 400,
    code: "bad_request",
    message: /^The body must be valid JSON: /u,
  },
  {
    name: "no body",
    headers: { "content-type": "application/json" },
    status: 400,
    code: "bad_request",
    message: /./u,
  },
  {
    name: "deep JSON",
    body: "[".repeat(100_000) + "]".repeat(100_000),
    status: 400,
    code: "bad_request",
    message: "The body must nest at most 8 levels deep.",
  },
  {
    name: "JSON of a great many values",
    body: `{"images":[${"{},".repeat(200_000)}{}]}`,
    status: 413,
    code: "too_large",
    message: "The body must hold at most 192 values.",
  },
  {
    name: "a key that changes prototypes",
    body: '{"images":[{"base64":"AAAA"}],"__proto__":{"polluted":true}}',
    status: 400,
    code: "bad_request",
    message: /must NOT have additional properties/u,
  },
  {
    name: "too many images",
    body: JSON.stringify({ images: Array(5).fill({ base64 }) }),
    status: 400,
    code: "bad_request",
    message: "body/images must NOT have more than 4 items.",
  },
  {
    name: "a body above the limit",
    body: new Uint8Array(bodyLimit + 1),
    status: 413,
    code: "too_large",
    message: "Request body is too large.",
  },
  {
    name: "an image above its limit",
    body: new Uint8Array((1 << 19) + 1),
    status: 413,
    code: "too_large",
    message: "The body must be an image file of at most 524288 bytes, got 524289.",
  },
  {
    name: "an empty image",
    body: new Uint8Array(0),
    status: 400,
    code: "bad_request",
    message: /./u,
  },
  {
    name: "a compressed body",
    headers: { "content-encoding": "gzip" },
    body: Uint8Array.from(gzipSync(image)),
    status: 415,
    code: "unsupported_media_type",
    message: "The body must not be compressed.",
  },
  {
    name: "another content type",
    headers: { "content-type": "text/plain" },
    body: "hello",
    status: 415,
    code: "unsupported_media_type",
    message: /^Unsupported Media Type/u,
  },
  {
    name: "a URL in place of an image",
    body: '{"images":[{"url":"http://127.0.0.1/"}]}',
    status: 400,
    code: "bad_request",
    message: /must have required property 'base64'/u,
  },
  {
    name: "an unknown query parameter",
    path: "/v1/predict?callback=x",
    body: image,
    status: 400,
    code: "bad_request",
    message: /must NOT have additional properties/u,
  },
  {
    name: "parameters that nest",
    ...score({ image_in_base64: base64, parameters: { add_softmax: { $ne: 1 } } }),
    status: 400,
    code: "bad_request",
    message: /parameters\/add_softmax must be/u,
  },
  ...[
    ["the URL alphabet", "-_AA"],
    ["white space", `${base64.slice(0, 4)}\n${base64.slice(4)}`],
    ["padding in the middle", "AA==AAAA"],
    ["too short a length", base64.slice(0, -1)],
    ["bits that the padding cuts off", "QR=="],
    ["an open quotation", `b'${base64}`],
    ["a data URL", `data:image/png;base64,${base64}`],
    ["nothing", ""],
  ].map(([what, text]) => ({
    name: `base64 with ${what!}`,
    ...score({ image_in_base64: text }),
    status: 400,
    code: "bad_request",
    message: "[0].image_in_base64 must be the standard base64 of an image file.",
  })),
];

describe("one clear error for", () => {
  for (const one of bodies) {
    test(one.name, async () => {
      const response = await attack(one);
      const { error, ...rest } = (await response.json()) as { error: { code: string; message: string } };
      assert.deepEqual(rest, {});
      assert.equal(error.code, one.code);
      if (typeof one.message === "string") assert.equal(error.message, one.message);
      else assert.match(error.message, one.message);
      assert.equal(response.status, one.status);
    });
  }
  for (const { name, bytes, message } of images) {
    test(`an image file that is ${name}`, async () => {
      assert.ok(bytes.length < 1 << 19);
      const response = await attack({ name, body: Uint8Array.from(bytes), status: 422, code: "", message });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      assert.equal(error.code, "unreadable_image");
      assert.match(error.message, message);
      assert.equal(response.status, 422);
    });
  }
  for (const path of [
    "/api/v1/service/..%2f..%2fetc%2fpasswd/score",
    "/api/v1/service/colours%00/score",
    "/v2/models/..%2fcolours/infer",
    "/v2/models/colours/versions/..%2f..%2f1/infer",
    "/v2/repository/models/colours/load",
    "/models?url=http://127.0.0.1/model.mar",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%zz",
  ]) {
    test(`a path that leads elsewhere: ${path}`, async () => {
      const inputs = [{ name: "image_files", datatype: "BYTES", shape: [1], data: [base64] }];
      const body = path.includes("/v2/")
        ? JSON.stringify({ inputs })
        : JSON.stringify([{ image_in_base64: base64 }]);
      const response = await attack({ name: path, path, body, status: 404, code: "", message: "" });
      assert.ok([400, 404].includes(response.status));
      assert.ok("error" in ((await response.json()) as object));
    });
  }
});

test("no address that a request names is ever asked", async () => {
  let asked = 0;
  const trap = createServer((_request, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/image.png`;
  for (const body of [
    { images: [{ url }] },
    { images: [{ base64: url }] },
    [{ image_in_base64: url }],
    [{ image_in_base64: base64, parameters: { url } }],
    { inputs: [{ name: "image_files", datatype: "BYTES", shape: [1], data: [url] }] },
  ]) {
    for (const path of ["/v1/predict", "/score", "/v2/models/colours/infer"]) {
      await attack({ name: url, path, body: JSON.stringify(body), status: 0, code: "", message: "" });
    }
  }
  assert.equal(asked, 0);
  trap.close();
});

test("a body without a stated length is cut off at the limit", async () => {
  const connection = await openRaw(server.url);
  connection.send(
    `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
      "content-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  for (let sent = 0; sent <= bodyLimit + 0x20000; sent += 0x10000) connection.send(chunk);
  const text = await connection.closed;
  assert.match(text, /^HTTP\/1\.1 413 /u);
  assert.deepEqual(lastBody(text), { error: { code: "too_large", message: "Request body is too large." } });
});

test("without the right key nothing is read: the answer comes before the body", async () => {
  for (const sent of ["", "authorization: Bearer wrong\r\n", `authorization: Basic ${key}\r\n`]) {
    const connection = await openRaw(server.url);
    connection.send(
      `POST /v1/predict HTTP/1.1\r\nhost: x\r\n${sent}content-type: image/png\r\ncontent-length: 1000000\r\n\r\n`,
    );
    const text = await connection.closed;
    assert.match(text, /^HTTP\/1\.1 401 [\s\S]*connection: close/u);
    assert.match(text, /www-authenticate: Bearer/u);
    assert.deepEqual(lastBody(text), {
      error: { code: "unauthorized", message: "The request must carry a key of this service." },
    });
  }
});

test("without a key no route answers but health", async () => {
  const open = ["/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"];
  const closed = ["/", "/openapi.json", "/v2", "/v2/models/colours", "/v2/models/colours/ready", "/nowhere"];
  for (const path of open) assert.equal((await fetch(`${server.url}${path}`)).status, 200);
  for (const path of closed) assert.equal((await fetch(`${server.url}${path}`)).status, 401);
});

for (const { name, head } of [
  { name: "headers", head: "POST /v1/predict HTTP/1.1\r\nhost: x\r\n" },
  {
    name: "a body",
    head: `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: image/png\r\ncontent-length: 9999\r\n\r\n`,
  },
]) {
  test(`a client that sends ${name} drop by drop is shown the door, and others are served meanwhile`, async () => {
    const connections = await Promise.all(Array.from({ length: 50 }, () => openRaw(server.url)));
    for (const connection of connections) connection.send(head);
    let closed = 0;
    for (const connection of connections) void connection.closed.then(() => closed++);
    while (closed < connections.length) {
      for (const connection of connections) if (connection.socket.writable) connection.send("x");
      assert.equal((await predict(server.url, image, { headers: { authorization } })).status, 200);
      await delay(50);
    }
    for (const connection of connections) assert.match(await connection.closed, /^HTTP\/1\.1 408 /u);
  });
}

test("bodies that would fill the memory together are refused before they are read", async () => {
  const head =
    `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
    `content-type: image/png\r\ncontent-length: ${bodyLimit}\r\n\r\n`;
  const held = await Promise.all(Array.from({ length: 4 }, () => openRaw(server.url)));
  for (const connection of held) connection.send(head);
  const refused = await openRaw(server.url);
  await delay(50);
  refused.send(head);
  const text = await refused.closed;
  assert.match(text, /^HTTP\/1\.1 503 [\s\S]*retry-after: 1/u);
  assert.equal((lastBody(text) as { error: { code: string } }).error.code, "overloaded");
  for (const connection of held) connection.socket.destroy();
  await until(
    async () => (await predict(server.url, image, { headers: { authorization } })).status === 200,
    "the memory is free again",
  );
});

test("what is no HTTP, or too long a header, is answered and closed", async () => {
  for (const [text, status] of [
    ["\x16\x03\x01\x02\x00\x01\x00", 400],
    ["GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400],
    [
      "POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    const connection = await openRaw(server.url);
    connection.send(text);
    assert.match(await connection.closed, new RegExp(`^HTTP/1\\.1 ${status} `, "u"));
  }
});
