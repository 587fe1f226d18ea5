import { resultsOrders, type ResultsFilters } from "../state/index.js";

/** Filters as a view sent them, or `undefined` when they make no sense. */
export function readFilters(asked: unknown, labelCount: number): ResultsFilters | undefined {
  if (typeof asked !== "object" || asked === null) return undefined;
  const { right, wrong, trueLabel, predictedLabel, confidence, sort } = asked as Partial<
    Record<keyof ResultsFilters, unknown>
  >;
  const isLabel = (label: unknown): label is number | null =>
    label === null || (Number.isInteger(label) && Number(label) >= 0 && Number(label) < labelCount);
  const isShare = (share: unknown): share is number => typeof share === "number" && share >= 0 && share <= 1;
  if (typeof right !== "boolean" || typeof wrong !== "boolean") return undefined;
  if (!isLabel(trueLabel) || !isLabel(predictedLabel)) return undefined;
  const [least, most, ...rest] = Array.isArray(confidence) ? (confidence as unknown[]) : [];
  if (!isShare(least) || !isShare(most) || rest.length > 0) return undefined;
  const order = resultsOrders.find((known) => known === sort);
  if (order === undefined) return undefined;
  return { right, wrong, trueLabel, predictedLabel, confidence: [least, most], sort: order };
}
