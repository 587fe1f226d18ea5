/** What compiling a cell gives; plain data, since it crosses threads. */

/** One module that a cell imports, as far as the session has to bind names for it. */
export interface ImportRequest {
  readonly specifier: string;
  /** `import x = require("y")` asks for CommonJS. */
  readonly require: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  /** Local name of the whole namespace (`import * as ns`). */
  readonly namespace?: string;
  readonly names: readonly ImportedName[];
  /** Zero-based line of the declaration in the cell. */
  readonly line: number;
}

export interface ImportedName {
  readonly imported: string;
  readonly local: string;
  /** The cell mentions it as a type only: the module need not have it when the cell runs. */
  readonly isType: boolean;
}

/** How a name came into the session. */
export type DeclarationKind =
  "variable" | "constant" | "function" | "class" | "enum" | "namespace" | "import" | "type";

export interface Declared {
  readonly name: string;
  readonly kind: DeclarationKind;
}

/** Something the cell's author must change; positions are zero-based and lie in the cell as typed. */
export interface Problem {
  readonly message: string;
  /** TypeScript's number of the error; absent for what the kernel itself refuses. */
  readonly code?: number;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface CompiledCell {
  readonly javascript: string;
  /** Source map (version 3, JSON text) from `javascript` to the cell. */
  readonly map: string;
  readonly imports: readonly ImportRequest[];
  readonly declared: readonly Declared[];
}

export type CompileResult =
  | { readonly ok: true; readonly cell: CompiledCell; readonly warnings: readonly Problem[] }
  | {
      readonly ok: false;
      readonly kind: "syntax" | "type" | "refused";
      readonly problems: readonly Problem[];
    };

/** The hidden global through which compiled cells reach the kernel. */
export const RUNTIME = "__sightbook__";
