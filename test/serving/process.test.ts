import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import test from "node:test";

import { connectControl, newKey, spawnScoringProcess } from "../../src/serving/index.js";
import { runCli } from "../cli/run-cli.js";
import { temporaryFolder } from "../support.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { isAlive, postJson, predict, until } from "./requests.js";
import { steadyLoad } from "./steady-load.js";

const image = await colourImage(red);
const bundle = await writeColourBundle();
const second = await writeColourBundle({ name: "second", bias: 1 });

test("says when it is ready, serves, and SIGTERM under load fails no request", async () => {
  const server = await spawnScoringProcess(bundle, { args: ["--port", "0", "--workers", "2"] });
  const { event, pid, url, model, version } = server;
  assert.deepEqual([event, pid, model], ["ready", server.child.pid, "colours"]);
  assert.match(version, /^[0-9a-f]{12}$/u);
  const load = steadyLoad(url, image, 16);
  await until(() => load.answered() > 100, "the load runs");
  assert.equal(await server.stop(), 0);
  const { outcomes } = await load.ended;
  assert.deepEqual(Object.keys(outcomes), ["200"]);
});

test("a second signal ends it at once", async () => {
  const args = ["--port", "0", "--workers", "1", "--drain-delay-ms", "60000"];
  const server = await spawnScoringProcess(bundle, { args });
  server.child.kill("SIGTERM");
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 503, "it drains");
  server.child.kill("SIGTERM");
  assert.equal(await server.exited, 1);
});

test("its inference processes end with it, however it ends", async () => {
  const folder = temporaryFolder();
  const control = join(folder, "control");
  const args = ["--port", "0", "--workers", "2", "--control", control];
  const server = await spawnScoringProcess(bundle, { args });
  const { inferencePids } = await connectControl(control).status();
  assert.equal(inferencePids.length, 2);
  server.child.kill("SIGKILL");
  await server.exited;
  await until(() => !inferencePids.some(isAlive), "they have ended");

  // The socket that it left behind is no obstacle to the next one.
  const next = await spawnScoringProcess(bundle, { args });
  assert.equal((await connectControl(control).status()).pid, next.pid);
  assert.equal(await next.stop(), 0);
});

test("the control socket: status, switch, rollback, scale, drain; for its owner alone, and not on the scoring port", async () => {
  const control = join(temporaryFolder(), "control");
  const args = ["--port", "0", "--workers", "1", "--control", control, "--metrics-port", "0"];
  const server = await spawnScoringProcess(bundle, { args });
  assert.equal(server.control, control);
  if (process.platform !== "win32") assert.equal(statSync(control).mode & 0o777, 0o600);
  const commands = connectControl(control);
  const { uptimeSeconds, inferencePids, ...status } = await commands.status();
  assert.deepEqual(status, {
    pid: server.pid,
    url: server.url,
    metricsUrl: server.metricsUrl,
    name: "colours",
    version: server.version,
    bundle,
    isReady: true,
    isDraining: false,
    workers: 1,
    waiting: 0,
    running: 0,
  });
  assert.ok(uptimeSeconds > 0);
  assert.equal(inferencePids.length, 1);
  const switched = await commands.switchTo(second, "2");
  assert.deepEqual([switched.version, switched.previousBundle], ["2", bundle]);
  assert.equal((await predict(server.url, image)).body.model.version, "2");
  await assert.rejects(commands.switchTo(join(bundle, "nowhere")), {
    message: `${join(bundle, "nowhere")}: no bundle can be read here (no such file or folder).`,
  });
  assert.equal((await commands.rollback()).version, server.version);
  assert.equal((await commands.scale(2)).inferencePids.length, 2);
  await assert.rejects(commands.scale(0), { message: /workers must be a whole number from 1/u });
  for (const path of ["/status", "/switch", "/v2/repository/index", "/metrics"]) {
    assert.equal((await postJson(`${server.url}${path}`, { bundle: second })).status, 404);
  }
  const metrics = await fetch(server.metricsUrl!);
  assert.match(await metrics.text(), /^sightbook_requests_total\{route="\/v1\/predict",status="200"\} 1$/mu);
  assert.equal((await commands.drain()).isDraining, true);
  assert.equal(await server.exited, 0);
  await assert.rejects(commands.status(), {
    message: `status: no server answers on the control socket ${control} (ENOENT).`,
  });
});

test("SIGHUP reads the bundle's path again", async () => {
  const path = await writeColourBundle({ name: "changing" });
  const server = await spawnScoringProcess(path, { args: ["--port", "0", "--workers", "1"] });
  for (const file of ["model.json", "model.onnx", "weights.safetensors"]) {
    writeFileSync(join(path, file), readFileSync(join(second, file)));
  }
  server.child.kill("SIGHUP");
  await until(
    async () => (await predict(server.url, image)).body.model.version !== server.version,
    "the new version answers",
  );
  assert.equal(await server.stop(), 0);
});

test("SIGHUP reads the file of the keys again: one is replaced while the other works", async () => {
  const [first, second, third] = [newKey(), newKey(), newKey()];
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, `${first.digest}\n${second.digest}\n`);
  const log = join(temporaryFolder(), "log");
  const descriptor = openSync(log, "w");
  const args = ["--port", "0", "--workers", "1", "--keys-file", file];
  const server = await spawnScoringProcess(bundle, { args, log: descriptor });
  closeSync(descriptor);
  const status = async ({ key }: { key: string }): Promise<number> =>
    (await predict(server.url, image, { headers: { authorization: `Bearer ${key}` } })).status;
  writeFileSync(file, `${third.digest}\n${first.digest}\n`);
  server.child.kill("SIGHUP");
  await until(async () => (await status(third)) === 200, "the new key is accepted");
  assert.deepEqual([await status(first), await status(second)], [200, 401]);
  // A file that is empty or damaged opens nothing and locks nobody out.
  for (const [text, reason] of [
    ["", /keyDigests must be at least one: this server asks for a key, got 0/u],
    [third.key, /keyDigests must be one or two SHA-256 digests .* got \\"something else \(not shown\)/u],
  ] as const) {
    writeFileSync(file, text);
    server.child.kill("SIGHUP");
    await until(() => Promise.resolve(reason.test(readFileSync(log, "utf8"))), String(reason));
    assert.deepEqual([await status(third), await status({ key: "" })], [200, 401]);
  }
  assert.equal(await server.stop(), 0);
});

test("keys: from the environment or a file, never from the arguments, and not in the log", async () => {
  const [primary, secondary] = [newKey(), newKey()];
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, `${primary.digest}\n${secondary.digest}\n`);
  const log = join(temporaryFolder(), "log");
  for (const options of [
    { args: ["--port", "0", "--workers", "1", "--keys-file", file], env: {} },
    {
      args: ["--port", "0", "--workers", "1"],
      env: { SIGHTBOOK_KEY_DIGESTS: `${primary.digest},${secondary.digest}` },
    },
  ]) {
    const descriptor = openSync(log, "w");
    const server = await spawnScoringProcess(bundle, { ...options, log: descriptor });
    closeSync(descriptor);
    const status = async (key?: string): Promise<number> =>
      (await predict(server.url, image, { headers: key ? { authorization: `Bearer ${key}` } : {} })).status;
    assert.deepEqual(
      [await status(primary.key), await status(secondary.key), await status("wrong"), await status()],
      [200, 200, 401, 401],
    );
    await fetch(`${server.url}/score?key=${primary.key}`, {
      method: "POST",
      headers: { authorization: `Bearer ${primary.key}` },
    });
    assert.equal(await server.stop(), 0);
    const written = readFileSync(log, "utf8");
    assert.equal(written.match(/"status":200/gu)?.length, 2);
    for (const secret of [primary.key, secondary.key, primary.digest, secondary.digest, "wrong"]) {
      assert.ok(!written.includes(secret));
    }
  }
});

test("sightbook key makes a key and its digest", async () => {
  const run = await runCli(["key", "--json"]);
  const { key, digest } = run.json() as Record<string, string>;
  assert.match(key!, /^[\w-]{43}$/u);
  assert.equal(Buffer.from(key!, "base64url").length, 32);
  assert.match(digest!, /^[0-9a-f]{64}$/u);
});

for (const { name, args, env = {}, exitCode, error } of [
  {
    name: "a bundle that is not there",
    args: ["serve", "/nowhere"],
    exitCode: 1,
    error: "error: /nowhere: no bundle can be read here (no such file or folder).\n",
  },
  {
    name: "an address beyond this machine without a key",
    args: ["serve", bundle, "--host", "0.0.0.0"],
    exitCode: 2,
    error:
      "error: startScoringServer: keyDigests must be given when host is not this machine's loopback address, " +
      'got "0.0.0.0". sightbook key makes a key; allowNoKey (--no-key) serves everybody.\n',
  },
  {
    name: "a key in place of its digest, which is not repeated",
    args: ["serve", bundle],
    env: { SIGHTBOOK_KEY_DIGESTS: "my secret" },
    exitCode: 2,
    error:
      "error: SIGHTBOOK_KEY_DIGESTS: keyDigests must be one or two SHA-256 digests of 64 hexadecimal digits, " +
      'got "something else (not shown)". sightbook key makes a key and its digest.\n',
  },
  {
    name: "a name that would lead elsewhere",
    args: ["serve", bundle, "--name", "../x"],
    exitCode: 2,
    error:
      "error: startScoringServer: name must be made of letters, digits, dots, dashes and underscores, at most 100, " +
      'got "../x". It becomes part of the server\'s paths.\n',
  },
]) {
  test(`refuses ${name}`, async () => {
    const run = await runCli(args, { env });
    assert.equal(run.stderr, error);
    assert.equal(run.exitCode, exitCode);
    assert.equal(run.stdout, "");
  });
}

test("refuses a port that is taken", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const run = await runCli(["serve", bundle, "--port", String(port), "--log-level", "silent"]);
  assert.equal(
    run.stderr,
    `error: 127.0.0.1:${port} cannot be listened on: another program listens there. Choose another port.\n`,
  );
  assert.equal(run.exitCode, 1);
  other.close();
});
