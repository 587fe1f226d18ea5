import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { unzipSync } from "fflate";

import { developmentData } from "../support.js";

/** One bar of an acceptance run. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Least value that passes; for a quantity that must stay low, give `atMost`. */
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly seconds: number;
  /** What stood behind the number: seeds, spread. */
  readonly note?: string;
}

/** Prints the bars as a table with the machine's facts; the exit code is 1 when one is missed. */
export function reportBars(bars: readonly Bar[]): void {
  const rows = bars.map((bar) => {
    const passed =
      (bar.atLeast === undefined || bar.value >= bar.atLeast) &&
      (bar.atMost === undefined || bar.value <= bar.atMost);
    const wanted = bar.atLeast === undefined ? `<= ${bar.atMost}` : `>= ${bar.atLeast}`;
    return [
      bar.name,
      bar.value.toFixed(4),
      wanted,
      passed ? "ok" : "MISSED",
      `${bar.seconds.toFixed(0)} s`,
      bar.note ?? "",
    ];
  });
  const table = [["what", "measured", "wanted", "", "time", ""], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log(
    `\n${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}`,
  );
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
  if (rows.some((row) => row[3] === "MISSED")) process.exitCode = 1;
}

/** Unpacks a zip of the development data once per machine; its folder. */
export function unpackedData(name: string): string {
  const zip = developmentData(`${name}.zip`);
  if (zip === undefined)
    throw new Error(`development data ${name}.zip is absent: there is nothing to measure`);
  const folder = join(tmpdir(), "sightbook-acceptance", name);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const [entry, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    if (entry.endsWith("/")) continue;
    const path = join(partial, entry);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  renameSync(partial, folder);
  return folder;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `0.931 0.945 0.938`, for a note. */
export function listed(values: readonly number[]): string {
  return values.map((value) => value.toFixed(3)).join(" ");
}
