import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import test, { describe } from "node:test";

import { loadTest, type LoadErrorCount, type LoadTestReport } from "sightbook";

import { answer, answerAfter, startServer, type Script } from "./scripted-server.js";

const image = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);

/** The first request only asks whether the service answers; those of the load are numbered from 1. */
const load =
  (script: Script): Script =>
  (number, response, request) => {
    if (number === 1) answer(response);
    else script(number - 1, response, request);
  };

const stallMs = 1000;

/** Answers at once, but for one request in the middle, with which everything stands still for a second. */
function stalling(at: number): Script {
  let until = 0;
  return load((number, response) => {
    if (number === at) until = performance.now() + stallMs;
    const wait = until - performance.now();
    if (wait > 0) answerAfter(response, wait);
    else answer(response);
  });
}

const errorsOf = ({ steps }: LoadTestReport): Record<string, number> =>
  Object.fromEntries(
    steps[0]!.errors.map(({ kind, detail, count }: LoadErrorCount) => [`${kind} ${detail}`, count]),
  );

// No bound below depends on how fast the machine is: times are only compared with waits that the server makes for certain.
describe("a stall of a second in the middle", () => {
  test("an open loop shows it in full, since latency counts from when a request was due", async () => {
    const { url } = await startServer(stalling(200));
    const report = await loadTest({
      url,
      images: [image],
      rate: 200,
      arrivals: "constant",
      requests: 400,
      connections: 1,
    });
    const [step] = report.steps;
    assert.equal(step!.answers, 400);
    // In the second that follows 200 requests are due; the first 20 of them wait for 0.9 s and more.
    assert.ok(step!.latency.p95 > 0.8 * stallMs, `p95 ${step!.latency.p95}`);
    assert.ok(step!.latency.p99 > 0.9 * stallMs, `p99 ${step!.latency.p99}`);
    // The same run, looked at naively: one slow answer of 400, far above the 99th percentile.
    assert.ok(step!.serviceTime.max >= stallMs);
    assert.ok(step!.serviceTime.p99 < 0.5 * stallMs, `naive p99 ${step!.serviceTime.p99}`);
  });

  test("a closed loop hides it in its service time and shows it in its corrected latency", async () => {
    const { url } = await startServer(stalling(200));
    const report = await loadTest({ url, images: [image], requests: 400, connections: 1 });
    const [step] = report.steps;
    assert.equal(step!.answers, 400);
    assert.ok(step!.serviceTime.p99 < 0.5 * stallMs, `naive p99 ${step!.serviceTime.p99}`);
    assert.ok(step!.serviceTime.max >= stallMs, `max ${step!.serviceTime.max}`);
    // The requests that the stalled connection would have sent, half a second late on average, are added.
    assert.ok(step!.latency.count > step!.serviceTime.count);
    assert.ok(step!.latency.mean > step!.serviceTime.mean);
    assert.match(report.toString(), /corrected for coordinated omission by estimate/);
  });
});

describe("what is counted", () => {
  test("a step of so many requests sends exactly those, and the images in turn", async () => {
    const bodies: string[] = [];
    const server = await startServer(
      load((_, response, { body }) => {
        bodies.push(body);
        answer(response);
      }),
    );
    const other = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
    const report = await loadTest({
      url: server.url,
      images: [image, other],
      requests: 31,
      connections: 4,
      parameters: { add_softmax: true },
    });
    assert.equal(server.requests, 32);
    assert.equal(report.steps[0]!.requests, 31);
    const sent = bodies.map((body) => JSON.parse(body) as unknown);
    const bodyOf = (bytes: Uint8Array): unknown => [
      { image_in_base64: Buffer.from(bytes).toString("base64"), parameters: { add_softmax: true } },
    ];
    assert.equal(sent.filter((body) => JSON.stringify(body) === JSON.stringify(bodyOf(image))).length, 16);
    assert.equal(sent.filter((body) => JSON.stringify(body) === JSON.stringify(bodyOf(other))).length, 15);
  });

  test("no more requests are under way than there are connections, and no fewer", async () => {
    let most = 0;
    const held: ServerResponse[] = [];
    const { url } = await startServer(
      load((_, response) => {
        most = Math.max(most, held.push(response));
        // Answers only when all eight wait: fewer would never get one.
        if (held.length === 8) for (const each of held.splice(0)) answer(each);
      }),
    );
    await loadTest({ url, images: [image], requests: 40, connections: 8 });
    assert.equal(most, 8);
  });

  test("an open loop sends at its rate, however slow the answers are", async () => {
    const { url } = await startServer(
      load((_, response) => {
        answerAfter(response, 500);
      }),
    );
    const report = await loadTest({
      url,
      images: [image],
      rate: 50,
      arrivals: "constant",
      durationSeconds: 2,
    });
    const [step] = report.steps;
    // A closed loop of 256 connections would have sent over a thousand.
    assert.equal(step!.requests, 100);
    assert.equal(step!.answers, 100);
    assert.ok(step!.latency.p50 >= 500);
  });

  for (const end of [{ durationSeconds: 1 }, { requests: 1 }]) {
    test(`an open loop ends when it is over, not when a next request would be due: ${JSON.stringify(end)}`, async () => {
      const { url } = await startServer((_, response) => {
        answer(response);
      });
      // The next one would come in a quarter of an hour.
      const report = await loadTest({ url, images: [image], rate: 0.001, arrivals: "constant", ...end });
      assert.equal(report.steps[0]!.requests, 1);
      assert.ok(report.steps[0]!.seconds < 500);
    });
  }

  test("queue and inference time come from the server's own header", async () => {
    const { url } = await startServer(
      load((number, response) => {
        answer(response, { "server-timing": `queue;dur=${number}, inference;desc="x";dur=8, decode` });
      }),
    );
    const report = await loadTest({ url, images: [image], requests: 100, connections: 2 });
    const { serverTimes, timeline } = report.steps[0]!;
    assert.deepEqual(Object.keys(serverTimes), ["queue", "inference"]);
    // Precise to three digits.
    assert.ok(Math.abs(serverTimes["queue"]!.p50 - 50) <= 0.05);
    assert.ok(Math.abs(serverTimes["queue"]!.max - 100) <= 0.1);
    assert.ok(Math.abs(serverTimes["inference"]!.p99 - 8) <= 0.01);
    // Over time too, where two digits are enough.
    const told = timeline.filter(({ answers }) => answers > 0);
    for (const point of told) {
      assert.deepEqual(Object.keys(point.serverTimes), ["queue", "inference"]);
      assert.ok(Math.abs(point.serverTimes["inference"]!.p50 - 8) <= 0.1);
    }
    const longest = Math.max(...told.map((point) => point.serverTimes["queue"]!.p99));
    assert.ok(Math.abs(longest - 100) <= 1, `${longest}`);
  });

  test("steps run one after the other, each with its own figures", async () => {
    const { url } = await startServer((_, response) => {
      answer(response);
    });
    const report = await loadTest({
      url,
      images: [image],
      requests: 20,
      steps: [{ connections: 1 }, { connections: 3 }, { rate: 100, arrivals: "constant" }],
    });
    assert.deepEqual(
      report.steps.map(({ load: { loop, connections, rate }, answers }) => [
        loop,
        connections,
        rate,
        answers,
      ]),
      [
        ["closed", 1, undefined, 20],
        ["closed", 3, undefined, 20],
        ["open", 256, 100, 20],
      ],
    );
    assert.equal(report.state, "finished");
  });
});

describe("errors are told apart", () => {
  const cases: readonly {
    readonly name: string;
    readonly script: Script;
    readonly error: string;
    readonly timeoutMs?: number;
  }[] = [
    {
      name: "a status",
      script: (_, response) => {
        response.writeHead(503).end("the queue is full");
      },
      error: "status 503",
    },
    {
      name: "a connection that ends early",
      script: (_, response) => response.socket?.resetAndDestroy(),
      error: "reset ECONNRESET",
    },
    {
      name: "no answer in time",
      script: () => undefined,
      error: "timeout answer",
      timeoutMs: 2000,
    },
    {
      name: "an answer that is no JSON",
      script: (_, response) => response.end("<html>"),
      error: "wrong-answer the answer is not JSON",
    },
    {
      name: "an answer without scores",
      script: (_, response) => response.end(JSON.stringify([JSON.stringify({ error: "no" })])),
      error: "wrong-answer the answer has no scores",
    },
    {
      name: "an answer that is too long to be scores",
      script: (_, response) => response.end(Buffer.alloc(17 * 2 ** 20, " ")),
      error: "wrong-answer the answer is too long",
      timeoutMs: 600_000,
    },
  ];
  for (const { name, script, error, timeoutMs = 10_000 } of cases) {
    test(name, async () => {
      const { url } = await startServer(
        load((number, response, request) => {
          if (number % 4 === 0) script(number, response, request);
          else answer(response);
        }),
      );
      const report = await loadTest({ url, images: [image], requests: 20, connections: 2, timeoutMs });
      assert.deepEqual(errorsOf(report), { [error]: 5 });
      assert.equal(report.steps[0]!.answers, 15);
    });
  }

  test("another label for the same image", async () => {
    const { url } = await startServer(
      load((number, response) => {
        if (number === 10) response.end(JSON.stringify([JSON.stringify([3, 2, 1])]));
        else answer(response);
      }),
    );
    const report = await loadTest({ url, images: [image], requests: 20, connections: 2 });
    assert.deepEqual(errorsOf(report), { "wrong-answer the label changed": 1 });
    assert.match(report.toString(), /1 × wrong-answer the label changed: 1, then 0/);
  });

  test("a service that goes away is refused connections, without a storm of attempts", async () => {
    const server = await startServer(
      load((number, response) => {
        answer(response);
        if (number === 10) server.close();
      }),
    );
    const report = await loadTest({ url: server.url, images: [image], durationSeconds: 1, connections: 2 });
    const { refused = 0 } = Object.fromEntries(
      report.steps[0]!.errors.map(({ kind, count }) => [kind, count]),
    );
    // Each connection waits for 50 ms after each failure.
    assert.ok(refused > 0 && refused <= 2 * 21, `${refused} refused`);
  });
});

describe("before the load", () => {
  const refuses = async (script: Script, expected: RegExp, path = ""): Promise<void> => {
    const server = await startServer(script);
    await assert.rejects(
      loadTest({ url: server.url + path, images: [image], requests: 5 }),
      (error: Error) => {
        assert.equal(error.name, "EnvironmentError");
        assert.match(error.message, expected);
        return true;
      },
    );
    assert.equal(server.requests, 1);
  };

  test("a wrong key is told, not measured", () =>
    refuses(
      (_, response) => response.writeHead(401).end('{"error":"who are you"}'),
      /^loadTest: a first request to http:\/\/127\.0\.0\.1:\d+\/score failed: status 401, the key is missing or wrong \(\{"error":"who are you"\}\)\.$/,
    ));

  test("so is a wrong path", () =>
    refuses((_, response) => response.writeHead(404).end("nothing here"), /status 404 \(nothing here\)/));

  test("the key goes into the header, and into no report", async () => {
    const keys = new Set<string | undefined>();
    const { url } = await startServer((_, response, { message }) => {
      keys.add(message.headers.authorization);
      answer(response);
    });
    const report = await loadTest({ url, images: [image], requests: 3, key: "secret-word" });
    assert.deepEqual([...keys], ["Bearer secret-word"]);
    assert.doesNotMatch(JSON.stringify(report) + (await report.toHTML()) + report.toString(), /secret-word/);
  });

  for (const [options, expected] of [
    [{ url: "ftp://x" }, /^loadTest: url must be an http or https address, got "ftp:\/\/x"\.$/],
    [{ connections: 0 }, /^loadTest: connections must be a whole number of at least 1, got 0\.$/],
    [{ rate: -1 }, /^loadTest: rate must be a number of requests per second above 0, got -1\.$/],
    [{ images: [] }, /^loadTest: images must be at least one image file, got \[\]\.$/],
    [
      { requests: 1, durationSeconds: 1 },
      /^loadTest: requests must be given without durationSeconds, got 1\. Leave one out\.$/,
    ],
    [{ timeoutMs: 2 ** 31 }, /^loadTest: timeoutMs must be a number from 1 to 2147483000, got 2147483648\.$/],
    [{ durationSeconds: Infinity }, /^loadTest: durationSeconds must be a number above 0, got Infinity\.$/],
    [{ warmUpSeconds: -1 }, /^loadTest: warmUpSeconds must be a number from 0 to 2147483, got -1\.$/],
    [
      { rate: 5, findLimit: { p99Ms: 100 } },
      /^loadTest: rate must be given without findLimit, got 5\. Leave it out; startRate, stepSeconds and stepRequests/,
    ],
    [{ images: ["/nowhere.jpg"] }, /^\/nowhere\.jpg: could not be read \(no such file or folder\)\.$/],
  ] as const) {
    test(`options are checked: ${JSON.stringify(options)}`, async () => {
      await assert.rejects(loadTest({ url: "http://127.0.0.1:1/score", images: [image], ...options }), {
        message: expected,
      });
    });
  }
});

describe("interrupt", () => {
  test("what was measured is kept, and what was given up is counted", async () => {
    const stop = new AbortController();
    const { url } = await startServer(
      load((number, response) => {
        if (number <= 20) answer(response);
        // The rest hangs until the interrupt.
        else if (number === 24) stop.abort();
      }),
    );
    const report = await loadTest({
      url,
      images: [image],
      connections: 4,
      durationSeconds: 600,
      timeoutMs: 600_000,
      signal: stop.signal,
    });
    assert.equal(report.state, "interrupted");
    assert.equal(report.steps[0]!.answers, 20);
    assert.equal(report.steps[0]!.unfinished, 4);
    assert.deepEqual(report.steps[0]!.errors, []);
  });

  test("before anything was measured there is nothing to report", async () => {
    const stop = new AbortController();
    const { url } = await startServer((number, response) => {
      answer(response);
      if (number === 5) stop.abort();
    });
    const running = loadTest({ url, images: [image], warmUpSeconds: 600, signal: stop.signal });
    await assert.rejects(running, {
      name: "CancelledError",
      message: "loadTest: interrupted before anything was measured.",
    });
  });

  test("progress comes while the test runs, and the notebook's thread is free", async () => {
    const { url } = await startServer((_, response) => {
      answerAfter(response, 5);
    });
    const seen: LoadTestReport[] = [];
    const stop = new AbortController();
    await loadTest({
      url,
      images: [image],
      durationSeconds: 600,
      signal: stop.signal,
      onProgress: (report) => {
        seen.push(report);
        if (seen.length === 3) stop.abort();
      },
    });
    assert.ok(seen.length >= 3);
    assert.equal(seen[0]!.state, "running");
    assert.equal(seen.at(-1)!.state, "interrupted");
    assert.ok(seen[2]!.steps[0]!.requests >= seen[0]!.steps[0]!.requests);
    assert.match(
      seen[1]!.statusLine,
      /^16 connections: \d+ s, [\d.]+ answers\/s, p50 [\d.]+ ms, p99 [\d.]+ ms, 0 failed$/,
    );
  });
});
