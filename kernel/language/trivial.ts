import type ts from "typescript";

import type { TypeScript } from "./typescript.js";

/** What has to be known of the session. */
export interface SessionNames {
  /** Whether the session has given a meaning of its own to a name. */
  has(name: string): boolean;
  /** Whether a name of the session is a plain value, which any cell may mention. */
  isValue(name: string): boolean;
}

/**
 * Whether a cell is plainly free of type errors: imports, and literals, arithmetic on numbers, and names of values, which are
 * given names, printed, or are the result. Such a cell need not wait for the type checker, which takes a second to come up.
 * What is wrong with an import shows when it is loaded.
 */
export function isTrivial(typescript: TypeScript, file: ts.SourceFile, session: SessionNames): boolean {
  const own = new Set<string>();
  const declare = (name: ts.BindingName | undefined) =>
    name === undefined || (typescript.isIdentifier(name) && own.size < own.add(name.text).size);

  const isArithmetic = (node: ts.Expression): boolean => {
    if (typescript.isNumericLiteral(node)) return true;
    if (typescript.isParenthesizedExpression(node)) return isArithmetic(node.expression);
    if (!typescript.isBinaryExpression(node)) return false;
    const { PlusToken, MinusToken, AsteriskToken, SlashToken } = typescript.SyntaxKind;
    return (
      [PlusToken, MinusToken, AsteriskToken, SlashToken].includes(node.operatorToken.kind) &&
      isArithmetic(node.left) &&
      isArithmetic(node.right)
    );
  };
  const isPlain = (node: ts.Expression): boolean => {
    const { TrueKeyword, FalseKeyword } = typescript.SyntaxKind;
    if (typescript.isStringLiteralLike(node) || [TrueKeyword, FalseKeyword].includes(node.kind)) return true;
    if (typescript.isIdentifier(node)) return own.has(node.text) || session.isValue(node.text);
    return isArithmetic(node);
  };
  const isPrint = (node: ts.Expression): boolean =>
    typescript.isCallExpression(node) &&
    typescript.isPropertyAccessExpression(node.expression) &&
    typescript.isIdentifier(node.expression.expression) &&
    node.expression.expression.text === "console" &&
    !own.has("console") &&
    !session.has("console") &&
    ["log", "info", "warn", "error", "debug"].includes(node.expression.name.text) &&
    node.questionDotToken === undefined &&
    node.typeArguments === undefined &&
    node.arguments.every(isPlain);
  const isImport = (statement: ts.ImportDeclaration): boolean => {
    const { name, namedBindings } = statement.importClause ?? {};
    if (!declare(name)) return false;
    if (namedBindings === undefined) return true;
    if (typescript.isNamespaceImport(namedBindings)) return declare(namedBindings.name);
    return namedBindings.elements.every((element) => declare(element.name));
  };

  return file.statements.every((statement) => {
    if (typescript.isImportDeclaration(statement)) return isImport(statement);
    if (typescript.isExpressionStatement(statement)) {
      return isPlain(statement.expression) || isPrint(statement.expression);
    }
    if (!typescript.isVariableStatement(statement) || statement.modifiers !== undefined) return false;
    return statement.declarationList.declarations.every(
      ({ name, type, initializer }) =>
        type === undefined && initializer !== undefined && isPlain(initializer) && declare(name),
    );
  });
}
