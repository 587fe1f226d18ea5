import type { ImageRecord } from "./image-record.js";
import { display, type MimeBundle } from "../display.js";
import type { DatasetProblem, DatasetProblemKind } from "./problems.js";

/** Smallest, middle and largest of some numbers; zeros for none. */
export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

/** Plain numbers about a dataset; `toString` gives a table, and a notebook shows it. */
export interface DatasetDescription {
  readonly root: string | undefined;
  /** Usable images. */
  readonly images: number;
  /** Usable images of each label, in the order of the labels; an image with several labels counts for its first. */
  readonly labels: Readonly<Record<string, number>>;
  /** Pixels. */
  readonly width: Spread;
  readonly height: Spread;
  /** Bytes. */
  readonly fileSize: Spread;
  /** Images of each format, by content. */
  readonly formats: Readonly<Record<string, number>>;
  readonly problems: readonly DatasetProblem[];
  /** Images the user excluded. */
  readonly excluded: number;
  /** Files left aside because their names are not those of images. */
  readonly ignoredFiles: number;
  toString(): string;
  [display](): MimeBundle;
}

export interface DescriptionInput {
  readonly root: string | undefined;
  readonly labels: readonly string[];
  readonly images: readonly ImageRecord[];
  readonly labelIndices: Int32Array;
  readonly problems: readonly DatasetProblem[];
  readonly ignoredFiles: number;
  readonly excluded: number;
}

export function describeDataset(input: DescriptionInput): DatasetDescription {
  const { root, labels, images, labelIndices, problems, ignoredFiles, excluded } = input;
  const counts = new Array<number>(labels.length).fill(0);
  for (const index of labelIndices) if (index >= 0) counts[index]!++;
  const formats = countBy(images.map(({ format }) => format));
  const description = {
    root,
    images: images.length,
    labels: Object.fromEntries(labels.map((label, i) => [label, counts[i]!])),
    width: spread(images.map(({ width }) => width)),
    height: spread(images.map(({ height }) => height)),
    fileSize: spread(images.map(({ fileSize }) => fileSize)),
    formats,
    problems,
    excluded,
    ignoredFiles,
  };
  const methods = {
    toString: () => toText(description, labels),
    [display]: () => ({
      "text/plain": toText(description, labels),
      "text/html": toHtml(description, labels),
    }),
  };
  // Methods stay out of sight when the description is printed or written as JSON.
  const hidden = Object.fromEntries(
    Reflect.ownKeys(methods).map((key) => [
      key,
      { value: Reflect.get(methods, key) as unknown, enumerable: false },
    ]),
  );
  return Object.defineProperties(description, hidden) as typeof description & typeof methods;
}

type Facts = Omit<DatasetDescription, "toString" | typeof display>;

function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { minimum: sorted[0] ?? 0, median, maximum: sorted.at(-1) ?? 0 };
}

/** @internal Size, weight and format of images: name and value. */
export function describeFacts(images: readonly ImageRecord[]): [string, string][] {
  return imageRows({
    width: spread(images.map(({ width }) => width)),
    height: spread(images.map(({ height }) => height)),
    fileSize: spread(images.map(({ fileSize }) => fileSize)),
    formats: countBy(images.map(({ format }) => format)),
  });
}

function imageRows(
  facts: Pick<DatasetDescription, "width" | "height" | "fileSize" | "formats">,
): [string, string][] {
  const range = ({ minimum, median, maximum }: Spread, show: (value: number) => string): string =>
    minimum === maximum ? show(minimum) : `${show(minimum)} to ${show(maximum)}, median ${show(median)}`;
  const pixels = (value: number): string => `${value} px`;
  return [
    ["width", range(facts.width, pixels)],
    ["height", range(facts.height, pixels)],
    ["file size", range(facts.fileSize, showBytes)],
    [
      "formats",
      Object.entries(facts.formats)
        .map(([format, count]) => `${count} ${format}`)
        .join(", "),
    ],
  ];
}

/** Rows below the table of labels: name and value. */
function factRows(facts: Facts): [string, string][] {
  const rows = facts.images === 0 ? [] : imageRows(facts);
  if (facts.excluded > 0) rows.push(["excluded", plural(facts.excluded, "image")]);
  if (facts.ignoredFiles > 0) rows.push(["ignored", `${plural(facts.ignoredFiles, "file")} of other kinds`]);
  return rows;
}

function showBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return bytes < 999_500 ? `${(bytes / 1e3).toPrecision(3)} kB` : `${(bytes / 1e6).toPrecision(3)} MB`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Problems spelled out in a description; the rest is counted. */
const shownProblems = 20;

function problemSummary(problems: readonly DatasetProblem[]): string {
  const kinds: Record<string, number> = countBy(problems.map(({ kind }): DatasetProblemKind => kind));
  const parts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  return `${plural(problems.length, "problem")}, left out: ${parts.join(", ")}`;
}

function toText(facts: Facts, labels: readonly string[]): string {
  const head = `${plural(facts.images, "image")}, ${plural(labels.length, "label")}${facts.root ? ` in ${facts.root}` : ""}`;
  const nameWidth = Math.max(0, ...labels.map((label) => label.length));
  const countWidth = String(Math.max(0, ...Object.values(facts.labels))).length;
  const lines = [head];
  for (const label of labels) {
    const count = facts.labels[label]!;
    const share = facts.images === 0 ? 0 : (100 * count) / facts.images;
    lines.push(
      `  ${label.padEnd(nameWidth)}  ${String(count).padStart(countWidth)}  ${share.toFixed(1).padStart(5)} %`,
    );
  }
  for (const [name, value] of factRows(facts)) lines.push(`${name}: ${value}`);
  if (facts.problems.length > 0) {
    lines.push(problemSummary(facts.problems));
    lines.push(...facts.problems.slice(0, shownProblems).map(({ message }) => `  ${message}`));
    const more = facts.problems.length - shownProblems;
    if (more > 0) lines.push(`  and ${more} more in dataset.problems`);
  }
  return lines.join("\n");
}

function toHtml(facts: Facts, labels: readonly string[]): string {
  const largest = Math.max(1, ...Object.values(facts.labels));
  const labelRows = labels.map((label) => {
    const count = facts.labels[label]!;
    const width = Math.round((200 * count) / largest);
    const bar = `<div style="width:${width}px;height:0.8em;background:#4c78a8"></div>`;
    return `<tr><td style="text-align:left">${escapeHtml(label)}</td><td>${count}</td><td style="text-align:left">${bar}</td></tr>`;
  });
  const rows = factRows(facts).map(
    ([name, value]) =>
      `<tr><td style="text-align:left">${name}</td><td colspan="2" style="text-align:left">${escapeHtml(value)}</td></tr>`,
  );
  const caption = `${plural(facts.images, "image")}, ${plural(labels.length, "label")}`;
  const place = facts.root ? `<div><code>${escapeHtml(facts.root)}</code></div>` : "";
  return (
    `<div><b>${caption}</b>${place}` +
    `<table><thead><tr><th style="text-align:left">label</th><th>images</th><th></th></tr></thead>` +
    `<tbody>${labelRows.join("")}${rows.join("")}</tbody></table>${problemsHtml(facts.problems)}</div>`
  );
}

function problemsHtml(problems: readonly DatasetProblem[]): string {
  if (problems.length === 0) return "";
  const items = problems.slice(0, shownProblems).map(({ message }) => `<li>${escapeHtml(message)}</li>`);
  const more = problems.length - items.length;
  if (more > 0) items.push(`<li>and ${more} more in <code>dataset.problems</code></li>`);
  return `<details><summary>${escapeHtml(problemSummary(problems))}</summary><ul>${items.join("")}</ul></details>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
