import { escapeHtml } from "../evaluation/report.js";
import type { LoadTestData } from "./report.js";
import { reportCharts } from "./report-charts.js";
import {
  detailedSteps,
  limitSentences,
  notesOf,
  overviewTable,
  stepSentence,
  timesTable,
  type Table,
} from "./report-text.js";

/** The report as a part of a page, such as a notebook's output. */
export async function reportSection(report: LoadTestData): Promise<string> {
  const { url, images, startedAt, state, steps, limit } = report;
  const charts = await Promise.all(reportCharts(report).map((chart) => chart.toSVG()));
  return [
    `<h3>Load test of ${escapeHtml(url)}</h3>`,
    paragraph(`${images} image${images === 1 ? "" : "s"}, ${startedAt}, ${state}.`),
    ...(limit ? limitSentences(limit).map(paragraph) : []),
    ...(steps.length > 1 ? [table(overviewTable(steps))] : []),
    ...(charts.length > 0 ? [`<div style="${chartGrid}">`, ...charts, "</div>"] : []),
    ...detailedSteps(report).flatMap((step) => [
      `<h4>${escapeHtml(stepSentence(step))}</h4>`,
      table(timesTable(step)),
      ...notesOf(step).map(paragraph),
    ]),
  ].join("\n");
}

/** As many charts side by side as there is room for; in a notebook's output there is no style sheet of ours. */
const chartGrid = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start;margin:1rem 0";

/** The report as a page of its own. */
export async function reportPage(report: LoadTestData): Promise<string> {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Load test of ${escapeHtml(report.url)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 860px; margin: 2rem auto; padding: 0 1rem; }
table { display: block; overflow-x: auto; border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; }
svg { display: block; max-width: 100%; height: auto; }
h3, h4, p { overflow-wrap: anywhere; }
h4 { margin: 1.5rem 0 .3rem; }
p { margin: .2rem 0; }
</style>
</head>
<body>
${await reportSection(report)}
</body>
</html>
`;
}

function table([header, ...rows]: Table): string {
  const row = (cells: readonly string[], tag: "td" | "th"): string => {
    const parts = cells.map(
      (cell, column) =>
        `<${tag} style="text-align:${column === 0 ? "left" : "right"};font-variant-numeric:tabular-nums">` +
        `${escapeHtml(cell)}</${tag}>`,
    );
    return `<tr>${parts.join("")}</tr>`;
  };
  const body = rows.map((cells) => row(cells, "td")).join("");
  return `<table><thead>${row(header ?? [], "th")}</thead><tbody>${body}</tbody></table>`;
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
