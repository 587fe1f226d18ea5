import type { CompileResult, Declared, Problem } from "./compiled.js";

/** What happens to a cell with type errors. */
export type TypeErrors = "error" | "warn" | "off";

/** What the main thread asks of the language thread; each request has one answer with the same `id`. */
export type LanguageRequest =
  | {
      readonly kind: "compile";
      readonly cell: number;
      readonly code: string;
      readonly known: readonly string[];
      readonly imported: readonly string[];
      readonly typeErrors: TypeErrors;
    }
  /** A module lacks a name that the cell imports: the cell's errors, if they count, and its imports that are types. */
  | {
      readonly kind: "judgeImports";
      readonly cell: number;
      readonly code: string;
      readonly typeErrors: TypeErrors;
    }
  /** The cell was run, or left out: what it declares is, or is not, part of the session. */
  | { readonly kind: "commit"; readonly cell: number; readonly declared: readonly Declared[] | undefined }
  | { readonly kind: "complete"; readonly code: string; readonly cursor: number }
  | { readonly kind: "inspect"; readonly code: string; readonly cursor: number; readonly detail: number }
  | { readonly kind: "isComplete"; readonly code: string };

/** Positions are UTF-16 units, as JavaScript's strings count. */
export interface Completions {
  readonly start: number;
  readonly end: number;
  readonly matches: readonly { readonly text: string; readonly type: string }[];
}

/** What is known of the thing at the cursor; `undefined` for nothing. */
export interface Inspection {
  readonly plain: string;
  readonly markdown: string;
}

export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

export interface LanguageAnswers {
  readonly compile: CompileResult;
  readonly judgeImports: { readonly problems: readonly Problem[]; readonly types: readonly string[] };
  readonly commit: undefined;
  readonly complete: Completions;
  readonly inspect: Inspection | undefined;
  readonly isComplete: Completeness;
}

export interface LanguageCall {
  readonly id: number;
  readonly request: LanguageRequest;
}

export type LanguageReply =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
