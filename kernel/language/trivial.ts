import type ts from "typescript";

import type { TypeScript } from "./typescript.js";

/**
 * Whether a cell is plainly free of type errors: literals, arithmetic on numbers, and names for these. Such a cell need not
 * wait for the type checker, which takes a second to come up.
 */
export function isTrivial(typescript: TypeScript, file: ts.SourceFile): boolean {
  const names = new Set<string>();
  return file.statements.every((statement) => {
    if (typescript.isExpressionStatement(statement)) return isPlain(typescript, statement.expression);
    if (typescript.isVariableStatement(statement) && statement.modifiers === undefined) {
      return statement.declarationList.declarations.every(
        ({ name, type, initializer }) =>
          typescript.isIdentifier(name) &&
          type === undefined &&
          initializer !== undefined &&
          names.size < names.add(name.text).size &&
          isPlain(typescript, initializer),
      );
    }
    return false;
  });
}

function isPlain(typescript: TypeScript, node: ts.Expression): boolean {
  if (typescript.isStringLiteralLike(node)) return true;
  if (node.kind === typescript.SyntaxKind.TrueKeyword || node.kind === typescript.SyntaxKind.FalseKeyword)
    return true;
  return isArithmetic(typescript, node);
}

function isArithmetic(typescript: TypeScript, node: ts.Expression): boolean {
  if (typescript.isNumericLiteral(node)) return true;
  if (typescript.isParenthesizedExpression(node)) return isArithmetic(typescript, node.expression);
  if (!typescript.isBinaryExpression(node)) return false;
  const { PlusToken, MinusToken, AsteriskToken, SlashToken } = typescript.SyntaxKind;
  return (
    [PlusToken, MinusToken, AsteriskToken, SlashToken].includes(node.operatorToken.kind) &&
    isArithmetic(typescript, node.left) &&
    isArithmetic(typescript, node.right)
  );
}
