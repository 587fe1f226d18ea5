import { types } from "node:util";

import { inspectSafely } from "../display/bundle.js";
import type { CellPosition } from "../evaluation/stack.js";
import { cellCode, cellPositions, describePosition } from "../evaluation/stack.js";
import type { Problem } from "../language/compiled.js";

/** An error as the messaging specification wants it. */
export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
  readonly [key: string]: string | readonly string[];
}

const RED = "\u001b[31m";
const BOLD_RED = "\u001b[1;31m";
const CYAN = "\u001b[36m";
const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

/** Lines of the cell shown before and after the one that threw. */
const EXCERPT_LINES = 2;
/** Causes of causes shown at most, since an error may be its own cause. */
const CAUSE_LIMIT = 8;

/** Describes anything that was thrown. `position` is where the code could not even be compiled. */
export function describeError(thrown: unknown, position?: CellPosition): ErrorContent {
  const { ename, evalue } = nameOf(thrown);
  return { ename, evalue, traceback: traceback(thrown, position, 0).join("\n").split("\n") };
}

/** Describes what the compiler found in a cell. */
export function describeProblems(
  ename: string,
  problems: readonly Problem[],
  label: string,
  code: string,
): ErrorContent {
  const lines = problems.flatMap((problem, index) => {
    const number = problem.code === undefined ? "" : ` TS${problem.code}`;
    const place = `${label}:${problem.line + 1}:${problem.column + 1}`;
    const excerpt = codeExcerpt(code, problem.line + 1, problem.column + 1, problem.length);
    return [
      ...(index === 0 ? [] : [""]),
      `${BOLD_RED}${ename}${number}${RESET}${RED}: ${problem.message}${RESET}`,
      ...excerpt,
      `    at ${CYAN}${place}${RESET}`,
    ];
  });
  return { ename, evalue: problems[0]?.message ?? "", traceback: lines.join("\n").split("\n") };
}

function nameOf(thrown: unknown): { ename: string; evalue: string } {
  if (!isError(thrown)) return { ename: "Thrown", evalue: inspectSafely(thrown) };
  try {
    return { ename: asText(thrown.name), evalue: asText(thrown.message) };
  } catch {
    return { ename: "Error", evalue: "" };
  }
}

/** An error's name and message are texts by custom only. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : inspectSafely(value);
}

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

function traceback(thrown: unknown, position: CellPosition | undefined, depth: number): string[] {
  if (!isError(thrown)) {
    return [`${BOLD_RED}Thrown${RESET}${RED}: ${inspectSafely(thrown)}${RESET}`];
  }
  const { ename, evalue } = nameOf(thrown);
  const lines = [`${BOLD_RED}${ename}${RESET}${RED}: ${evalue}${RESET}`];
  const top = position ?? cellPositions(thrown)[0];
  if (top !== undefined) lines.push(...excerptAt(top));
  lines.push(...frames(thrown));
  if (position !== undefined) lines.push(`    at ${CYAN}${describePosition(position)}${RESET}`);
  if (depth >= CAUSE_LIMIT) return lines;
  const { cause } = thrown;
  if (cause !== undefined) {
    lines.push("", "Caused by:", ...traceback(cause, undefined, depth + 1));
  }
  if (thrown instanceof AggregateError) {
    for (const [index, inner] of (thrown.errors as unknown[]).entries()) {
      lines.push(
        "",
        `Error ${index + 1} of ${thrown.errors.length}:`,
        ...traceback(inner, undefined, depth + 1),
      );
    }
  }
  return lines;
}

/** The stack's lines below the message: the cells' own bright, the libraries' dim. */
function frames(error: Error): string[] {
  let stack: unknown;
  try {
    ({ stack } = error);
  } catch {
    return [];
  }
  if (typeof stack !== "string") return [];
  return stack
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => {
      if (line.includes("Cell ["))
        return line.replace(/Cell \[[^\]]*\](:\d+)*/, (place) => CYAN + place + RESET);
      return `${DIM}${line}${RESET}`;
    });
}

function excerptAt(position: CellPosition): string[] {
  const code = cellCode(position.id);
  return code === undefined ? [] : codeExcerpt(code, position.line, position.column, 1);
}

function codeExcerpt(code: string, line: number, column: number, length: number): string[] {
  const lines = code.split("\n");
  const from = Math.max(1, line - EXCERPT_LINES);
  const to = Math.min(lines.length, line + EXCERPT_LINES);
  const width = String(to).length;
  const shown: string[] = [];
  for (let number = from; number <= to; number += 1) {
    const text = (lines[number - 1] ?? "").slice(0, 200);
    const marker = number === line ? `${RED}>${RESET}` : " ";
    shown.push(`${marker} ${String(number).padStart(width)} ${DIM}|${RESET} ${text}`);
    if (number === line) {
      const under = Math.max(1, Math.min(length, text.length - column + 1));
      shown.push(
        `  ${" ".repeat(width)} ${DIM}|${RESET} ${" ".repeat(column - 1)}${RED}${"^".repeat(under)}${RESET}`,
      );
    }
  }
  return shown;
}
