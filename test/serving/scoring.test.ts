import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import {
  colourImage,
  colourLabels,
  colourProbabilities,
  green,
  red,
  writeColourBundle,
} from "./colour-bundle.js";
import { assertClose, postJson } from "./requests.js";

const bundle = await writeColourBundle({ thresholds: { red: 0.5, green: 0.999, blue: 0.5 } });
let server: ScoringServer;
before(async () => {
  server = await startScoringServer({ bundle, workers: 1 });
});
after(() => server.close());

const redImage = await colourImage(red);
const greenImage = await colourImage(green);

test("listens on the loopback interface unless told otherwise", () => {
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/u);
});

for (const path of ["/score", "/api/v1/service/colours/score"]) {
  test(`the original's contract on ${path}`, async () => {
    const base64 = redImage.toString("base64");
    const { status, body } = await postJson(`${server.url}${path}`, [
      { image_in_base64: base64, parameters: {} },
      { image_in_base64: `b'${base64}'`, parameters: { add_softmax: true } },
      { image_in_base64: greenImage.toString("base64") },
      { image_in_base64: `b'${base64}'`, parameters: { ADD_SOFTMAX: true, other: 1 } },
    ]);
    assert.equal(status, 200);
    assert.ok(Array.isArray(body) && body.every((item) => typeof item === "string"));
    const scores = body.map((item) => JSON.parse(item) as number[]);
    assertClose(scores[0]!, [6, 1, 1]);
    assertClose(scores[1]!, colourProbabilities(red));
    assertClose(scores[2]!, [0, 5, 2]);
    assertClose(scores[3]!, colourProbabilities(red));
  });
}

for (const { name, request } of [
  { name: "bytes of an image", request: { type: "image/png", body: redImage } },
  { name: "bytes of no stated kind", request: { type: "application/octet-stream", body: redImage } },
  {
    name: "JSON",
    request: {
      type: "application/json",
      body: JSON.stringify({ images: [{ base64: redImage.toString("base64") }] }),
    },
  },
]) {
  test(`POST /v1/predict with ${name} answers names, scores, decision, version and times`, async () => {
    const response = await fetch(`${server.url}/v1/predict`, {
      method: "POST",
      headers: { "content-type": request.type },
      body: request.body,
    });
    assert.equal(response.status, 200);
    const { model, predictions, totalMs } = (await response.json()) as {
      model: object;
      predictions: Record<string, unknown>[];
      totalMs: number;
    };
    assert.deepEqual(model, { name: "colours", version: server.version });
    const [prediction, ...others] = predictions;
    assert.equal(others.length, 0);
    assert.equal(prediction!["label"], "red");
    assert.equal(prediction!["labelIndex"], 0);
    assert.equal(prediction!["decision"], "red");
    assert.equal(prediction!["threshold"], 0.5);
    const scores = prediction!["scores"] as Record<string, number>;
    assert.deepEqual(Object.keys(scores), colourLabels);
    assertClose(Object.values(scores), colourProbabilities(red));
    assert.equal(prediction!["score"], scores["red"]);
    const timing = prediction!["timing"] as Record<string, number>;
    assert.deepEqual(Object.keys(timing), ["queueMs", "decodeMs", "inferenceMs"]);
    assert.ok(Object.values(timing).every((ms) => ms >= 0 && ms <= totalMs));
    assert.match(
      response.headers.get("server-timing")!,
      /^queue;dur=[\d.]+, decode;dur=[\d.]+, inference;dur=[\d.]+, total;dur=[\d.]+$/u,
    );
  });
}

test("a score below the label's threshold is decided unknown", async () => {
  const { body } = await postJson(`${server.url}/v1/predict`, {
    images: [{ base64: greenImage.toString("base64") }],
  });
  const [prediction] = (body as { predictions: Record<string, unknown>[] }).predictions;
  assert.equal(prediction!["label"], "green");
  assert.equal(prediction!["decision"], "unknown");
  assert.ok((prediction!["score"] as number) < 0.999);
});

test("of several images one that cannot be read is named in its place", async () => {
  const form = new FormData();
  for (const bytes of [redImage, redImage.subarray(0, 60), greenImage]) {
    form.append("image", new Blob([new Uint8Array(bytes)]), "image.png");
  }
  const response = await fetch(`${server.url}/v1/predict`, { method: "POST", body: form });
  assert.equal(response.status, 200);
  const { predictions } = (await response.json()) as { predictions: Record<string, unknown>[] };
  assert.deepEqual(
    predictions.map(({ label, error }) => label ?? error),
    [
      "red",
      {
        code: "unreadable_image",
        message:
          "image: the PNG image is cut off before its end. Copy it again from its source, or delete it.",
      },
      "green",
    ],
  );
});

test("liveness and readiness", async () => {
  for (const [path, status] of [
    ["/healthz", "ok"],
    ["/readyz", "ready"],
  ] as const) {
    const response = await fetch(`${server.url}${path}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status });
  }
});
