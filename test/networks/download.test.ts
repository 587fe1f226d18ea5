import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  download,
  type DownloadOptions,
  type DownloadProgress,
} from "../../src/networks/sources/download.js";
import { Random } from "../../src/random.js";
import { temporaryFolder } from "../support.js";
import { digestOf, serveFile, type Fault, type FileServerOptions } from "./file-server.js";

function randomBytes(size: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: size }, () => random.integer(256));
}

const file = randomBytes(300_000, 1);
const other = randomBytes(200_000, 2);
const quick: DownloadOptions = { retryDelayMs: 1 };

interface Case {
  readonly what: string;
  readonly server: FileServerOptions;
  readonly options?: DownloadOptions;
  readonly ranges: readonly string[];
  readonly expected?: Uint8Array;
}

const faults = (...list: Fault[]): FileServerOptions => ({ faults: list });

const cases: readonly Case[] = [
  { what: "a good connection", server: {}, ranges: ["whole"] },
  {
    what: "a connection that drops twice is resumed where it stopped",
    server: faults({ dropAfter: 100_000 }, { dropAfter: 50_000 }),
    ranges: ["whole", "bytes=100000-", "bytes=150000-"],
  },
  {
    what: "a server that drops and knows no ranges sends the whole file again",
    server: { ...faults({ dropAfter: 100_000 }), ignoresRange: true },
    ranges: ["whole", "bytes=100000-"],
  },
  {
    what: "a server that names no version of its file is not asked for a part of it",
    server: { ...faults({ dropAfter: 100_000 }), anonymous: true },
    ranges: ["whole", "whole"],
  },
  {
    what: "a file that changes between two attempts is taken whole from the new one",
    server: faults({ dropAfter: 100_000 }, { replaceBy: other }),
    ranges: ["whole", "bytes=100000-"],
    expected: other,
  },
  {
    what: "a busy server is asked again",
    server: faults({ status: 503 }, { status: 429 }),
    ranges: ["whole", "whole", "whole"],
  },
  {
    what: "a truncated body that claims to be whole is told by its digest and fetched again",
    server: faults({ truncateTo: 1000 }),
    options: { sha256: digestOf(file) },
    ranges: ["whole", "whole"],
  },
  {
    what: "a corrupted body is told by its digest and fetched again",
    server: faults({ corrupt: true }),
    options: { sha256: digestOf(file) },
    ranges: ["whole", "whole"],
  },
  {
    what: "a part corrupted on resuming is told by the digest of the whole",
    server: faults({ dropAfter: 100_000 }, { corrupt: true }),
    options: { sha256: digestOf(file) },
    ranges: ["whole", "bytes=100000-", "whole"],
  },
  {
    what: "the digest that a hub announces is checked",
    server: { ...faults({ corrupt: true }), redirects: true },
    ranges: ["whole", "whole"],
  },
];

suite("a download arrives whole", () => {
  for (const { what, server: serverOptions, options, ranges, expected = file } of cases) {
    test(what, async () => {
      let received = 0;
      const server = await serveFile(file, { ...serverOptions, clientHas: () => received });
      const onProgress = (progress: DownloadProgress): void => {
        received = progress.received;
      };
      const folder = temporaryFolder();
      const path = join(folder, "weights.bin");
      const result = await download(`${server.url}/weights.bin`, path, { ...quick, ...options, onProgress });
      assert.deepEqual(server.ranges, ranges);
      assert.equal(digestOf(readFileSync(path)), digestOf(expected));
      assert.equal(result.sha256, digestOf(expected));
      assert.equal(result.verified, options?.sha256 !== undefined || serverOptions.redirects === true);
      assert.deepEqual(readdirSync(folder), ["weights.bin"]);
    });
  }
});

interface Failure {
  readonly what: string;
  readonly server: FileServerOptions;
  readonly options?: DownloadOptions;
  readonly message: RegExp;
  readonly requests: number;
}

const failures: readonly Failure[] = [
  {
    what: "a file that is not there",
    server: { path: "/elsewhere" },
    message: /\/weights\.bin could not be downloaded \(the server answered 404\)$/,
    requests: 0,
  },
  {
    what: "a file that needs a login",
    server: faults({ status: 401 }),
    message: /could not be downloaded \(the server answered 401\)$/,
    requests: 1,
  },
  {
    what: "a server that stays broken",
    server: faults(...new Array<Fault>(9).fill({ status: 500 })),
    options: { retries: 2 },
    message: /could not be downloaded \(the server answered 500\)$/,
    requests: 3,
  },
  {
    what: "a server that drops at the same place each time",
    server: { faults: new Array<Fault>(9).fill({ dropAfter: 1000 }), anonymous: true },
    options: { retries: 2 },
    message: /could not be downloaded \(/,
    requests: 3,
  },
  {
    what: "another file than the one wanted",
    server: {},
    options: { sha256: digestOf(other) },
    message: new RegExp(`weights\\.bin has SHA-256 ${digestOf(file)}, expected ${digestOf(other)}$`),
    requests: 2,
  },
];

suite("a download that cannot succeed says why and leaves no file", () => {
  for (const { what, server: serverOptions, options, message, requests } of failures) {
    test(what, async () => {
      let received = 0;
      const server = await serveFile(file, { ...serverOptions, clientHas: () => received });
      const onProgress = (progress: DownloadProgress): void => {
        received = progress.received;
      };
      const path = join(temporaryFolder(), "weights.bin");
      const attempt = download(`${server.url}/weights.bin`, path, { ...quick, ...options, onProgress });
      await assert.rejects(attempt, { name: "EnvironmentError", message });
      assert.equal(server.ranges.length, requests);
      assert.ok(!existsSync(path));
    });
  }

  test("a host that does not exist", async () => {
    const path = join(temporaryFolder(), "weights.bin");
    await assert.rejects(download("http://host.invalid/weights.bin", path, quick), {
      name: "EnvironmentError",
      message: /^http:\/\/host\.invalid\/weights\.bin could not be downloaded \(getaddrinfo /,
    });
  });
});

test("a cancelled download keeps its part, and the next call asks for the rest only", async () => {
  let part = 0;
  const server = await serveFile(file, { ...faults({ dropAfter: 100_000 }), clientHas: () => part });
  const path = join(temporaryFolder(), "weights.bin");
  const controller = new AbortController();
  const cancelled = download(`${server.url}/weights.bin`, path, {
    ...quick,
    retryDelayMs: 60_000,
    signal: controller.signal,
    onProgress: ({ received }) => {
      part = received;
      if (received === 100_000) controller.abort();
    },
  });
  await assert.rejects(cancelled, { name: "CancelledError", message: /^Downloading http.*: cancelled\.$/ });
  assert.ok(!existsSync(path));
  await download(`${server.url}/weights.bin`, path, quick);
  assert.deepEqual(server.ranges, ["whole", "bytes=100000-"]);
  assert.equal(digestOf(readFileSync(path)), digestOf(file));
});

test("a connection that goes silent counts as lost, and the file is asked for again", async () => {
  const server = await serveFile(file, faults({ silent: true }));
  const path = join(temporaryFolder(), "weights.bin");
  await download(`${server.url}/weights.bin`, path, { ...quick, retries: 99, idleTimeoutMs: 1000 });
  // A machine under load may be silent itself; then there are more requests.
  assert.ok(server.ranges.length >= 2);
  assert.equal(digestOf(readFileSync(path)), digestOf(file));
});

test("a part that is whole already is not fetched again", async () => {
  const server = await serveFile(file);
  const path = join(temporaryFolder(), "weights.bin");
  const url = `${server.url}/weights.bin`;
  writeFileSync(`${path}.part`, file);
  writeFileSync(`${path}.part.json`, JSON.stringify({ url, validator: `"${digestOf(file).slice(0, 16)}"` }));
  await download(url, path, quick);
  assert.deepEqual(server.ranges, [`bytes=${file.length}-`]);
  assert.equal(digestOf(readFileSync(path)), digestOf(file));
});

test("progress counts up to the total, the part of an earlier call included", async () => {
  const seen: DownloadProgress[] = [];
  const clientHas = (): number => seen.at(-1)?.received ?? 0;
  const server = await serveFile(file, { ...faults({ dropAfter: 100_000 }), clientHas });
  await download(`${server.url}/weights.bin`, join(temporaryFolder(), "weights.bin"), {
    ...quick,
    onProgress: (progress) => seen.push(progress),
  });
  assert.deepEqual(seen.at(-1), { name: "weights.bin", received: file.length, total: file.length });
  const received = seen.map((progress) => progress.received);
  assert.deepEqual(
    received,
    [...received].sort((a, b) => a - b),
  );
  assert.ok(seen.every(({ total }) => total === file.length));
});
