import assert from "node:assert/strict";
import process from "node:process";
import test, { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import {
  startScoringServer,
  type ScoringServer,
  type ScoringServerOptions,
} from "../../src/serving/index.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { isAlive, predict, until } from "./requests.js";

const image = await colourImage(red);
/** Scores an image in some tens of milliseconds, so that there is time to do harm meanwhile. */
const slowBundle = await writeColourBundle({ imageSize: 128, ballast: 10, name: "slow" });

async function withServer(
  options: Partial<ScoringServerOptions>,
  use: (server: ScoringServer, pids: () => Promise<readonly number[]>) => Promise<void>,
): Promise<void> {
  const server = await startScoringServer({ bundle: slowBundle, workers: 1, ...options });
  try {
    await use(server, async () => (await server.status()).inferencePids);
  } finally {
    await server.close();
  }
}

describe("an inference process that dies", () => {
  test("under load: every image is scored all the same, and another process takes its place", async () => {
    await withServer({ workers: 2 }, async (server, pids) => {
      const before = await pids();
      assert.equal(before.length, 2);
      const answers = Array.from({ length: 30 }, () => predict(server.url, image));
      await until(async () => (await server.status()).running > 4, "images are being scored");
      for (const pid of before) process.kill(pid, "SIGKILL");
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual(statuses, Array(30).fill(200));
      await until(async () => (await pids()).length === 2, "both processes are back");
      assert.ok((await pids()).every((pid) => !before.includes(pid)));
    });
  });

  test("twice with the same image: that request is told so, and none other", async () => {
    const bundle = await writeColourBundle({ imageSize: 128, ballast: 120, name: "slower" });
    await withServer({ bundle, maxBatch: 1, deadlineMs: 60_000 }, async (server) => {
      const answer = predict(server.url, image);
      const answered = answer.then(() => true);
      // A process that dies before it has begun is not the image's fault, so this may take more than two.
      while (!(await Promise.race([answered, delay(40, false)]))) {
        const { running, inferencePids } = await server.status();
        if (running === 1) for (const pid of inferencePids) kill(pid);
      }
      const { status, body } = await answer;
      assert.equal(status, 500);
      assert.deepEqual(body.error, {
        code: "inference_failed",
        message: "Its inference process ended twice while it scored this image.",
      });
      assert.equal((await predict(server.url, image)).status, 200);
    });
  });

  test("while none is left the server lives, is not ready, and waits for the next", async () => {
    await withServer({}, async (server, pids) => {
      const [pid] = await pids();
      process.kill(pid!, "SIGKILL");
      await until(async () => (await pids()).length === 0, "the process is gone");
      assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
      const readiness = await fetch(`${server.url}/readyz`);
      assert.equal(readiness.status, 503);
      assert.deepEqual(await readiness.json(), { status: "no inference process" });
      assert.equal((await predict(server.url, image)).status, 200);
    });
  });

  test("it hangs: it is ended and its image scored by the next one", async () => {
    // Long enough for the next process, however busy the machine is.
    await withServer({ hangTimeoutMs: 5_000, deadlineMs: 60_000 }, async (server, pids) => {
      const [pid] = await pids();
      process.kill(pid!, "SIGSTOP");
      assert.equal((await predict(server.url, image)).status, 200);
      assert.notDeepEqual(await pids(), [pid]);
    });
  });
});

/** Kills a process that may have ended already. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
}

/** Stops the inference processes, so that whatever is asked waits. @returns What lets them go on. */
function stopInference(pids: readonly number[]): () => void {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}

test("the queue is bounded: what finds no room is told to come again, what was accepted is scored", async () => {
  await withServer({ maxBatch: 1, maxWaiting: 3, maxImages: 3 }, async (server, pids) => {
    const goOn = stopInference(await pids());
    // Two are in the process; three wait.
    const accepted = Array.from({ length: 5 }, () => predict(server.url, image));
    await until(async () => (await server.status()).waiting === 3, "the queue is full");
    const { status, headers, body } = await predict(server.url, image);
    assert.equal(status, 503);
    assert.equal(headers.get("retry-after"), "1");
    assert.deepEqual(body.error, {
      code: "overloaded",
      message: "Too many images are waiting already; try again shortly.",
    });
    goOn();
    assert.deepEqual(
      (await Promise.all(accepted)).map(({ status }) => status),
      Array(5).fill(200),
    );
  });
});

test("a queue that has become too slow takes no more until it has caught up", async () => {
  await withServer({ maxBatch: 1, deadlineMs: 20_000, hangTimeoutMs: 60_000 }, async (server, pids) => {
    const goOn = stopInference(await pids());
    const accepted = Array.from({ length: 3 }, () => predict(server.url, image));
    await until(async () => (await server.status()).waiting === 1, "one waits");
    await delay(10_100);
    const { status, body } = await predict(server.url, image);
    assert.deepEqual([status, body.error?.code], [503, "overloaded"]);
    goOn();
    assert.deepEqual(
      (await Promise.all(accepted)).map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal((await predict(server.url, image)).status, 200);
  });
});

test("an answer that comes too late is not waited for", async () => {
  await withServer({ deadlineMs: 200, hangTimeoutMs: 60_000 }, async (server, pids) => {
    const goOn = stopInference(await pids());
    const startedAt = performance.now();
    const { status, headers, body } = await predict(server.url, image);
    assert.equal(status, 504);
    assert.ok(performance.now() - startedAt >= 150);
    assert.equal(headers.get("retry-after"), "1");
    assert.equal(body.error?.code, "deadline_exceeded");
    goOn();
    await until(async () => (await server.status()).running === 0, "nothing is left of it");
  });
});

test("work whose client has left is dropped", async () => {
  await withServer({ maxBatch: 1, hangTimeoutMs: 60_000 }, async (server, pids) => {
    const goOn = stopInference(await pids());
    const client = new AbortController();
    const answers = Array.from({ length: 6 }, () =>
      predict(server.url, image, { signal: client.signal }).catch((error: unknown) => (error as Error).name),
    );
    await until(async () => (await server.status()).waiting === 4, "images wait");
    client.abort();
    assert.deepEqual(await Promise.all(answers), Array(6).fill("AbortError"));
    await until(async () => (await server.status()).waiting === 0, "the queue is empty");
    goOn();
    await until(async () => (await server.status()).running === 0, "the process has dropped its own");
    assert.equal((await predict(server.url, image)).status, 200);
  });
});

test("closing answers all that was accepted and ends the processes", async () => {
  const server = await startScoringServer({ bundle: slowBundle, workers: 2, drainDelayMs: 0 });
  const { inferencePids } = await server.status();
  const goOn = stopInference(inferencePids);
  const answers = Array.from({ length: 20 }, () => predict(server.url, image));
  await until(async () => {
    const { waiting, running } = await server.status();
    return waiting + running === 20;
  }, "all are accepted");
  const closing = server.close();
  goOn();
  await closing;
  assert.equal(await server.closed, true);
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    Array(20).fill(200),
  );
  await until(() => inferencePids.every((pid) => !isAlive(pid)), "the processes have ended");
});

test("what is not answered within the time for draining is cut off, and closing says so", async () => {
  const server = await startScoringServer({
    bundle: slowBundle,
    workers: 1,
    drainDelayMs: 0,
    drainTimeoutMs: 100,
    hangTimeoutMs: 60_000,
  });
  stopInference((await server.status()).inferencePids);
  const answer = predict(server.url, image).then(
    ({ status }) => status,
    () => "cut off",
  );
  await until(async () => (await server.status()).running === 1, "the image was taken");
  await server.close();
  assert.equal(await server.closed, false);
  assert.ok([503, "cut off"].includes(await answer));
});
