import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { Deployment, type DeploymentStatus } from "../../src/deployment/index.js";
import { giveOrder } from "../../src/deployment/local/control.js";
import { isAlive, recordedPids } from "../../src/deployment/local/processes.js";
import { folderAt } from "../../src/deployment/local/state.js";
import { LogFile } from "../../src/deployment/local/log-file.js";
import { display } from "../../src/display.js";
import { colourImage, colourProbabilities, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { rewriteBundle } from "./rewrite-bundle.js";
import { underLoad } from "./steady-load.js";

// Before the folder itself is removed.
test.after(async () => {
  for (const { name } of await Deployment.list()) await Deployment.deleteIfExists(name);
});
const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;
const bundle = await writeColourBundle();
const other = await writeColourBundle({ bias: 1, name: "others" });
const image = await colourImage(red);
const imagePath = join(temporaryFolder(), "red.png");
writeFileSync(imagePath, image);

const folderOf = (name: string) => folderAt(join(data, "deployments", name));

/** Every process of a deployment. */
async function processesOf(
  name: string,
): Promise<{ supervisor: number; standby: number; replicas: number[] }> {
  for (;;) {
    const status = await giveOrder(folderOf(name).control, { kind: "status" });
    if (status?.standbyPid !== undefined) {
      return { supervisor: status.pid, standby: status.standbyPid, replicas: [...status.replicaPids] };
    }
    await setTimeout(20);
  }
}

const session = fileURLToPath(new URL("./session.js", import.meta.url));

async function inAnotherSession<Result>(...args: string[]): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [session, ...args]);
  return JSON.parse(stdout) as Result;
}

async function accepts(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test("a deployment scores, shows itself, is seen by other sessions, and deleting it leaves nothing", async () => {
  const steps: string[] = [];
  const deployment = new Deployment({ name: "colours", model: bundle, target: "local", replicas: 2 });
  assert.equal(await deployment.exists(), false);
  assert.equal(deployment[display]()["text/plain"], "colours\n  state  not deployed");
  await assert.rejects(deployment.scoreImage(image), {
    message: "Deployment.scoreImage: colours is not deployed. Call deploy() first.",
  });
  assert.throws(() => deployment.endpoint, {
    message: /^Deployment\.endpoint: not known yet\. Call deploy/u,
  });

  assert.equal(await deployment.deploy({ onProgress: (step) => steps.push(step) }), deployment);
  assert.deepEqual(steps, ["Storing the model", "Starting 2 replicas", `Ready at ${deployment.endpoint}`]);
  const { supervisor, standby, replicas } = await processesOf("colours");
  assert.equal(replicas.length, 2);

  const score = await deployment.scoreImage(imagePath, { addSoftmax: true });
  assert.equal(score.label, "red");
  assert.equal(score.decision, "red");
  assert.equal(score.modelVersion, deployment.version);
  const [first] = colourProbabilities(red);
  assert.ok(Math.abs(score.scores["red"]! - first!) < 1e-6);
  assert.ok(Math.abs((await deployment.scoreImage(image, { addSoftmax: false })).scores["red"]! - 6) < 1e-3);
  assert.equal((await deployment.scoreImage(pathToFileURL(imagePath))).label, "red");
  assert.equal((await deployment.scoreImage(new Uint8Array(image))).label, "red");

  // The contract of the package that this succeeds, at both addresses.
  for (const path of ["/score", "/api/v1/service/colours/score"]) {
    const answer = await fetch(deployment.endpoint + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${deployment.key}` },
      body: JSON.stringify([
        { image_in_base64: image.toString("base64"), parameters: { add_softmax: true } },
      ]),
    });
    const [row] = (await answer.json()) as string[];
    assert.ok(Math.abs((JSON.parse(row!) as number[])[0]! - first!) < 1e-6);
  }

  const { endpoint, key } = deployment;
  assert.equal((await Deployment.scoreExistingService(image, { endpoint, key })).label, "red");
  assert.equal(
    (await Deployment.scoreExistingService(image, { endpoint: `${endpoint}/score`, key })).label,
    "red",
  );
  await assert.rejects(Deployment.scoreExistingService(image, { endpoint, key: "guess" }), {
    message: `Deployment.scoreExistingService: key must be one that ${endpoint} accepts, got "another (not shown)". deployment.key is the right one.`,
  });
  await assert.rejects(
    deployment.scoreImage(Buffer.from("no image")),
    /image must be an image that the service can score, got "8 bytes"/u,
  );

  const [listed] = await inAnotherSession<DeploymentStatus[]>("list");
  assert.deepEqual(listed, {
    name: "colours",
    target: "local",
    state: "running",
    endpoint,
    version: deployment.version,
    previousVersions: [],
    replicas: 2,
    readyReplicas: 2,
    createdAt: listed!.createdAt,
  });
  const opened = await Deployment.open("colours");
  assert.equal((await opened.scoreImage(image)).label, "red");
  assert.match(opened[display]()["text/html"] as string, /<caption[^>]*>colours<\/caption>.*2 of 2 ready/u);
  assert.ok(!JSON.stringify(opened[display]()).includes(key));
  assert.match(await opened.logs(), /"route":"\/v1\/predict","status":200/u);
  assert.equal((await opened.logs({ lines: 1 })).split("\n").length, 1);

  const report = await deployment.loadTest({ connections: 2, requests: 20 });
  assert.equal(report.steps[0]!.answers, 20);

  await opened.scale(1);
  assert.equal((await deployment.status())!.readyReplicas, 1);

  // The keys are in one file that nobody else may read, and in no command line.
  const { root, keys: keysFile } = folderOf("colours");
  assert.equal((JSON.parse(readFileSync(keysFile, "utf8")) as { primary: string }).primary, key);
  assert.equal(Buffer.from(key, "base64url").length, 32);
  assert.equal(statSync(keysFile).mode & 0o777, 0o600);
  assert.equal(statSync(root).mode & 0o777, 0o700);
  const commands = await allCommandLines();
  assert.ok(commands.includes(root) && !commands.includes(key));
  assert.ok(!readFileSync(folderOf("colours").log, "utf8").includes(key));

  assert.equal(await inAnotherSession<boolean>("delete", "colours"), true);
  assert.deepEqual([supervisor, standby, ...replicas].filter(isAlive), []);
  assert.deepEqual(readdirSync(join(data, "deployments")), []);
  assert.equal(await accepts(endpoint), false);
  assert.equal(await deployment.exists(), false);
  assert.equal(await Deployment.deleteIfExists("colours"), false);
});

test("an image's address is fetched by the client, with a limit", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/moved") response.writeHead(302, { location: "/red.png" }).end();
    else if (request.url === "/red.png") response.end(image);
    else if (request.url === "/endless") {
      response.on("error", () => undefined);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    } else if (request.url === "/silent") return;
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deployment = await new Deployment({ name: "fetching", model: bundle }).deploy();
  assert.equal((await deployment.scoreImage(`${origin}/red.png`)).label, "red");
  assert.equal((await deployment.scoreImage(new URL(`${origin}/moved`))).label, "red");
  await assert.rejects(deployment.scoreImage(`${origin}/none.png`), {
    name: "EnvironmentError",
    message: `${origin}/none.png: the server answered 404.`,
  });
  await assert.rejects(deployment.scoreImage(`${origin}/endless`), {
    message: `${origin}/endless: is larger than 16 MiB.`,
  });
  await assert.rejects(deployment.scoreImage(`${origin}/silent`, { timeoutMs: 300 }), {
    message: `${origin}/silent: did not come within 0.3 s.`,
  });
  await assert.rejects(deployment.scoreImage("ftp://example.org/a.png"), /ftp:/u);
  server.closeAllConnections();
  server.close();
  await deployment.delete();
});

test("a new model under the same name, going back, and a killed replica: no request fails", async () => {
  const deployment = await new Deployment({ name: "switching", model: bundle, replicas: 2 }).deploy();
  const { endpoint, key, version } = deployment;
  const result = await underLoad(deployment, image, async () => {
    const { replicas } = await processesOf("switching");
    process.kill(replicas[0]!, "SIGKILL");
    const next = await new Deployment({ name: "switching", model: other }).deploy();
    assert.equal(next.endpoint, endpoint);
    assert.equal(next.key, key);
    assert.notEqual(next.version, version);
    assert.deepEqual((await deployment.status())!.previousVersions, [version]);
    await setTimeout(300);
    assert.equal(await deployment.rollback(), version);
  });
  assert.deepEqual(result.failures, []);
  assert.equal(result.versions.length, 2);
  assert.equal((await deployment.scoreImage(image)).modelVersion, version);
  while ((await deployment.status())!.readyReplicas < 2) await setTimeout(50);
  await assert.rejects(deployment.rollback(), {
    message: "switching has no version before this one to go back to.",
  });

  // A damaged bundle is refused, and what was served goes on.
  const damaged = join(temporaryFolder(), "damaged");
  cpSync(other, damaged, { recursive: true });
  appendFileSync(join(damaged, "model.onnx"), "x");
  await assert.rejects(
    new Deployment({ name: "switching", model: damaged }).deploy(),
    /model\.onnx: has \d+ bytes/u,
  );
  assert.equal((await deployment.scoreImage(image)).modelVersion, version);
  await deployment.delete();
});

test("keys are rotated under load: the one before works until the next rotation, and no request fails", async () => {
  const deployment = await new Deployment({ name: "rotating", model: bundle }).deploy();
  const { endpoint, key: first, secondaryKey: spare } = deployment;
  const takes = async (key: string): Promise<boolean> =>
    Deployment.scoreExistingService(image, { endpoint, key }).then(
      () => true,
      (error: unknown) => {
        assert.match(String(error), /key must be one that/u);
        return false;
      },
    );
  assert.ok(await takes(spare!));
  const result = await underLoad(deployment, image, async () => {
    const second = await deployment.rotateKey();
    assert.equal(deployment.key, second);
    assert.equal(deployment.secondaryKey, first);
    assert.deepEqual([await takes(second), await takes(first), await takes(spare!)], [true, true, false]);
  });
  assert.deepEqual(result.failures, []);
  const second = deployment.key;
  // Another session rotates; this one goes on, and whoever takes over knows the keys too.
  const third = await (await Deployment.open("rotating")).rotateKey();
  assert.equal((await deployment.scoreImage(image)).label, "red");
  assert.deepEqual([await takes(third), await takes(second), await takes(first)], [true, true, false]);
  const { supervisor, standby } = await processesOf("rotating");
  process.kill(supervisor, "SIGKILL");
  while ((await processesOf("rotating")).supervisor !== standby) await setTimeout(50);
  assert.deepEqual([await takes(third), await takes(second), await takes(first)], [true, true, false]);
  const files = readdirSync(folderOf("rotating").root).filter(
    (file) => !/sock|keys\.json|versions/u.test(file),
  );
  for (const file of files) {
    const text = readFileSync(join(folderOf("rotating").root, file), "utf8");
    assert.ok(!text.includes(second) && !text.includes(third), file);
  }
  await deployment.delete();
});

test("what it scores is recorded where that is asked for, from then on and through changes", async () => {
  const deployment = await new Deployment({ name: "recording", model: bundle }).deploy();
  await deployment.scoreImage(image);
  assert.deepEqual(await deployment.records(), []);
  const result = await underLoad(deployment, image, async () => {
    await new Deployment({ name: "recording", model: bundle, record: { keepImages: 1 } }).deploy();
  });
  assert.deepEqual(result.failures, []);
  await new Deployment({ name: "recording", model: other }).deploy();
  const since = new Date();
  await deployment.scoreImage(image);
  while ((await deployment.records({ since })).length === 0) await setTimeout(50);
  const [record] = await deployment.records({ since });
  assert.equal(record!.label, "red");
  assert.equal(record!.version, (await deployment.status())!.version);
  assert.ok(record!.statistics!.saturation > 0);
  const { records: folder } = folderOf("recording");
  assert.deepEqual(readFileSync(join(folder, "images", record!.image!)), image);
  const printed = await inAnotherSession<number>("count-records", "recording");
  assert.equal(printed, (await deployment.records()).length);

  await new Deployment({ name: "recording", model: other, record: false }).deploy();
  const count = (await deployment.records()).length;
  await deployment.scoreImage(image);
  await setTimeout(700);
  assert.equal((await deployment.records()).length, count);
  await deployment.delete();
});

test("a killed supervisor is replaced at once; only what it had accepted can fail, and scoreImage sends that again", async () => {
  const deployment = await new Deployment({ name: "robust", model: bundle, replicas: 1 }).deploy();
  const before = await processesOf("robust");
  const connections = 3;
  const scored = { count: 0, end: false };
  const client = (async () => {
    while (!scored.end) {
      assert.equal((await deployment.scoreImage(image)).label, "red");
      scored.count++;
    }
  })();
  const result = await underLoad(
    deployment,
    image,
    async (load) => {
      process.kill(before.supervisor, "SIGKILL");
      const answered = load.answered;
      while (load.answered < answered + 2 * connections) await setTimeout(20);
    },
    connections,
  );
  scored.end = true;
  await client;
  assert.ok(result.failures.length <= connections, result.failures.join("\n"));
  assert.ok(scored.count > 0);
  const after = await processesOf("robust");
  assert.equal(after.supervisor, before.standby);
  assert.notEqual(after.standby, before.standby);
  assert.equal((await deployment.status())!.state, "running");

  // The standby is replaced too.
  process.kill(after.standby, "SIGKILL");
  while (
    (await processesOf("robust")).standby === after.standby ||
    !isAlive((await processesOf("robust")).standby)
  ) {
    await setTimeout(50);
  }

  // Both at once: then it is stopped, says so, and starts again where it was.
  const { endpoint, key } = deployment;
  const last = await processesOf("robust");
  for (const pid of [last.standby, last.supervisor]) process.kill(pid, "SIGKILL");
  while ([last.supervisor, ...last.replicas].some(isAlive)) await setTimeout(20);
  assert.equal((await deployment.status())!.state, "stopped");
  await assert.rejects(deployment.scale(2), { message: "robust is not running. deploy() starts it again." });
  const again = await new Deployment({ name: "robust", model: bundle }).deploy();
  assert.equal(again.endpoint, endpoint);
  assert.equal(again.key, key);
  assert.equal((await again.scoreImage(image)).label, "red");
  const pids = await recordedPids(folderOf("robust"));
  assert.equal(await again.delete(), true);
  assert.deepEqual(pids.filter(isAlive), []);
});

test("two sessions that deploy at once make one service, which outlives both", async () => {
  const sessions = [bundle, bundle].map((model) => {
    const child = spawn(process.execPath, [session, "deploy-and-hang", "shared", model], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return child;
  });
  const endpoints = await Promise.all(
    sessions.map(async (child) => {
      const [text] = (await once(child.stdout, "data")) as [Buffer];
      return JSON.parse(text.toString()) as string;
    }),
  );
  assert.equal(endpoints[0], endpoints[1]);
  for (const child of sessions) child.kill("SIGKILL");
  await Promise.all(sessions.map((child) => once(child, "exit")));
  const deployment = await Deployment.open("shared");
  assert.equal(deployment.endpoint, endpoints[0]);
  assert.equal((await deployment.scoreImage(image)).label, "red");
  await deployment.delete();
});

test("what cannot be deployed says why and leaves nothing", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(new Deployment({ name: "nowhere", model: bundle, port }).deploy(), {
    message: `Deployment.deploy: port must be free on 127.0.0.1, got ${port}. Another program listens there; name another port, or none to take a free one.`,
  });
  taken.close();
  await assert.rejects(new Deployment({ name: "nowhere", model: join(data, "none") }).deploy(), {
    name: "FileError",
    message: `${join(data, "none")}: no bundle can be read here (no such file or folder).`,
  });
  await assert.rejects(new Deployment({ name: "nowhere" }).deploy(), {
    message:
      "Deployment.deploy: model must be a trained classifier or the path of a bundle, got undefined. Give it to the constructor.",
  });
  // Whole by its hashes, but not a network.
  const noNetwork = await writeColourBundle({ name: "none" });
  await rewriteBundle(noNetwork, "model.onnx", Buffer.from("no network"));
  await assert.rejects(new Deployment({ name: "nowhere", model: noNetwork }).deploy(), /model\.onnx/u);
  const cancelled = AbortSignal.abort();
  await assert.rejects(new Deployment({ name: "nowhere", model: bundle }).deploy({ signal: cancelled }), {
    name: "CancelledError",
  });
  assert.ok(!existsSync(folderOf("nowhere").root));
  assert.ok((await Deployment.list()).every(({ name }) => name !== "nowhere"));
  assert.throws(() => new Deployment({ name: "../up" }), {
    message:
      'Deployment: name must be 1 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash, got "../up". It becomes part of addresses and file names.',
  });
  assert.throws(
    () => new Deployment({ name: "a", replicas: 0 }),
    /replicas must be a whole number from 1 to 1000, got 0/u,
  );
  await assert.rejects(Deployment.open("nowhere"), {
    message: 'Deployment.open: name must be that of a deployment, got "nowhere". Deployment.list() has them.',
  });
});

test("a log that has grown too long becomes the old one, and the open file starts anew", () => {
  const path = join(temporaryFolder(), "service.log");
  writeFileSync(path, "x".repeat(2000));
  const log = new LogFile(path);
  log.rotate(1000);
  log.close();
  assert.equal(statSync(path).size, 0);
  assert.equal(statSync(`${path}.1`).size, 2000);
});

/** The command line of every process that is visible; a minimal Linux has no `ps`. */
async function allCommandLines(): Promise<string> {
  if (process.platform !== "linux") {
    return (await promisify(execFile)("ps", ["-eww", "-o", "args="])).stdout;
  }
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return ""; // it ended meanwhile
    }
  });
  return lines.join("\n");
}
