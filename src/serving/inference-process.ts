/**
 * The process in which images are decoded and scored. What crashes here, a decoder on a crafted image or the runtime,
 * takes the requests at hand with it and not the server.
 */
import process from "node:process";

import { ImageError, imageStatistics, Slots, type Interpolation } from "../images/index.js";
import {
  atOnce,
  type FromInference,
  type InferenceStart,
  type RawScores,
  type ScoreInput,
  type ToInference,
} from "./inference-messages.js";
import { openLogits } from "./open-logits.js";
import { DroppedError, readyBatches } from "./ready-batches.js";
import { blockOtherLoaders, decodeRequestImage } from "./request-images.js";

function answer(message: FromInference): void {
  if (process.connected) process.send!(message);
}

async function start(options: InferenceStart): Promise<void> {
  blockOtherLoaders();
  const { labels, preprocessing } = options.files.manifest;
  const { imageSize, resizeTo, interpolation } = preprocessing;
  const [height, width] = imageSize;
  const run = await openLogits(options.files, options.threads);
  // The first run of a session allocates its memory; no request should wait for that.
  await run({ size: 1, height, width, pixels: new Uint8Array(height * width * 3) });

  const outstanding = new Set<number>();
  const dropped = new Set<number>();
  const batches = readyBatches(run, {
    imageSize,
    labels: labels.length,
    maxBatch: options.maxBatch,
    isDropped: (id) => dropped.has(id),
  });
  const preparation = { imageSize, resizeTo, interpolation: interpolation as Interpolation };

  const decode = async (id: number, image: Uint8Array): Promise<Uint8Array> => {
    if (dropped.has(id)) throw new DroppedError();
    answer({ kind: "begun", id });
    const timer = setTimeout(() => {
      answer({ kind: "late", id });
      dropped.add(id);
    }, options.decodeTimeoutMs);
    try {
      return await decodeRequestImage(image, preparation, options.limitInputPixels);
    } finally {
      clearTimeout(timer);
    }
  };

  const pixelsOf = (id: number, input: ScoreInput): Promise<Uint8Array | Float32Array> => {
    if ("image" in input) return decode(id, input.image);
    answer({ kind: "begun", id });
    return Promise.resolve(input.pixels);
  };

  const scoresOf = async (id: number, input: ScoreInput): Promise<RawScores> => {
    const startedAt = performance.now();
    const pixels = await pixelsOf(id, input);
    const decodeMs = performance.now() - startedAt;
    const statistics = options.measuresImages && { statistics: imageStatistics(pixels, height, width) };
    return { decodeMs, ...statistics, ...(await batches.run(id, pixels)) };
  };

  // From decoding until scores, one for each thread: side by side on one core, all would end as late as the last.
  const slots = new Slots(options.threads, { inCrowd: atOnce(options) });
  const score = async (id: number, input: ScoreInput): Promise<void> => {
    outstanding.add(id);
    try {
      const work = (): Promise<RawScores> => scoresOf(id, input);
      const scores = await ("image" in input ? slots.run(work) : work());
      answer({ kind: "scored", id, scores });
    } catch (error) {
      answer(
        error instanceof ImageError
          ? { kind: "unreadable", id, problem: error.kind, message: error.message }
          : { kind: "error", id, message: messageOf(error) },
      );
    } finally {
      outstanding.delete(id);
      dropped.delete(id);
    }
  };

  process.on("message", (message: ToInference) => {
    if (message.kind === "score") void score(message.id, message.input);
    else if (message.kind === "drop" && outstanding.has(message.id)) dropped.add(message.id);
  });
  answer({ kind: "ready" });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// Without its server it has nothing to do, however the server ended.
process.on("disconnect", () => process.exit(0));
// Ctrl-C in a terminal reaches every process of the group: the server drains, and then ends this one.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.once("message", (message: ToInference) => {
  if (message.kind !== "start") return;
  start(message.options).catch((error: unknown) => {
    answer({ kind: "failed", message: messageOf(error) });
  });
});
