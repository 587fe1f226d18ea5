import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { newKey, startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { writeColourBundle } from "./colour-bundle.js";

const { key, digest } = newKey();
const bundle = await writeColourBundle();
let server: ScoringServer;
before(async () => {
  server = await startScoringServer({ bundle, workers: 1, keyDigests: [digest] });
});
after(() => server.close());

test("/openapi.json is a valid OpenAPI 3.1 document of every route", async () => {
  const response = await fetch(`${server.url}/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  const document = (await response.json()) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { responses: object; security?: object[]; requestBody?: { content: object } }>
    >;
    security: object[];
  };
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(document.security, [{ key: [] }]);
  for (const [path, { get }] of Object.entries(document.paths)) {
    if (get === undefined) continue;
    // What the document says of keys is so.
    const { status } = await fetch(`${server.url}${path.replace("{model}", server.name)}`);
    assert.equal(get.security?.length === 0, status !== 401, path);
  }
  assert.deepEqual(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    ),
    [
      "get /healthz",
      "get /readyz",
      "post /score",
      "post /api/v1/service/{name}/score",
      "post /v1/predict",
      "get /v2",
      "get /v2/health/live",
      "get /v2/health/ready",
      "get /v2/models/{model}",
      "get /v2/models/{model}/ready",
      "post /v2/models/{model}/infer",
      "get /v2/models/{model}/versions/{version}",
      "get /v2/models/{model}/versions/{version}/ready",
      "post /v2/models/{model}/versions/{version}/infer",
    ],
  );
  assert.deepEqual(Object.keys(document.paths["/v1/predict"]!["post"]!.requestBody!.content), [
    "image/jpeg",
    "image/png",
    "image/webp",
    "application/octet-stream",
    "multipart/form-data",
    "application/json",
  ]);
});
