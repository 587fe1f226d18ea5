import { Command, Option } from "commander";

import {
  keyDigestsFromEnvironment,
  runScoringServer,
  type ScoringServerOptions,
} from "../../serving/index.js";
import { share, wholeNumber } from "../values.js";

type ServeOptions = Omit<ScoringServerOptions, "bundle" | "keyDigests" | "allowNoKey" | "record"> & {
  /** Commander's form of `--no-key`. */
  readonly key: boolean;
  readonly record?: string;
  readonly recordBytes?: number;
  readonly recordImages?: number;
  readonly recordImageBytes?: number;
};

const helpAfter = `
Prints one line of JSON when it is ready. SIGTERM and SIGINT drain, SIGHUP reads the bundle and --keys-file again.
Keys: SIGHTBOOK_KEY_DIGESTS or --keys-file hold the SHA-256 digests of one or two keys; sightbook key makes one.
Exit codes: 0 drained, 1 could not start or answer everything in time, 2 wrong usage.`;

/** `sightbook serve`: a scoring server for one bundle. */
export function serveCommand(finish: (exitCode: number) => void): Command {
  return new Command("serve")
    .description("Serve a saved classifier over HTTP.")
    .argument("<bundle>", "folder or .zip that train wrote")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 takes a free one", wholeNumber(0), 5001)
    .option("--socket <path>", "Unix socket to listen on in place of --host and --port")
    .option("--name <name>", "name of the model in paths and answers (default: the bundle's)")
    .option("--model-version <version>", "version in paths and answers (default: from the bundle's hash)")
    .option("--keys-file <file>", "file with the SHA-256 digests of the keys")
    .option("--no-key", "serve everybody who reaches --host")
    .optionsGroup("Work:")
    .option("--workers <count>", "inference processes (default: the cores)", wholeNumber(1))
    .option("--threads <count>", "threads of each (default: the cores divided by workers)", wholeNumber(1))
    .option("--max-batch <images>", "most images in one run of the network (default: 4)", wholeNumber(1))
    .option("--max-waiting <images>", "images that may wait (default: 256)", wholeNumber(1))
    .option("--deadline-ms <ms>", "answer 504 after this time (default: 10000)", wholeNumber(1))
    .optionsGroup("Limits:")
    .option("--body-limit <bytes>", "largest body (default: 32 MiB)", wholeNumber(1024))
    .option("--max-images <count>", "most images in a request (default: 32)", wholeNumber(1))
    .option("--max-image-bytes <bytes>", "largest image file (default: 16 MiB)", wholeNumber(1024))
    .option("--limit-input-pixels <pixels>", "most pixels of an image (default: 50 million)", wholeNumber(1))
    .option("--decode-timeout-ms <ms>", "longest time to decode an image (default: 5000)", wholeNumber(1))
    .option("--max-connections <count>", "open connections (default: 10000)", wholeNumber(1))
    .optionsGroup("Operation:")
    .option("--metrics-port <port>", "port of /metrics (default: none)", wholeNumber(0))
    .option("--metrics-host <address>", "address of /metrics (default: that of --host)")
    .option("--control <path>", "Unix socket for status, switch, rollback, scale and drain")
    .option(
      "--drain-delay-ms <ms>",
      "accept connections so long while draining (default: 200)",
      wholeNumber(0),
    )
    .option("--drain-timeout-ms <ms>", "wait so long for accepted requests (default: 30000)", wholeNumber(0))
    .option("--record <folder>", "keep label, score and image statistics, for reports of drift")
    .option("--record-bytes <bytes>", "most bytes of records (default: 64 MiB)", wholeNumber(1024))
    .option("--record-images <share>", "keep this share of the images too (default: 0)", share)
    .option("--record-image-bytes <bytes>", "most bytes of kept images (default: 256 MiB)", wholeNumber(1024))
    .addOption(
      new Option("--log-level <level>", "what is written to standard error")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("info"),
    )
    .addHelpText("after", helpAfter)
    .action(async (bundle: string, options: ServeOptions) => {
      const { key, record, recordBytes, recordImages, recordImageBytes, ...others } = options;
      const keyDigests = keyDigestsFromEnvironment();
      const recording = record !== undefined && {
        record: {
          folder: record,
          ...(recordBytes !== undefined && { maxBytes: recordBytes }),
          ...(recordImages !== undefined && { keepImages: recordImages }),
          ...(recordImageBytes !== undefined && { maxImageBytes: recordImageBytes }),
        },
      };
      finish(await runScoringServer({ ...others, ...recording, bundle, keyDigests, allowNoKey: !key }));
    });
}
