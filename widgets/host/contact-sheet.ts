import { shortened } from "../../src/evaluation/plots/style.js";

/** A mistake as a static picture and table show it. */
export interface ShownMistake {
  readonly name: string;
  /** The label that the evaluation was made with. */
  readonly trueLabel: string;
  /** What became of it since: another label, or "excluded". */
  readonly now: string | undefined;
  readonly predictedLabel: string;
  readonly confidence: number;
  /** A small JPEG; `undefined` where the file cannot be read. */
  readonly picture: Uint8Array | undefined;
}

const columns = 4;
const side = 150;
const cell = { width: 170, height: 200 };
const head = 44;
const edge = 16;

/** Mistakes as a sheet of small pictures with what they are and what they were taken for: SVG, on white. */
export function contactSheet(title: string, mistakes: readonly ShownMistake[]): string {
  const width = 2 * edge + columns * cell.width;
  const height = head + Math.max(1, Math.ceil(mistakes.length / columns)) * cell.height;
  const text = (x: number, y: number, content: string, style = ""): string =>
    `<text x="${x}" y="${y}" ${style}>${escapeXml(content)}</text>`;
  const cells = mistakes.map((mistake, i) => {
    const x = edge + (i % columns) * cell.width;
    const y = head + Math.floor(i / columns) * cell.height;
    const { name, predictedLabel, confidence, picture } = mistake;
    return [
      `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="#eee"/>`,
      picture
        ? `<image x="${x}" y="${y}" width="${side}" height="${side}" href="${dataUri(picture)}"/>`
        : text(x + 8, y + side / 2, "cannot be read", 'fill="#555"'),
      text(x, y + side + 16, shortened(`${labelOf(mistake)}, taken for ${predictedLabel}`, 26)),
      text(x, y + side + 32, shortened(`${confidence.toFixed(3)} ${name}`, 26), 'fill="#555"'),
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" `,
    'font-family="sans-serif" font-size="12">',
    `<rect width="100%" height="100%" fill="white"/>`,
    text(edge, 26, shortened(title, 90), 'font-weight="bold"'),
    ...cells,
    "</svg>",
  ].join("");
}

/** The same as an HTML table, for pages that show no pictures of their own. */
export function mistakesTable(title: string, mistakes: readonly ShownMistake[]): string {
  const rows = mistakes.map((mistake) => {
    const { name, predictedLabel, confidence, picture } = mistake;
    const image = picture
      ? `<img src="${dataUri(picture)}" alt="${escapeXml(name)}" height="72">`
      : "cannot be read";
    const cells = [image, ...[name, labelOf(mistake), predictedLabel, confidence.toFixed(3)].map(escapeXml)];
    return `<tr>${cells.map((content) => `<td>${content}</td>`).join("")}</tr>`;
  });
  const names = ["image", "name", "true label", "prediction", "confidence"];
  const table =
    rows.length === 0
      ? ""
      : `<table><thead><tr>${names.map((name) => `<th>${name}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  return `<p>${escapeXml(title)}</p>${table}`;
}

function labelOf({ trueLabel, now }: ShownMistake): string {
  return now === undefined ? trueLabel : `${trueLabel} (now ${now})`;
}

function dataUri(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
