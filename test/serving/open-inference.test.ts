import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { colourImage, colourProbabilities, red, writeColourBundle } from "./colour-bundle.js";
import { assertClose, postJson } from "./requests.js";

const side = 8;
const bundle = await writeColourBundle({ imageSize: side, thresholds: { red: 1, green: 0, blue: 0 } });
let server: ScoringServer;
let model: string;
before(async () => {
  server = await startScoringServer({ bundle, workers: 1, maxImages: 4 });
  model = `${server.url}/v2/models/colours`;
});
after(() => server.close());

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

interface Infer {
  model_name: string;
  model_version: string;
  id?: string;
  outputs: { name: string; datatype: string; shape: number[]; data: (number | string)[] }[];
}

const redPixels = Array.from({ length: side * side }, () => red).flat();
const inputs = {
  "UINT8 pixels, flat": { name: "images", datatype: "UINT8", shape: [1, side, side, 3], data: redPixels },
  "FP32 pixels, nested": {
    name: "images",
    datatype: "FP32",
    shape: [1, side, side, 3],
    data: [Array.from({ length: side }, () => Array.from({ length: side }, () => red))],
  },
  "image files": {
    name: "image_files",
    datatype: "BYTES",
    shape: [1],
    data: [(await colourImage(red)).toString("base64")],
  },
};

test("server metadata and health", async () => {
  const { body } = await get(`${server.url}/v2`);
  const { name, version, extensions } = body as Record<string, unknown>;
  assert.equal(name, "sightbook");
  assert.match(String(version), /^\d+\.\d+\.\d+/u);
  assert.deepEqual(extensions, []);
  assert.deepEqual(await get(`${server.url}/v2/health/live`), { status: 200, body: { live: true } });
  assert.deepEqual(await get(`${server.url}/v2/health/ready`), { status: 200, body: { ready: true } });
});

test("model metadata, with and without the version", async () => {
  const expected = {
    name: "colours",
    versions: [server.version],
    platform: "onnx_onnxruntime",
    inputs: [
      { name: "images", datatype: "UINT8", shape: [-1, side, side, 3] },
      { name: "image_files", datatype: "BYTES", shape: [-1] },
    ],
    outputs: [
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
      { name: "logits", datatype: "FP32", shape: [-1, 3] },
      { name: "label", datatype: "BYTES", shape: [-1] },
      { name: "decision", datatype: "BYTES", shape: [-1] },
    ],
    parameters: { labels: ["red", "green", "blue"] },
  };
  for (const url of [model, `${model}/versions/${server.version}`]) {
    assert.deepEqual(await get(url), { status: 200, body: expected });
    assert.deepEqual(await get(`${url}/ready`), { status: 200, body: { ready: true } });
  }
});

for (const [name, input] of Object.entries(inputs)) {
  test(`infer with ${name}`, async () => {
    for (const url of [model, `${model}/versions/${server.version}`]) {
      const { status, headers, body } = await postJson(`${url}/infer`, { id: "mine", inputs: [input] });
      assert.equal(status, 200, JSON.stringify(body));
      const answer = body as Infer;
      assert.deepEqual(
        [answer.model_name, answer.model_version, answer.id],
        ["colours", server.version, "mine"],
      );
      const [probabilities, logits, label, decision, ...others] = answer.outputs;
      assert.equal(others.length, 0);
      assert.deepEqual(probabilities!.shape, [1, 3]);
      assertClose(probabilities!.data as number[], colourProbabilities(red));
      assertClose(logits!.data as number[], [6, 1, 1]);
      assert.deepEqual(label, { name: "label", datatype: "BYTES", shape: [1], data: ["red"] });
      assert.deepEqual(decision!.data, ["unknown"]);
      assert.match(headers.get("server-timing")!, /^queue;dur=/u);
    }
  });
}

test("only the outputs that were asked for, in their order", async () => {
  const outputs = [{ name: "label" }, { name: "logits" }];
  const { body } = await postJson(`${model}/infer`, { inputs: [inputs["image files"]], outputs });
  assert.deepEqual(
    (body as Infer).outputs.map(({ name }) => name),
    ["label", "logits"],
  );
});

const wrong = [
  {
    name: "another model",
    url: (): string => `${server.url}/v2/models/other/infer`,
    body: { inputs: [inputs["image files"]] },
    status: 404,
    error: "The model here is colours.",
  },
  {
    name: "another version",
    url: (): string => `${model}/versions/1/infer`,
    body: { inputs: [inputs["image files"]] },
    status: 404,
    error: /^The version here is [0-9a-f]{12}\.$/u,
  },
  {
    name: "a shape of another size",
    body: { inputs: [{ ...inputs["UINT8 pixels, flat"], shape: [1, side, side + 1, 3] }] },
    error: '"images" must be UINT8 or FP32 of shape [n, 8, 8, 3], got UINT8 [1, 8, 9, 3].',
  },
  {
    name: "too few numbers",
    body: { inputs: [{ ...inputs["UINT8 pixels, flat"], data: redPixels.slice(1) }] },
    error: "data must hold 192 numbers, got 191.",
  },
  {
    name: "a number that is no byte",
    body: { inputs: [{ ...inputs["UINT8 pixels, flat"], data: [256, ...redPixels.slice(1)] }] },
    error: "data[0] must be UINT8, 0 to 255, got 256.",
  },
  {
    name: "a text among the numbers",
    body: { inputs: [{ ...inputs["FP32 pixels, nested"], data: ["1", ...redPixels.slice(1)] }] },
    error: 'data[0] must be FP32, 0 to 255, got "1".',
  },
  {
    name: "a number that is brighter than white",
    body: { inputs: [{ ...inputs["FP32 pixels, nested"], data: [255.5, ...redPixels.slice(1)] }] },
    error: "data[0] must be FP32, 0 to 255, got 255.5.",
  },
  {
    name: "a number that floats do not hold",
    body: { inputs: [{ ...inputs["FP32 pixels, nested"], data: [1e300, ...redPixels.slice(1)] }] },
    error: "data[0] must be FP32, 0 to 255, got 1e+300.",
  },
  {
    name: "more images than are allowed",
    body: { inputs: [{ ...inputs["image files"], shape: [5], data: Array(5).fill("AAAA") }] },
    error: 'shape[0] of "image_files" must be a number of images from 1 to 4, got 5.',
  },
  {
    name: "a file that is no image",
    body: { inputs: [{ ...inputs["image files"], data: [Buffer.from("hello").toString("base64")] }] },
    status: 422,
    error: "image 0: image: the file is not an image but text. Replace it by the image, or delete it.",
  },
  {
    name: "no input",
    body: { inputs: [] },
    error: "body/inputs must NOT have fewer than 1 items.",
  },
];
for (const { name, url, body, status = 400, error } of wrong) {
  test(`infer refuses ${name}`, async () => {
    const answer = await postJson(url?.() ?? `${model}/infer`, body);
    assert.equal(answer.status, status);
    const { error: message, ...rest } = answer.body as { error: string };
    assert.deepEqual(rest, {});
    if (typeof error === "string") assert.equal(message, error);
    else assert.match(message, error);
  });
}
