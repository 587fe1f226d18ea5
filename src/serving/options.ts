import { availableParallelism } from "node:os";
import { basename } from "node:path";

import { ArgumentError } from "../errors.js";
import type { RecorderOptions } from "../monitoring/index.js";
import { checkKeyDigests } from "./keys.js";

export interface ScoringServerOptions {
  /** Folder or `.zip` file that a classifier's `save` wrote. */
  readonly bundle: string;
  /** Name of the model in paths and answers. Default: the bundle's file name. */
  readonly name?: string;
  /** Version of the model in paths and answers. Default: twelve digits of the bundle's hash. */
  readonly modelVersion?: string;
  /** Address to listen on. Default `"127.0.0.1"`: this machine only. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Path of a Unix socket to listen on in place of `host` and `port`. One that a dead server left behind is replaced. */
  readonly socket?: string;
  /** Descriptor of a socket that listens already, from whoever started this process; `host` and `port` only name it. */
  readonly listenFd?: number;
  /**
   * SHA-256 digests of the keys that clients may send as `Authorization: Bearer <key>`, at most two, so that one can be
   * replaced while the other works. Default: none, and no key is asked for. See {@link newKey}.
   */
  readonly keyDigests?: readonly string[];
  /** File with these digests, one a line, in place of `keyDigests`; {@link ScoringServer.reload} reads it again. */
  readonly keysFile?: string;
  /** Allows a `host` beyond this machine without any key. Default false. */
  readonly allowNoKey?: boolean;
  /** Inference processes. Default: the cores this process may use. */
  readonly workers?: number;
  /** Threads of onnxruntime in each process. Default: the cores divided by `workers`, at least 1. */
  readonly threads?: number;
  /** Most images in one run of the network; nothing ever waits for a batch to fill. Default 4. */
  readonly maxBatch?: number;
  /** Images that may wait; a request that finds no room is answered 503 with `Retry-After`. Default 256. */
  readonly maxWaiting?: number;
  /** Time from a request's arrival after which it is answered 504 and its images are dropped. Default 10,000. */
  readonly deadlineMs?: number;
  /** Longest time for receiving a whole request. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Largest body in bytes. Default 32 MiB. */
  readonly bodyLimit?: number;
  /** Bytes of request bodies that may be received at once, over all requests. Default 256 MiB. */
  readonly maxBodyBytes?: number;
  /** Most images in one request. Default 32. */
  readonly maxImages?: number;
  /** Largest image file in bytes. Default 16 MiB. */
  readonly maxImageBytes?: number;
  /** Most pixels, width times height, of an image. Default 50 million. */
  readonly limitInputPixels?: number;
  /** Longest time that decoding one image may take; then it is answered as unreadable. Default 5,000. */
  readonly decodeTimeoutMs?: number;
  /** Time after which a process that does not answer is killed. Default: `deadlineMs` and 5 s more. */
  readonly hangTimeoutMs?: number;
  /** Open connections; further ones are closed at once. Default 10,000. */
  readonly maxConnections?: number;
  /** Port of `/metrics`, 0 for a free one. Default: no metrics are served. */
  readonly metricsPort?: number;
  /** Default: `host`. */
  readonly metricsHost?: string;
  /** Path of a Unix socket, or name of a Windows pipe, for {@link ServerControl}. Default: none. */
  readonly control?: string;
  /**
   * Keeps the label and score of each image, and how bright, contrasty, colourful and sharp it is, for reports of drift; no
   * image itself unless `keepImages` asks for it. Default: nothing is kept.
   */
  readonly record?: Omit<RecorderOptions, "onProblem">;
  /** While draining, how long new connections are still accepted. Default 200. */
  readonly drainDelayMs?: number;
  /** While draining, how long to wait for accepted requests. Default 30,000. */
  readonly drainTimeoutMs?: number;
  /** What is written to standard error, as lines of JSON. Default `"silent"`. */
  readonly logLevel?: "silent" | "error" | "warn" | "info" | "debug";
}

type Optional = "modelVersion" | "keysFile" | "socket" | "listenFd" | "metricsPort" | "control" | "record";

/** All options, checked, defaults filled in. */
export type ServingSettings = Required<Omit<ScoringServerOptions, Optional>> &
  Pick<ScoringServerOptions, Optional>;

const where = "startScoringServer";

/** @throws {@link ArgumentError} naming the option that is out of range. */
export function settingsOf(options: ScoringServerOptions): ServingSettings {
  const { bundle, host = "127.0.0.1", deadlineMs = 10_000 } = options;
  const cores = availableParallelism();
  const workers = options.workers ?? cores;
  const settings: ServingSettings = {
    name: basename(bundle).replace(/\.zip$/iu, ""),
    host,
    port: 0,
    keyDigests: [],
    allowNoKey: false,
    workers,
    threads: Math.max(1, Math.floor(cores / workers)),
    maxBatch: 4,
    maxWaiting: 256,
    deadlineMs,
    requestTimeoutMs: 30_000,
    bodyLimit: 32 << 20,
    maxBodyBytes: Math.max(256 << 20, options.bodyLimit ?? 0),
    maxImages: 32,
    maxImageBytes: 16 << 20,
    limitInputPixels: 50_000_000,
    decodeTimeoutMs: 5_000,
    hangTimeoutMs: Math.min(deadlineMs + 5_000, longestMs),
    maxConnections: 10_000,
    metricsHost: host,
    drainDelayMs: 200,
    drainTimeoutMs: 30_000,
    logLevel: "silent",
    ...options,
  };
  check(settings);
  return settings;
}

/** A longer time ends at once: it does not fit the timers of Node. */
const longestMs = 2 ** 31 - 1;
const lastPort = 65_535;

/** The least and the most, where there is one. */
const rangeOfNumber = {
  port: [0, lastPort],
  metricsPort: [0, lastPort],
  workers: [1],
  threads: [1],
  maxBatch: [1],
  maxWaiting: [1],
  deadlineMs: [1, longestMs],
  requestTimeoutMs: [1, longestMs],
  bodyLimit: [1024],
  maxBodyBytes: [1024],
  maxImages: [1],
  maxImageBytes: [1024],
  limitInputPixels: [1],
  decodeTimeoutMs: [1, longestMs],
  hangTimeoutMs: [1, longestMs],
  maxConnections: [1],
  drainDelayMs: [0, longestMs],
  drainTimeoutMs: [0, longestMs],
} as const satisfies Partial<Record<keyof ServingSettings, readonly [least: number, most?: number]>>;

function check(settings: ServingSettings): void {
  for (const [option, [least, most = Infinity]] of Object.entries(rangeOfNumber)) {
    const value = settings[option as keyof typeof rangeOfNumber];
    if (option === "metricsPort" && value === undefined) continue;
    if (!Number.isSafeInteger(value) || value! < least || value! > most) {
      const end = most === Infinity ? "" : ` to ${most}`;
      throw new ArgumentError(where, option, `a whole number from ${least}${end}`, value);
    }
  }
  for (const option of ["name", "modelVersion"] as const) {
    const value = settings[option];
    if (value !== undefined) checkPlainName(where, option, value);
  }
  if (settings.bodyLimit > settings.maxBodyBytes) {
    const must = `at most maxBodyBytes, ${settings.maxBodyBytes}`;
    throw new ArgumentError(where, "bodyLimit", must, settings.bodyLimit, "No such body would be received.");
  }
  if (settings.maxImages > settings.maxWaiting) {
    throw new ArgumentError(
      where,
      "maxImages",
      `at most maxWaiting, ${settings.maxWaiting}`,
      settings.maxImages,
    );
  }
  checkKeyDigests(where, settings.keyDigests);
  if (settings.keyDigests.length === 0 && !settings.allowNoKey && !isLoopback(settings.host)) {
    throw new ArgumentError(
      where,
      "keyDigests",
      `given when host is not this machine's loopback address`,
      settings.host,
      "sightbook key makes a key; allowNoKey (--no-key) serves everybody.",
    );
  }
}

/** @throws {@link ArgumentError} when a name or version cannot stand in a path. */
export function checkPlainName(who: string, option: string, value: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(value)) return;
  throw new ArgumentError(
    who,
    option,
    "made of letters, digits, dots, dashes and underscores, at most 100",
    value,
    "It becomes part of the server's paths.",
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(host);
}
