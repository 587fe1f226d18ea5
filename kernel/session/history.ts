import { randomUUID } from "node:crypto";
import process from "node:process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { jupyterDataFolder } from "../jupyter-folder.js";
import type { Json, JsonObject } from "../wire/message.js";

/** One cell that was run. */
export interface HistoryEntry {
  /** Number of the kernel session it was run in; the first that the file knows is 1. */
  readonly session: number;
  /** Tells kernels apart that started at the same time, and so took the same number. */
  readonly kernel: string;
  readonly line: number;
  readonly input: string;
  readonly output?: string;
}

/** Where the history is kept unless `SIGHTBOOK_HISTORY` says otherwise. */
export function defaultHistoryFile(): string {
  return join(jupyterDataFolder(), "sightbook-history.jsonl");
}

/** The file is shortened to half of this when it grows beyond. */
const SIZE_LIMIT = 16 * 1024 * 1024;

/**
 * The cells that were run, in this session and the ones before it: one line of JSON each, appended as cells run.
 * A line that was cut off when a kernel was killed is skipped, and the next one starts afresh.
 */
export class History {
  readonly #path: string | undefined;
  readonly #session: number;
  readonly #kernel = randomUUID();
  readonly #entries: HistoryEntry[];

  /** @param path - Where cells are kept; `undefined` keeps them in memory only. */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#entries = path === undefined ? [] : readEntries(path);
    this.#session = this.#entries.reduce((last, { session }) => Math.max(last, session), 0) + 1;
  }

  add(line: number, input: string, output: string | undefined): void {
    const entry: HistoryEntry = {
      session: this.#session,
      kernel: this.#kernel,
      line,
      input,
      ...(output === undefined ? {} : { output }),
    };
    this.#entries.push(entry);
    if (this.#path === undefined) return;
    try {
      // The leading line break ends a line that another kernel's death left unfinished.
      appendFileSync(this.#path, `\n${JSON.stringify(entry)}`);
    } catch {
      // A full or read-only disk must not stop anyone from running cells.
    }
  }

  /** Answers a `history_request`. */
  answer(request: JsonObject): JsonObject {
    const withOutput = request["output"] === true;
    return {
      status: "ok",
      history: this.#select(request).map(({ session, line, input, output }): Json => [
        session,
        line,
        withOutput ? [input, output ?? null] : input,
      ]),
    };
  }

  #select(request: JsonObject): readonly HistoryEntry[] {
    const number = (name: string, fallback: number) =>
      typeof request[name] === "number" ? request[name] : fallback;
    switch (request["hist_access_type"]) {
      case "tail":
        return lastOf(this.#entries, number("n", 1000));
      case "range": {
        // 0 is the present session, -1 the one before it.
        const session = number("session", 0);
        const wanted = session <= 0 ? this.#session + session : session;
        const start = number("start", 0);
        const stop = number("stop", Infinity);
        return this.#entries.filter(
          (entry) => entry.session === wanted && entry.line >= start && entry.line < stop,
        );
      }
      case "search": {
        const pattern = typeof request["pattern"] === "string" ? request["pattern"] : "*";
        const expression = globExpression(pattern);
        let found = this.#entries.filter((entry) => expression.test(entry.input));
        if (request["unique"] === true) {
          const last = new Map(found.map((entry) => [entry.input, entry]));
          found = found.filter((entry) => last.get(entry.input) === entry);
        }
        return lastOf(found, number("n", 1000));
      }
      default:
        return [];
    }
  }
}

function readEntries(path: string): HistoryEntry[] {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n");
    const entries = numbered(lines.flatMap(parseEntry));
    if (statSync(path).size > SIZE_LIMIT) {
      const kept = entries.slice(Math.floor(entries.length / 2));
      writeFileSync(`${path}.${process.pid}`, kept.map((entry) => `\n${JSON.stringify(entry)}`).join(""));
      renameSync(`${path}.${process.pid}`, path);
    }
    return entries;
  } catch {
    return [];
  }
}

/** The same cells, in which no two kernels share a number: the later one in the file gets the next. */
function numbered(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const numbers = new Map<string, number>();
  let last = 0;
  return entries.map((entry) => {
    const session = numbers.get(entry.kernel) ?? Math.max(entry.session, last + 1);
    numbers.set(entry.kernel, session);
    last = Math.max(last, session);
    return { ...entry, session };
  });
}

function parseEntry(line: string): HistoryEntry[] {
  if (line === "") return [];
  try {
    const entry = JSON.parse(line) as Partial<HistoryEntry>;
    const { session, kernel = `session ${session}`, line: number, input } = entry;
    const whole = typeof session === "number" && typeof number === "number" && typeof input === "string";
    return whole ? [{ ...entry, session, kernel, line: number, input }] : [];
  } catch {
    return [];
  }
}

function lastOf(entries: readonly HistoryEntry[], count: number): readonly HistoryEntry[] {
  return count <= 0 ? [] : entries.slice(-count);
}

/** A pattern of SQLite's GLOB, which ipykernel's history uses: `*`, `?` and `[...]`. */
function globExpression(pattern: string): RegExp {
  const parts = pattern
    .replaceAll(/[\\^$.|+(){}]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  try {
    return new RegExp(`^${parts}$`, "u");
  } catch {
    return new RegExp(`^${pattern.replaceAll(/[^\w\s]/g, "\\$&")}$`);
  }
}
