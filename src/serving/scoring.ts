import type { FastifyReply } from "fastify";
import type { Logger } from "pino";

import { softmax } from "./answers.js";
import { ScoringError } from "./errors.js";
import type { ScoreInput } from "./inference-messages.js";
import type { ServingMetrics } from "./metrics.js";
import type { ScoreRecorder } from "../monitoring/recorder.js";
import type { ActiveModel, ModelHost } from "./model-host.js";
import type { ServingSettings } from "./options.js";
import type { PooledScores } from "./scoring-job.js";

/** What routes need. */
export interface ServingContext {
  readonly settings: ServingSettings;
  readonly host: ModelHost;
  readonly metrics: ServingMetrics;
  readonly log: Logger;
  readonly state: ServingState;
}

/** What changes while a server runs. */
export interface ServingState {
  /** Whether new work is to go elsewhere. */
  isDraining: boolean;
  /** Of the keys that clients may send now; none: no key is asked for. */
  keyDigests: readonly string[];
  /** Keeps what was answered, where that is wanted. */
  recorder: ScoreRecorder | undefined;
}

export interface ScoredRequest {
  readonly model: ActiveModel;
  /** In the order of the inputs: scores, or why an image could not be read. */
  readonly images: readonly (PooledScores | ScoringError)[];
  readonly totalMs: number;
}

/**
 * Scores the images of one request, all or none: there is room for all of them or the request is refused.
 *
 * @throws {@link ScoringError} for whatever concerns more than an image that cannot be read.
 */
export async function scoreRequest(
  { settings, host, metrics, state }: ServingContext,
  inputs: readonly ScoreInput[],
  reply: FastifyReply,
): Promise<ScoredRequest> {
  const model = host.active;
  if (model.pool.room < inputs.length) throw overloaded();
  const gone = new AbortController();
  const left = (): void => {
    if (!reply.raw.writableFinished) gone.abort();
  };
  reply.raw.once("close", left);
  const deadlineAt = performance.now() - reply.elapsedTime + settings.deadlineMs;
  try {
    const images = await Promise.all(
      inputs.map(async (input) => {
        try {
          const scores = await model.pool.score(input, { deadlineAt, signal: gone.signal });
          metrics.scored(scores);
          if (state.recorder) record(state.recorder, model, input, scores);
          return scores;
        } catch (error) {
          if (error instanceof ScoringError && error.code === "unreadable_image") return error;
          // The others are not worth finishing.
          gone.abort();
          throw error;
        }
      }),
    );
    return { model, images, totalMs: reply.elapsedTime };
  } finally {
    reply.raw.off("close", left);
  }
}

function record(
  recorder: ScoreRecorder,
  { version, manifest }: ActiveModel,
  input: ScoreInput,
  { logits, statistics }: PooledScores,
): void {
  const probabilities = softmax(logits);
  const score = Math.max(...probabilities);
  const label = manifest.labels[probabilities.indexOf(score)]!;
  const entry = { version, label, score, ...(statistics && { statistics }) };
  recorder.record(entry, "image" in input ? input.image : undefined);
}

export function overloaded(): ScoringError {
  return new ScoringError(503, "overloaded", "Too many images are waiting already; try again shortly.", 1);
}
