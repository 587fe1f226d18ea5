import type ts from "typescript";

import type { CompileResult, Problem } from "./compiled.js";
import { renameReferences, scopeName } from "./hidden-globals.js";
import { CellIntake, Refusal } from "./intake.js";
import { sessionDeclarations } from "./session-declarations.js";
import type { TypeScript } from "./typescript.js";

export interface CompileOptions {
  /** A number that no other cell of the session has. */
  readonly id: number;
  /** Names that earlier cells declared, for `var x`, which keeps the value it finds. */
  readonly known: ReadonlySet<string>;
  /** Names that earlier cells imported. */
  readonly imported: ReadonlySet<string>;
}

/**
 * Compiles a cell to a script for V8's REPL mode.
 *
 * - Types go away, and so does newer syntax than Node 20 has (decorators, `using`).
 * - Every top-level declaration becomes a `let`, which in REPL mode may be declared again by anything. What is called like a
 *   global of Node.js gets another name there, so that libraries keep theirs.
 * - Imports are taken out; the kernel performs them before the cell runs.
 * - The last expression is kept as the cell's result, and every `await` can be interrupted.
 */
export function compileCell(typescript: TypeScript, code: string, options: CompileOptions): CompileResult {
  const intake = new CellIntake(typescript, options.id);
  const renaming: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
    const own = intake.declared.filter(({ kind }) => kind !== "type").map(({ name }) => name);
    const names = [...options.known, ...options.imported, ...own].filter((name) => scopeName(name) !== name);
    return renameReferences(typescript, context, file, new Set(names));
  };
  try {
    const output = typescript.transpileModule(code, {
      fileName: "cell.ts",
      reportDiagnostics: true,
      compilerOptions: {
        target: typescript.ScriptTarget.ES2022,
        module: typescript.ModuleKind.ESNext,
        moduleDetection: typescript.ModuleDetectionKind.Force,
        isolatedModules: true,
        verbatimModuleSyntax: true,
        sourceMap: true,
        useDefineForClassFields: true,
        strict: true,
        newLine: typescript.NewLineKind.LineFeed,
      },
      transformers: {
        before: [intake.transformer, renaming],
        after: [sessionDeclarations(typescript, options.known)],
      },
    });
    const problems = (output.diagnostics ?? []).map((diagnostic) => toProblem(typescript, diagnostic));
    if (problems.length > 0) return { ok: false, kind: "syntax", problems };
    return {
      ok: true,
      cell: {
        javascript: output.outputText.replace(/^\/\/# sourceMappingURL=.*$/m, ""),
        map: output.sourceMapText ?? "",
        imports: intake.imports,
        declared: intake.declared,
      },
      warnings: [],
    };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, kind: "refused", problems: [error.problem] };
    throw error;
  }
}

/** TypeScript's diagnostic as plain data. */
export function toProblem(typescript: TypeScript, diagnostic: ts.Diagnostic): Problem {
  const { file, start = 0, length = 1, code, messageText } = diagnostic;
  const position = file?.getLineAndCharacterOfPosition(start) ?? { line: 0, character: 0 };
  return {
    message: typescript.flattenDiagnosticMessageText(messageText, "\n"),
    code,
    line: position.line,
    column: position.character,
    length,
  };
}
