import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";

import { startScoringServer, type ScoringServer } from "../../src/serving/index.js";
import { temporaryFolder } from "../support.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { postJson, predict, until } from "./requests.js";
import { steadyLoad } from "./steady-load.js";

const image = await colourImage(red);
const first = await writeColourBundle({ name: "first" });
const second = await writeColourBundle({ name: "second", bias: 1 });
/** A copy of the first that a test may change. */
const mutable = join(temporaryFolder(), "mutable");
cpSync(first, mutable, { recursive: true });

let server: ScoringServer;
before(async () => {
  server = await startScoringServer({ bundle: mutable, workers: 2, name: "colours" });
});
after(() => server.close());

async function redLogit(): Promise<number> {
  const body = [{ image_in_base64: image.toString("base64") }];
  const answer = await postJson(`${server.url}/score`, body);
  return (JSON.parse((answer.body as string[])[0]!) as number[])[0]!;
}

test("switches to another version and back under load, without a failed request", async () => {
  const firstVersion = server.version;
  const load = steadyLoad(server.url, image, 8);
  await until(() => load.answered() > 20, "the load runs");
  const { version, bundle, previousBundle } = await server.switchTo(second);
  assert.notEqual(version, firstVersion);
  assert.deepEqual([bundle, previousBundle], [second, mutable]);
  const answered = load.answered();
  await until(() => load.answered() > answered + 20, "the second version answers");
  assert.equal((await server.rollback()).version, firstVersion);
  const later = load.answered();
  await until(() => load.answered() > later + 20, "the first version answers");
  const { outcomes, versions } = await load.stop();
  assert.deepEqual(Object.keys(outcomes), ["200"]);
  assert.deepEqual(versions, [firstVersion, version]);
  assert.equal((await predict(server.url, image)).body.model.version, firstVersion);
});

test("a version with larger images takes their pixels", async () => {
  const large = await writeColourBundle({ name: "large", imageSize: 64 });
  const small = await startScoringServer({ bundle: first, workers: 1, name: "colours", maxImages: 1 });
  await small.switchTo(large);
  const data = Array.from({ length: 64 * 64 }, () => red).flat();
  const inputs = [{ name: "images", datatype: "UINT8", shape: [1, 64, 64, 3], data }];
  const { status, body } = await postJson(`${small.url}/v2/models/colours/infer`, { inputs });
  assert.equal(status, 200, JSON.stringify(body));
  await small.close();
});

test("the processes of the version before end when they have answered", async () => {
  const { inferencePids: before } = await server.status();
  await server.switchTo(second, "v2");
  assert.equal(server.version, "v2");
  assert.equal(await redLogit(), 7);
  await server.rollback();
  assert.equal(await redLogit(), 6);
  const { inferencePids: now, workers } = await server.status();
  assert.equal(workers, 2);
  assert.ok(now.every((pid) => !before.includes(pid)));
});

for (const { name, damage, error } of [
  {
    name: "was changed",
    damage: (path: string) => {
      const bytes = readFileSync(join(path, "model.onnx"));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(path, "model.onnx"), bytes);
    },
    error: /model\.onnx: its SHA-256 is [0-9a-f]{64}, model\.json says [0-9a-f]{64}/u,
  },
  {
    name: "lacks a file",
    damage: (path: string) => {
      rmSync(join(path, "model.onnx"));
    },
    error: /model\.onnx: is missing from the bundle/u,
  },
  {
    name: "names a file elsewhere",
    damage: (path: string) => {
      const text = readFileSync(join(path, "model.json"), "utf8");
      writeFileSync(join(path, "model.json"), text.replace('"model.onnx"', '"../../etc/passwd"'));
    },
    error: /model\.json: its own SHA-256 says/u,
  },
]) {
  test(`a bundle that ${name} is refused, and the one at hand stays`, async () => {
    const { version } = server;
    const path = join(temporaryFolder(), "damaged");
    cpSync(second, path, { recursive: true });
    damage(path);
    await assert.rejects(server.switchTo(path), (refusal: Error) => error.test(refusal.message));
    assert.equal(server.version, version);
    assert.equal((await predict(server.url, image)).status, 200);
  });
}

test("what happens to the bundle's files while it is served changes nothing, not even for a new process", async () => {
  const bytes = readFileSync(join(mutable, "model.onnx"));
  rmSync(join(mutable, "model.onnx"));
  const { inferencePids } = await server.status();
  for (const pid of inferencePids) process.kill(pid, "SIGKILL");
  assert.equal((await predict(server.url, image)).status, 200);
  writeFileSync(join(mutable, "model.onnx"), bytes);
});

test("reload serves what lies at the bundle's path now", async () => {
  const before = server.version;
  rmSync(mutable, { recursive: true });
  cpSync(second, mutable, { recursive: true });
  assert.notEqual((await server.reload()).version, before);
  assert.equal(await redLogit(), 7);
});

test("the number of processes can be changed", async () => {
  assert.equal((await server.scale(3)).inferencePids.length, 3);
  const load = steadyLoad(server.url, image, 8);
  await until(() => load.answered() > 20, "the load runs");
  await server.scale(1);
  const { outcomes } = await load.stop();
  assert.deepEqual(Object.keys(outcomes), ["200"]);
  assert.equal((await server.status()).workers, 1);
});
