import { display, type MimeBundle } from "../display.js";
import { ArgumentError } from "../errors.js";
import { escapeHtml } from "../evaluation/report.js";
import { imageStatisticNames } from "../images/index.js";
import {
  countsByBin,
  kolmogorovSmirnov,
  populationStabilityIndex,
  quantileEdges,
  stabilityPValue,
} from "./distances.js";
import { driftChart } from "./drift-chart.js";
import type { ScoreRecord } from "./records.js";

/** `stable`: nothing to see, or too few images to tell. `moderate` and `large` are changes that chance does not explain. */
export type DriftVerdict = "stable" | "moderate" | "large";

/** How one quantity changed between the reference and what was scored recently. */
export interface DriftRow {
  /** `"label"`, `"score"`, or the name of an image statistic. */
  readonly name: string;
  readonly referenceMean: number | undefined;
  readonly recentMean: number | undefined;
  /** Population stability index over ten bins of equal count in the reference; of labels, over the labels. */
  readonly stabilityIndex: number;
  /** Largest difference of the cumulative distributions; `undefined` for labels. */
  readonly kolmogorovSmirnov: number | undefined;
  /** Probability of such a difference between two samples of one distribution. */
  readonly pValue: number;
  readonly verdict: DriftVerdict;
  /** Share of each sample in each bin, for a chart. */
  readonly bins: readonly { readonly bin: string; readonly reference: number; readonly recent: number }[];
}

const bins = 10;
const moderateIndex = 0.1;
const largeIndex = 0.25;
/** Chance that a report of images that did not change shows any change. */
const falseAlarm = 0.01;
/** Fewer images say nothing. */
const leastRecords = 20;

/** What changed between the images that a model learned from and those that it scores now. */
export class DriftReport {
  constructor(
    /** Images in the reference and among the recent ones. */
    readonly images: { readonly reference: number; readonly recent: number },
    /** The largest change first. */
    readonly rows: readonly DriftRow[],
    /** The same for the images that were given one label, in the order of the labels; those with 20 images on both sides. */
    readonly byLabel: readonly { readonly label: string; readonly rows: readonly DriftRow[] }[] = [],
  ) {}

  /** The worst verdict of all, those by label among them. */
  get verdict(): DriftVerdict {
    const verdicts = new Set(this.#allRows.map(({ verdict }) => verdict));
    return verdicts.has("large") ? "large" : verdicts.has("moderate") ? "moderate" : "stable";
  }

  toString(): string {
    const lines = [header, ...this.#allRows.map(cells)];
    const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    const table = lines.map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  "),
    );
    return [this.#sentence(), "", ...table, "", ...sources].join("\n");
  }

  async [display](): Promise<MimeBundle> {
    const row = (line: readonly string[], tag: "td" | "th"): string => {
      const parts = line.map(
        (cell, column) =>
          `<${tag} style="text-align:${column === 0 ? "left" : "right"};font-variant-numeric:tabular-nums">` +
          `${escapeHtml(cell)}</${tag}>`,
      );
      return `<tr>${parts.join("")}</tr>`;
    };
    const html = [
      `<p>${escapeHtml(this.#sentence())}</p>`,
      `<table><thead>${row(header, "th")}</thead><tbody>${this.#allRows.map((each) => row(cells(each), "td")).join("")}</tbody></table>`,
      await driftChart(this).toSVG(),
      ...sources.map((source) => `<p>${escapeHtml(source)}</p>`),
    ].join("\n");
    return { "text/html": html, "text/plain": this.toString() };
  }

  /** Those by label carry its name. */
  get #allRows(): readonly DriftRow[] {
    const ofLabels = this.byLabel.flatMap(({ label, rows }) =>
      rows.map((row) => ({ ...row, name: `${label}: ${row.name}` })),
    );
    return [...this.rows, ...ofLabels];
  }

  #sentence(): string {
    const { reference, recent } = this.images;
    const overall = this.rows.filter(isChanged).map(({ name }) => name);
    // What changed for all labels is not told again for each.
    const further = this.byLabel.flatMap(({ label, rows }) =>
      rows
        .filter((row) => isChanged(row) && !overall.includes(row.name))
        .map(({ name }) => `${name} of ${label}`),
    );
    const changed = [...overall, ...further];
    const what =
      changed.length === 0 ? "no change that chance does not explain" : `changed: ${changed.join(", ")}`;
    return `Drift: ${what} (${recent} images scored, ${reference} in the reference).`;
  }
}

/**
 * Compares what a server recorded with a reference, such as the training set (see {@link recordsOf}).
 *
 * A change is `moderate` from a population stability index of 0.1 and `large` from 0.25, when it is also unlikely by chance: at
 * most 1 % over all quantities together, those by label included (Bonferroni), by the Kolmogorov-Smirnov test, for labels by the index itself.
 *
 * @throws {@link ArgumentError} when either side has fewer than 20 images.
 */
export function compareRecords(
  reference: readonly ScoreRecord[],
  recent: readonly ScoreRecord[],
): DriftReport {
  for (const [name, records] of Object.entries({ reference, recent })) {
    if (records.length < leastRecords) {
      throw new ArgumentError(
        "compareRecords",
        name,
        `of at least ${leastRecords} images`,
        records.length,
        "Fewer say nothing about a change.",
      );
    }
  }
  const measured = imageStatisticNames.filter((name) =>
    [reference, recent].every((records) =>
      records.every(({ statistics }) => statistics?.[name] !== undefined),
    ),
  );
  const compared = labelsIn(reference, recent).filter((label) =>
    [reference, recent].every((records) => ofLabel(records, label).length >= leastRecords),
  );
  const quantities = 1 + measured.length;
  const level = falseAlarm / (1 + quantities * (1 + compared.length));
  const numberRows = (older: readonly ScoreRecord[], newer: readonly ScoreRecord[]): DriftRow[] => {
    const row = (name: string, value: (record: ScoreRecord) => number): DriftRow =>
      numberRow(name, older.map(value), newer.map(value), level);
    return [
      row("score", ({ score }) => score),
      ...measured.map((name) => row(name, ({ statistics }) => statistics![name])),
    ];
  };
  const rows = [labelRow(reference, recent, level), ...numberRows(reference, recent)];
  const byLabel = compared.map((label) => ({
    label,
    rows: largestFirst(numberRows(ofLabel(reference, label), ofLabel(recent, label))),
  }));
  const images = { reference: reference.length, recent: recent.length };
  return new DriftReport(images, largestFirst(rows), byLabel);
}

function labelsIn(...samples: (readonly ScoreRecord[])[]): string[] {
  return [...new Set(samples.flat().map(({ label }) => label))].sort();
}

function ofLabel(records: readonly ScoreRecord[], label: string): ScoreRecord[] {
  return records.filter((record) => record.label === label);
}

function largestFirst(rows: readonly DriftRow[]): DriftRow[] {
  return [...rows].sort((a, b) => b.stabilityIndex - a.stabilityIndex);
}

function isChanged({ verdict }: DriftRow): boolean {
  return verdict !== "stable";
}

function labelRow(
  reference: readonly ScoreRecord[],
  recent: readonly ScoreRecord[],
  level: number,
): DriftRow {
  const labels = labelsIn(reference, recent);
  const counts = (records: readonly ScoreRecord[]): number[] =>
    labels.map((label) => ofLabel(records, label).length);
  const [p, q] = [counts(reference), counts(recent)];
  const stabilityIndex = populationStabilityIndex(p, q);
  const pValue = stabilityPValue(stabilityIndex, labels.length, reference.length, recent.length);
  return {
    name: "label",
    referenceMean: undefined,
    recentMean: undefined,
    stabilityIndex,
    kolmogorovSmirnov: undefined,
    pValue,
    verdict: verdictOf(stabilityIndex, pValue, level),
    bins: binShares(labels, p, q),
  };
}

function numberRow(
  name: string,
  reference: readonly number[],
  recent: readonly number[],
  level: number,
): DriftRow {
  const edges = quantileEdges(reference, bins);
  const [p, q] = [countsByBin(reference, edges), countsByBin(recent, edges)];
  const stabilityIndex = populationStabilityIndex(p, q);
  const { statistic, pValue } = kolmogorovSmirnov(reference, recent);
  const names = p.map((_, bin) =>
    bin === 0 ? `< ${short(edges[0] ?? Infinity)}` : `≥ ${short(edges[bin - 1]!)}`,
  );
  return {
    name,
    referenceMean: mean(reference),
    recentMean: mean(recent),
    stabilityIndex,
    kolmogorovSmirnov: statistic,
    pValue,
    verdict: verdictOf(stabilityIndex, pValue, level),
    bins: binShares(names, p, q),
  };
}

function verdictOf(stabilityIndex: number, pValue: number, level: number): DriftVerdict {
  if (pValue > level || stabilityIndex < moderateIndex) return "stable";
  return stabilityIndex < largeIndex ? "moderate" : "large";
}

function binShares(names: readonly string[], p: readonly number[], q: readonly number[]): DriftRow["bins"] {
  const [n, m] = [p, q].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number];
  return names.map((bin, index) => ({ bin, reference: p[index]! / n, recent: q[index]! / m }));
}

const header = ["", "reference mean", "recent mean", "stability index", "KS", "p", "verdict"] as const;

function cells(row: DriftRow): string[] {
  return [
    row.name,
    row.referenceMean === undefined ? "" : short(row.referenceMean),
    row.recentMean === undefined ? "" : short(row.recentMean),
    row.stabilityIndex.toFixed(3),
    row.kolmogorovSmirnov?.toFixed(3) ?? "",
    row.pValue < 0.0001 ? "< 0.0001" : row.pValue.toFixed(4),
    row.verdict,
  ];
}

const sources = [
  "Stability index: Siddiqi, Credit Risk Scorecards (2006); its p: Yurdakul (2018). KS: Smirnov (1948), Stephens (1970).",
] as const;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const short = (value: number): string => String(Number(value.toPrecision(3)));
