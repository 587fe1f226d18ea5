import type { Completeness } from "./protocol.js";
import type { TypeScript } from "./typescript.js";

/** Errors that more text would mend wherever they stand: a template or a comment that has not ended. */
const UNENDED = new Set([1160, 1010]);
const INDENT = "  ";

/** Whether a console should run this text or let its user go on typing. */
export function isComplete(typescript: TypeScript, code: string): Completeness {
  const output = typescript.transpileModule(code, {
    fileName: "cell.ts",
    reportDiagnostics: true,
    compilerOptions: {
      module: typescript.ModuleKind.ESNext,
      target: typescript.ScriptTarget.ESNext,
      moduleDetection: typescript.ModuleDetectionKind.Force,
      isolatedModules: true,
    },
  });
  const diagnostics = output.diagnostics ?? [];
  if (diagnostics.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  const first = diagnostics[0]!;
  if (UNENDED.has(first.code) || (first.start ?? 0) >= end) {
    return { status: "incomplete", indent: INDENT.repeat(openBrackets(typescript, code)) };
  }
  return { status: "invalid" };
}

function openBrackets(typescript: TypeScript, code: string): number {
  const scanner = typescript.createScanner(typescript.ScriptTarget.ESNext, true, undefined, code);
  const { SyntaxKind } = typescript;
  let open = 0;
  for (let token = scanner.scan(); token !== SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if ([SyntaxKind.OpenBraceToken, SyntaxKind.OpenParenToken, SyntaxKind.OpenBracketToken].includes(token))
      open += 1;
    if (
      [SyntaxKind.CloseBraceToken, SyntaxKind.CloseParenToken, SyntaxKind.CloseBracketToken].includes(token)
    ) {
      open -= 1;
    }
  }
  return Math.max(0, open);
}
