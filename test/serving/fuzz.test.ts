import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { Random } from "../../src/random.js";
import { startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { predict } from "./requests.js";

/*
 * Every route with requests that were right before something was changed, drawn anew from a seed. Whatever comes, the
 * answer is right or one error of the client's, never one of the server's.
 */

const image = await colourImage(red);
const bundle = await writeColourBundle({ imageSize: 8 });
let server: ScoringServer;
before(async () => {
  server = await startScoringServer({
    bundle,
    workers: 1,
    maxImages: 4,
    bodyLimit: 1 << 20,
    modelVersion: "1",
  });
});
after(() => server.close());

const base64 = image.toString("base64");
const infer = (input: object): string => JSON.stringify({ id: "x", inputs: [input] });

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

const form = [
  '--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n',
  "\r\n--b--\r\n",
] as const;

const right: readonly Shot[] = (
  [
    ["GET", "/healthz", "", ""],
    ["GET", "/readyz", "", ""],
    ["GET", "/openapi.json", "", ""],
    ["GET", "/v2", "", ""],
    ["GET", "/v2/health/live", "", ""],
    ["GET", "/v2/health/ready", "", ""],
    ["GET", "/v2/models/colours", "", ""],
    ["GET", "/v2/models/colours/ready", "", ""],
    ["GET", "/v2/models/colours/versions/1", "", ""],
    ["GET", "/v2/models/colours/versions/1/ready", "", ""],
    ["POST", "/score", "application/json", JSON.stringify([{ image_in_base64: base64, parameters: {} }])],
    [
      "POST",
      "/api/v1/service/colours/score",
      "application/json",
      JSON.stringify([{ image_in_base64: `b'${base64}'`, parameters: { add_softmax: true } }]),
    ],
    ["POST", "/v1/predict?softmax=false", "application/json", JSON.stringify({ images: [{ base64 }] })],
    ["POST", "/v1/predict", "image/png", image],
    [
      "POST",
      "/v1/predict",
      "multipart/form-data; boundary=b",
      Buffer.concat([Buffer.from(form[0]), image, Buffer.from(form[1])]),
    ],
    [
      "POST",
      "/v2/models/colours/infer",
      "application/json",
      infer({ name: "image_files", datatype: "BYTES", shape: [1], data: [base64] }),
    ],
    [
      "POST",
      "/v2/models/colours/versions/1/infer",
      "application/json",
      infer({ name: "image_files", datatype: "BYTES", shape: [1], data: [base64] }),
    ],
    [
      "POST",
      "/v2/models/colours/infer",
      "application/json",
      infer({ name: "images", datatype: "UINT8", shape: [1, 8, 8, 3], data: Array(192).fill(7) }),
    ],
  ] as const
).map(([method, path, type, body]) => ({ method, path, type, body: Buffer.from(body) }));

const strange: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  "\u0000",
  "a".repeat(5000),
  [],
  {},
  [[]],
  { __proto__: 1, constructor: {} },
  "../../x",
];

/** Replaces, removes or repeats a value somewhere in a JSON value. */
function changedJson(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.uniform() < 0.3) {
    return strange[random.integer(strange.length)];
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = [...(value as unknown[])];
    if (copy.length === 0 || random.uniform() < 0.2) return [...copy, ...copy, ...copy];
    const at = random.integer(copy.length);
    copy[at] = changedJson(copy[at], random);
    return copy;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { x: 1 };
  const at = random.integer(entries.length);
  const [key, inner] = entries[at] as [string, unknown];
  const kind = random.integer(5);
  if (kind === 0) entries.splice(at, 1);
  else if (kind === 1) entries.push([`${key}x`, inner]);
  else entries[at] = [key, changedJson(inner, random)];
  return Object.fromEntries(entries);
}

/** Flips, cuts out or inserts bytes. */
function changedBytes(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from("x");
  const at = random.integer(copy.length);
  const kind = random.integer(3);
  if (kind === 0) {
    for (let i = 0; i < 4; i++) copy[random.integer(copy.length)] = random.integer(256);
    return copy;
  }
  if (kind === 1) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + random.integer(60))]);
  return Buffer.concat([copy.subarray(0, at), Buffer.alloc(1 + random.integer(59), at), copy.subarray(at)]);
}

function changedText(text: string, random: Random): string {
  const pieces = [
    "%00",
    "%2e%2e%2f",
    "//",
    "?",
    "&softmax=1",
    "%ff",
    "x",
    "/versions/1",
    "%F0%9F%90%88",
    ";",
  ];
  const at = 1 + random.integer(text.length);
  return text.slice(0, at) + pieces[random.integer(pieces.length)]! + text.slice(at);
}

function changed(shot: Shot, random: Random): Shot {
  const kind = random.uniform();
  if (kind < 0.1) return { ...shot, path: changedText(shot.path, random) };
  if (kind < 0.2) return { ...shot, type: right[random.integer(right.length)]!.type };
  if (kind < 0.25) return { ...shot, method: ["PUT", "DELETE", "PATCH", "OPTIONS"][random.integer(4)]! };
  if (kind < 0.7 && shot.type === "application/json") {
    return {
      ...shot,
      body: Buffer.from(JSON.stringify(changedJson(JSON.parse(shot.body.toString()), random))),
    };
  }
  return { ...shot, body: changedBytes(shot.body, random) };
}

async function send({ method, path, type, body }: Shot): Promise<{ status: number; text: string }> {
  const response = await fetch(server.url + path, {
    method,
    headers: type === "" ? {} : { "content-type": type },
    ...(method !== "GET" && { body: Uint8Array.from(body) }),
  });
  return { status: response.status, text: await response.text() };
}

for (const shot of right) {
  test(`${shot.method} ${shot.path} ${shot.type}`, async () => {
    assert.equal((await send(shot)).status, 200);
    const { inferencePids } = await server.status();
    for (let seed = 0; seed < 150; seed++) {
      const fuzzed = changed(shot, new Random(seed));
      const { status, text } = await send(fuzzed);
      const told = `seed ${seed}: ${status} ${text}`;
      assert.ok(status < 500, told);
      if (status !== 200 && text !== "") {
        const { error } = JSON.parse(text) as { error: string | { code: string; message: string } };
        const message = typeof error === "string" ? error : error.message;
        assert.ok(message.length > 5 && message.length < 400, told);
      }
    }
    assert.deepEqual((await server.status()).inferencePids, inferencePids);
    assert.equal((await predict(server.url, image)).status, 200);
  });
}

test("every route is among them", async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const missing = Object.entries(document.paths).flatMap(([path, methods]) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/gu, "[^/]+")}(?:\\?.*)?$`, "u");
    return Object.keys(methods)
      .filter(
        (method) => !right.some((shot) => shot.method === method.toUpperCase() && pattern.test(shot.path)),
      )
      .map((method) => `${method} ${path}`);
  });
  assert.deepEqual(missing, []);
  assert.ok(Object.keys(document.paths).length >= 10);
});
