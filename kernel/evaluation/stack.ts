import { findSourceMap, SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { dirname, sep } from "node:path";
import { URL, fileURLToPath } from "node:url";

const OWN_FOLDER = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
const OWN_URL = new URL("..", import.meta.url).href;
import { isVersioned } from "./local-modules.js";

const HIDDEN = /^node:(inspector|async_hooks|internal\/async_local_storage)/;
const CELL_URL = /sightbook-cell:(\d+)/;

interface CellSource {
  readonly label: string;
  readonly code: string;
  readonly map: SourceMap;
}

/** A place in a cell as its author typed it; both numbers count from 1. */
export interface CellPosition {
  readonly id: number;
  readonly line: number;
  readonly column: number;
}

const cells = new Map<number, CellSource>();

/** The name under which V8 knows a cell's script. */
export function cellUrl(id: number): string {
  return `sightbook-cell:${id}`;
}

/** Remembers a cell's text and source map, for as long as functions of it may appear in a stack. */
export function rememberCell(id: number, label: string, code: string, map: string): void {
  cells.set(id, { label, code, map: new SourceMap(JSON.parse(map) as SourceMapPayload) });
}

/** The text of a cell, for the excerpt below an error. */
export function cellCode(id: number): string | undefined {
  return cells.get(id)?.code;
}

/** Maps a position in a cell's script, counted from 1, to the cell as typed. */
export function mapPosition(id: number, line: number, column: number): CellPosition | undefined {
  const cell = cells.get(id);
  if (cell === undefined) return undefined;
  const entry = cell.map.findEntry(line - 1, column - 1);
  if (!("originalLine" in entry)) return undefined;
  return { id, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** How a place in a cell is written in a stack. */
export function describePosition(position: CellPosition): string {
  return `${cells.get(position.id)?.label ?? "Cell"}:${position.line}:${position.column}`;
}

/** Where each error's stack passes through cells, innermost first. */
const positions = new WeakMap<object, CellPosition[]>();

/** The places in cells that an error's stack passes through, innermost first. */
export function cellPositions(error: object): readonly CellPosition[] {
  // Reading `stack` makes V8 format it, which is when the positions are noted.
  return Reflect.get(error, "stack") === undefined ? [] : (positions.get(error) ?? []);
}

/** Makes every stack in this process show cells by their own lines and hide the kernel's frames. */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, frames) => {
    const lines: string[] = [];
    const found: CellPosition[] = [];
    let outermost = 0;
    for (const frame of frames) {
      const file = fileOf(frame);
      if (isOwn(file) || HIDDEN.test(file)) continue;
      const cell = CELL_URL.exec(file);
      if (cell === null) {
        lines.push(`    at ${isVersioned(file) ? describeLocal(frame, file) : describeFrame(frame)}`);
        continue;
      }
      const id = Number(cell[1]);
      const position = mapPosition(id, frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
      if (position === undefined) continue;
      found.push(position);
      outermost = lines.length + 1;
      lines.push(
        `    at ${describeFrame(frame).replace(/sightbook-cell:\d+(:\d+)*/, describePosition(position))}`,
      );
    }
    positions.set(error, found);
    // Below the outermost frame of a cell come only those that ran the cell.
    const shown = lines.slice(0, outermost === 0 ? lines.length : outermost);
    return [errorHeader(error), ...shown].join("\n");
  };
}

/** A place in a local file, as its author typed it. */
function describeLocal(frame: NodeJS.CallSite, url: string): string {
  const line = (frame.getLineNumber() ?? 1) - 1;
  const column = (frame.getColumnNumber() ?? 1) - 1;
  const entry = findSourceMap(url)?.findEntry(line, column);
  const original = entry !== undefined && "originalLine" in entry ? entry : undefined;
  const place = `${fileURLToPath(url)}:${(original?.originalLine ?? line) + 1}:${(original?.originalColumn ?? column) + 1}`;
  return describeFrame(frame).replace(/file:\/\/[^\s)]*/, () => place);
}

/** Whether a stack frame is of a cell or a library, not of the kernel or of Node.js. */
export function isForeignFrame(frame: NodeJS.CallSite): boolean {
  const file = fileOf(frame);
  return file !== "" && !isOwn(file) && !file.startsWith("node:");
}

/** Whether what runs, apart from the kernel, is what Node does before or after an asynchronous callback. */
export function isInHook(frames: readonly NodeJS.CallSite[]): boolean {
  const top = frames.map(fileOf).find((file) => file !== "" && !isOwn(file));
  return top !== undefined && /^node:(internal\/)?async_/.test(top);
}

function fileOf(frame: NodeJS.CallSite): string {
  // A script of the inspector has an empty file name, which is not the same as none, and its name as source URL.
  return frame.getFileName() || frame.getScriptNameOrSourceURL() || "";
}

function isOwn(file: string): boolean {
  return file.startsWith(OWN_URL) || file.startsWith(OWN_FOLDER);
}

function describeFrame(frame: { toString(): string }): string {
  return frame.toString();
}

function errorHeader(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
