import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { loadTest, newKey, startScoringServer, type ScoringServer } from "sightbook";

import { colourImage, green, red, writeColourBundle } from "../serving/colour-bundle.js";

describe("the scoring server under load", async () => {
  const bundle = await writeColourBundle();
  const images = [await colourImage(red), await colourImage(green)];
  const { key, digest } = newKey();
  let server: ScoringServer;
  before(async () => {
    server = await startScoringServer({ bundle, workers: 1, keyDigests: [digest] });
  });
  after(() => server.close());

  for (const path of ["/score", "/api/v1/service/colours/score", "/v1/predict", ""]) {
    test(`every answer of ${path || "an address without a path"} is right, and tells the server's own times`, async () => {
      const report = await loadTest({ url: server.url + path, images, key, connections: 4, requests: 200 });
      const [step] = report.steps;
      assert.deepEqual(step!.errors, []);
      assert.equal(step!.answers, 200);
      assert.deepEqual(Object.keys(step!.serverTimes), ["queue", "decode", "inference", "total"]);
      const { queue, decode, inference, total } = step!.serverTimes;
      for (const times of [queue!, decode!, inference!, total!]) assert.equal(times.count, 200);
      // What the server spent is a part of what the client waited for.
      assert.ok(total!.mean <= step!.serviceTime.mean, `${total!.mean} in ${step!.serviceTime.mean}`);
      assert.ok(inference!.p50 <= total!.p50);
    });
  }

  test("an open loop is answered too", async () => {
    const report = await loadTest({ url: server.url, images, key, rate: 40, durationSeconds: 2 });
    assert.deepEqual(report.steps[0]!.errors, []);
    assert.ok(report.steps[0]!.answers > 40);
  });

  test("without the key nothing is measured", async () => {
    await assert.rejects(loadTest({ url: server.url, images }), /status 401, the key is missing or wrong/);
  });
});
