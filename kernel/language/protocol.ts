import type { CompileResult } from "./compiled.js";

/** What the main thread asks of the language thread; each request has one answer with the same `id`. */
export interface LanguageRequest {
  readonly kind: "compile";
  readonly cell: number;
  readonly code: string;
  readonly known: readonly string[];
}

export interface LanguageAnswers {
  readonly compile: CompileResult;
}

export interface LanguageCall {
  readonly id: number;
  readonly request: LanguageRequest;
}

export type LanguageReply =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
