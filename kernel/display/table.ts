/** A table of this many rows is shown whole; of a longer one, the first and last half. */
const ROW_LIMIT = 60;
const COLUMN_LIMIT = 30;

type Cell = string | number | bigint | boolean | null | undefined | Date;

/**
 * Lays an array of flat records out as a table, in HTML and as text.
 *
 * @returns `undefined` unless every element is a plain object whose values are texts, numbers, booleans, dates or nothing.
 */
export function tableOf(
  values: readonly unknown[],
): { readonly html: string; readonly text: string } | undefined {
  if (values.length === 0 || !values.every(isFlatRecord)) return undefined;
  const columns = new Set<string>();
  for (const record of values) for (const name of Object.keys(record)) columns.add(name);
  if (columns.size === 0 || columns.size > COLUMN_LIMIT) return undefined;
  const names = [...columns];
  const shown = new Map<number, readonly string[]>();
  const half = Math.floor(ROW_LIMIT / 2);
  for (const [index, record] of values.entries()) {
    if (values.length > ROW_LIMIT && index >= half && index < values.length - half) continue;
    shown.set(
      index,
      names.map((name) => format(record[name])),
    );
  }
  const numeric = names.map((name) => values.every((record) => typeof record[name] === "number"));
  return {
    html: asHtml(names, shown, numeric, values.length),
    text: asText(names, shown, numeric, values.length),
  };
}

function isFlatRecord(value: unknown): value is Readonly<Record<string, Cell>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every(
    (cell) =>
      cell === null ||
      cell === undefined ||
      cell instanceof Date ||
      ["string", "number", "bigint", "boolean"].includes(typeof cell),
  );
}

function format(cell: Cell): string {
  if (cell === undefined) return "";
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? "Invalid Date" : cell.toISOString();
  return String(cell);
}

function asHtml(
  names: readonly string[],
  rows: ReadonlyMap<number, readonly string[]>,
  numeric: readonly boolean[],
  total: number,
): string {
  const align = (index: number) =>
    numeric[index] === true ? ' style="text-align:right"' : ' style="text-align:left"';
  const head = names.map((name, index) => `<th${align(index)}>${escapeHtml(name)}</th>`).join("");
  let previous = -1;
  const body = [...rows].map(([index, cells]) => {
    const gap = index === previous + 1 ? "" : `<tr><td colspan="${names.length + 1}">...</td></tr>\n`;
    previous = index;
    const columns = cells.map((cell, column) => `<td${align(column)}>${escapeHtml(cell)}</td>`).join("");
    return `${gap}<tr><th>${index}</th>${columns}</tr>`;
  });
  return `<table>\n<thead><tr><th></th>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table>\n<p>${total} rows</p>`;
}

function asText(
  names: readonly string[],
  rows: ReadonlyMap<number, readonly string[]>,
  numeric: readonly boolean[],
  total: number,
): string {
  const widths = names.map((name, column) =>
    Math.min(60, Math.max(name.length, ...[...rows.values()].map((cells) => cells[column]!.length))),
  );
  const index = String(total - 1).length;
  const line = (label: string, cells: readonly string[]) =>
    [
      label.padStart(index),
      ...cells.map((cell, column) => pad(cell, widths[column]!, numeric[column] === true)),
    ]
      .join("  ")
      .trimEnd();
  let previous = -1;
  const lines = [...rows].map(([at, cells]) => {
    const gap = at === previous + 1 ? "" : "...\n";
    previous = at;
    return gap + line(String(at), cells);
  });
  return [line("", names), ...lines, `(${total} rows)`].join("\n");
}

function pad(cell: string, width: number, right: boolean): string {
  const single = cell.replace(/\s+/g, " ");
  const cut = single.length > width ? `${single.slice(0, width - 3)}...` : single;
  return right ? cut.padStart(width) : cut.padEnd(width);
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
