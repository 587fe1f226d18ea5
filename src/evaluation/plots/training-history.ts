import { ArgumentError } from "../../errors.js";
import { Plot } from "./plot.js";
import type { JsonObject } from "./specs.js";
import { guideColor, trainingColor, validationColor, vegaLiteChart } from "./style.js";

/** What an epoch of training did, as far as it is drawn. */
export interface EpochLike {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationLoss?: number | undefined;
  readonly validationAccuracy?: number | undefined;
}

export interface TrainingHistoryPlotOptions {
  /** Epoch to mark as the best. Default: the one with the highest validation accuracy, of equal ones the lowest loss. */
  readonly bestEpoch?: number;
  readonly title?: string;
}

/** Loss and accuracy by epoch, on the training images and, where there are any, the validation images. */
export function trainingHistory(
  history: readonly EpochLike[],
  { bestEpoch = bestEpochOf(history), title = "Training history" }: TrainingHistoryPlotOptions = {},
): Plot {
  if (history.length === 0) {
    throw new ArgumentError(
      "plots.trainingHistory",
      "history",
      "of at least one epoch",
      history,
      "Call fit first.",
    );
  }
  const hasValidation = history.some((record) => record.validationAccuracy !== undefined);
  const sets = hasValidation ? ["training", "validation"] : ["training"];
  const epochs = history.map((record) => record.epoch);
  const values = history.flatMap((record) => [
    { epoch: record.epoch, images: "training", loss: record.trainLoss, accuracy: record.trainAccuracy },
    ...(record.validationAccuracy === undefined
      ? []
      : [
          {
            epoch: record.epoch,
            images: "validation",
            loss: record.validationLoss ?? null,
            accuracy: record.validationAccuracy,
          },
        ]),
  ]);
  const best = history.find(
    (record) => record.epoch === bestEpoch && record.validationAccuracy !== undefined,
  );
  const last = history.at(-1)!;
  const shown = best ?? last;
  const accuracyText =
    shown.validationAccuracy === undefined
      ? `training accuracy ${shown.trainAccuracy.toFixed(3)}`
      : `validation accuracy ${shown.validationAccuracy.toFixed(3)}`;
  const notes = [
    best
      ? `Best epoch ${best.epoch} of ${last.epoch}: ${accuracyText}`
      : `After epoch ${last.epoch}: ${accuracyText}`,
  ];

  const first = epochs[0]!;
  const epochScale = {
    domain: epochs.length === 1 ? [first - 1, first + 1] : [first, last.epoch],
    nice: false,
    zero: false,
  };
  const isShort = epochs.length <= 40;
  const panel = (field: "loss" | "accuracy", name: string, y: JsonObject): JsonObject => ({
    width: 300,
    height: 240,
    layer: [
      ...(best
        ? [
            {
              data: { values: [{ epoch: best.epoch }] },
              mark: { type: "rule", color: guideColor, strokeDash: [3, 4], strokeWidth: 1.2 },
              encoding: { x: { field: "epoch", type: "quantitative", scale: epochScale } },
            },
          ]
        : []),
      {
        data: { values },
        mark: {
          type: "line",
          strokeWidth: 2,
          ...(isShort && { point: { size: 34, filled: true } }),
          tooltip: { content: "data" },
        },
        encoding: {
          x: {
            field: "epoch",
            type: "quantitative",
            title: "Epoch",
            scale: {
              domain: epochs.length === 1 ? [first - 1, first + 1] : [first, last.epoch],
              nice: false,
            },
            axis: { values: tickEpochs(first, last.epoch), format: "d", grid: false },
          },
          y: { field, type: "quantitative", title: name, ...y },
          color: {
            field: "images",
            type: "nominal",
            scale: { domain: sets, range: [trainingColor, validationColor].slice(0, sets.length) },
            legend: { title: null, orient: "top", direction: "horizontal", symbolType: "stroke" },
          },
        },
      },
    ],
  });
  const lowest = Math.min(...values.map((value) => value.accuracy));
  // From a round tenth below the lowest value: a full axis hides the last percent, a tight one exaggerates it.
  const floor = Math.max(0, Math.floor(lowest * 10 - 0.5) / 10);
  const vegaLite = vegaLiteChart(title, notes, {
    spacing: 36,
    hconcat: [
      panel("loss", "Loss (nats)", { scale: { zero: true } }),
      panel("accuracy", "Accuracy", {
        scale: { domain: [floor, 1], nice: false },
        axis: { format: floor < 0.8 ? ".1f" : ".2f" },
      }),
    ],
  });
  return new Plot(vegaLite, `${title}. ${notes.join(". ")}; loss ${shown.trainLoss.toFixed(4)}.`);
}

function bestEpochOf(history: readonly EpochLike[]): number | undefined {
  let best: EpochLike | undefined;
  for (const record of history) {
    if (record.validationAccuracy === undefined) continue;
    const gain = record.validationAccuracy - (best?.validationAccuracy ?? -1);
    const hasLowerLoss = (record.validationLoss ?? Infinity) < (best?.validationLoss ?? Infinity);
    if (gain > 0 || (gain === 0 && hasLowerLoss)) best = record;
  }
  return best?.epoch;
}

/** At most about ten whole epochs, round ones where there are many. */
function tickEpochs(first: number, last: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const step = steps.find((candidate) => (last - first) / candidate <= 9) ?? 2000;
  const ticks: number[] = [];
  for (let epoch = first; epoch <= last; epoch++) {
    if (epoch === first || epoch % step === 0) ticks.push(epoch);
  }
  // The first epoch is worth a tick only where the next leaves room for it.
  if (step > 1 && ticks.length > 1 && ticks[1]! - first < step / 2) ticks.splice(1, 1);
  return ticks;
}
