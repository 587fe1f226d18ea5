import { decide, type ModelThresholds } from "../export/index.js";
import type { PooledScores } from "./scoring-job.js";

/** Where an image's time went, in milliseconds. */
export interface ScoringTimes {
  readonly queueMs: number;
  readonly decodeMs: number;
  /** Of the run that the image was part of. */
  readonly inferenceMs: number;
}

/** What the server says about one image. */
export interface ServedPrediction {
  /** The label with the highest score. */
  readonly label: string;
  readonly labelIndex: number;
  /** Its probability. */
  readonly score: number;
  /** The label, or `"unknown"` when its score is below the threshold that was saved with the model. */
  readonly decision: string;
  /** The label's threshold; absent when none was saved. */
  readonly threshold?: number;
  /** Probability of each label, or its unnormalised score where that was asked for. */
  readonly scores: Readonly<Record<string, number>>;
  readonly timing: ScoringTimes;
}

/** An image of several that could not be read; the others are scored all the same. */
export interface UnreadableInput {
  readonly error: { readonly code: "unreadable_image"; readonly message: string };
}

export function predictionOf(
  scored: PooledScores,
  labels: readonly string[],
  thresholds: ModelThresholds | undefined,
  { rawScores = false }: { readonly rawScores?: boolean } = {},
): ServedPrediction {
  const probabilities = softmax(scored.logits);
  const labelIndex = probabilities.indexOf(Math.max(...probabilities));
  const label = labels[labelIndex]!;
  const shown = rawScores ? finiteLogits(scored.logits) : probabilities;
  const score = probabilities[labelIndex]!;
  return {
    label,
    labelIndex,
    score,
    decision: decide(label, score, thresholds),
    ...(thresholds && { threshold: thresholds[label]! }),
    scores: Object.fromEntries(labels.map((name, index) => [name, shown[index]!])),
    timing: timesOf(scored),
  };
}

export function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Logits that JSON can hold: a label that was never seen in training has minus infinity. */
export function finiteLogits(logits: Float32Array): number[] {
  return Array.from(logits, (logit) => Math.max(logit, -3.4e38));
}

export function timesOf({ queueMs, decodeMs, inferenceMs }: PooledScores): ScoringTimes {
  return { queueMs: rounded(queueMs), decodeMs: rounded(decodeMs), inferenceMs: rounded(inferenceMs) };
}

/** The `Server-Timing` header of a request: of each part the longest among its images. */
export function serverTiming(images: readonly ScoringTimes[], totalMs: number): string {
  const longest = (part: keyof ScoringTimes): number => Math.max(...images.map((image) => image[part]));
  return [
    `queue;dur=${longest("queueMs")}`,
    `decode;dur=${longest("decodeMs")}`,
    `inference;dur=${longest("inferenceMs")}`,
    `total;dur=${rounded(totalMs)}`,
  ].join(", ");
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
