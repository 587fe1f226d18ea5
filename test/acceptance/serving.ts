/**
 * What the scoring server's tests are too short for: `node dist/test/acceptance/serving.js [minutes]`.
 *
 * - Memory over a soak of good and bad requests, with a process killed and a version switched every round.
 * - Whether the time of a refusal tells how much of a key is right.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { isAuthorized, newKey } from "../../src/serving/keys.js";
import { startScoringServer } from "../../src/serving/index.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { until } from "../serving/requests.js";
import { megabytesOf, runSoak } from "../serving/soak.js";

const minutes = Number(process.argv[2] ?? 10);

test(`memory over ${minutes} minutes`, async () => {
  const bundle = await writeColourBundle();
  const second = await writeColourBundle({ name: "second", bias: 1 });
  const server = await startScoringServer({ bundle, workers: 2 });
  after(() => server.close());
  const image = await colourImage(red);
  const sizes: number[] = [];
  const endAt = performance.now() + minutes * 60_000;
  for (let round = 0; performance.now() < endAt; round++) {
    const [pid] = (await server.status()).inferencePids;
    process.kill(pid!, "SIGKILL");
    await runSoak(server.url, image, 2000);
    await server.switchTo(round % 2 === 0 ? second : bundle);
    await until(async () => (await server.status()).inferencePids.length === 2, "both processes are there");
    sizes.push(megabytesOf([process.pid]));
    console.log(`round ${round}: ${sizes.at(-1)} MB`);
  }
  const half = sizes.length >> 1;
  const growth = mean(sizes.slice(half)) / mean(sizes.slice(2, half));
  console.log(`${sizes.length} rounds of 2,000 requests; second half beside the first: ${growth.toFixed(3)}`);
  assert.ok(growth < 1.1, `the server grew by ${growth}`);
});

test("the time of a refusal does not tell how much of a key is right", () => {
  const { key, digest } = newKey();
  const wrongAt = (place: number): string =>
    `Bearer ${key.slice(0, place)}${key[place] === "A" ? "B" : "A"}${key.slice(place + 1)}`;
  const cases = { first: wrongAt(0), last: wrongAt(42), short: "Bearer x" };
  const times: Record<string, number[]> = { first: [], last: [], short: [] };
  // Batches in turn, so that whatever else the machine does falls on all of them; the quickest of each says most.
  for (let batch = 0; batch < 400; batch++) {
    for (const [name, header] of Object.entries(cases)) {
      const startedAt = performance.now();
      for (let i = 0; i < 200; i++) isAuthorized(header, [digest]);
      times[name]!.push((performance.now() - startedAt) / 200);
    }
  }
  const quickest = Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, mean(all.sort((a, b) => a - b).slice(0, 40)) * 1000]),
  );
  console.log("microseconds of a refusal:", quickest);
  assert.ok(Math.abs(quickest["first"]! / quickest["last"]! - 1) < 0.05);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
