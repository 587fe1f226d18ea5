import { display } from "../display.js";
import type { Interval } from "./accuracy.js";
import type { AveragedMetrics, LabelMetrics, PrecisionRecall } from "./label-metrics.js";

/** All there is to say about an evaluation on one page; prints as a text table, displays as HTML in a notebook. */
export class EvaluationReport {
  constructor(
    /** One row per label, in the order of the labels. */
    readonly rows: readonly LabelMetrics[],
    readonly averages: AveragedMetrics,
    readonly accuracy: number,
    /** 95 % Wilson interval of the accuracy. */
    readonly accuracyInterval: Interval,
    readonly balancedAccuracy: number,
    readonly correct: number,
    readonly size: number,
    /** Labels that no test image has. */
    readonly absentLabels: readonly string[],
  ) {}

  toString(): string {
    const lines = [this.#header, ...this.#cells()];
    const widths = this.#header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    const table = lines.map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  "),
    );
    table.splice(1 + this.rows.length, 0, "");
    return [...table, "", ...this.#sentences()].join("\n");
  }

  [display](): Record<string, string> {
    const row = (cells: readonly string[], tag: "td" | "th"): string => {
      const parts = cells.map(
        (cell, i) =>
          `<${tag} style="text-align:${i === 0 ? "left" : "right"};font-variant-numeric:tabular-nums">${escapeHtml(cell)}</${tag}>`,
      );
      return `<tr>${parts.join("")}</tr>`;
    };
    const body = this.#cells().map((cells) => row(cells, "td"));
    const html = [
      "<table>",
      `<thead>${row(this.#header, "th")}</thead>`,
      `<tbody>${body.slice(0, this.rows.length).join("")}</tbody>`,
      `<tfoot style="border-top:1px solid currentColor">${body.slice(this.rows.length).join("")}</tfoot>`,
      "</table>",
      ...this.#sentences().map((sentence) => `<p>${escapeHtml(sentence)}</p>`),
    ].join("");
    return { "text/plain": this.toString(), "text/html": html };
  }

  get #header(): readonly string[] {
    return ["label", "precision", "recall", "F1", "support"];
  }

  #cells(): string[][] {
    const rates = (name: string, { precision, recall, f1 }: PrecisionRecall, support: number): string[] => [
      name,
      precision.toFixed(3),
      recall.toFixed(3),
      f1.toFixed(3),
      String(support),
    ];
    return [
      ...this.rows.map((row) => rates(row.label, row, row.support)),
      rates("micro average", this.averages.micro, this.size),
      rates("macro average", this.averages.macro, this.size),
      rates("weighted average", this.averages.weighted, this.size),
    ];
  }

  #sentences(): string[] {
    const { low, high } = this.accuracyInterval;
    const sentences = [
      `Accuracy ${this.accuracy.toFixed(3)} (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}): ` +
        `${this.correct} of ${this.size} right.`,
      `Balanced accuracy ${this.balancedAccuracy.toFixed(3)} (mean recall of the labels in the test set).`,
    ];
    if (this.absentLabels.length > 0) {
      sentences.push(
        `No test image has the label ${this.absentLabels.map((label) => `"${label}"`).join(", ")}.`,
      );
    }
    return sentences;
  }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
