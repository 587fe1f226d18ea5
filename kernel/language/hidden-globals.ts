import type ts from "typescript";

import { bindingNames, nestedVariables, patternNames } from "./intake.js";
import type { TypeScript } from "./typescript.js";

/** What the language and Node.js put into the global object, where libraries find it by name. */
const GLOBALS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(globalThis));

/**
 * The name under which compiled cells know a name of the session. All scripts of the process share one scope, so a cell's
 * `process` or `URL` would be every library's: compiled, it is called otherwise.
 */
export function scopeName(name: string): string {
  return GLOBALS.has(name) ? `__sightbook_${name}` : name;
}

/** Gives names of the session, wherever a cell mentions them and nothing nearer is so called, their names in the scope. */
export function renameReferences(
  typescript: TypeScript,
  context: ts.TransformationContext,
  file: ts.SourceFile,
  names: ReadonlySet<string>,
): ts.SourceFile {
  const ts = typescript;
  const { factory } = context;
  const renamed = (identifier: ts.Identifier) =>
    ts.setTextRange(factory.createIdentifier(scopeName(identifier.text)), identifier);
  const visitorFor = (visible: ReadonlySet<string>): ts.Visitor => {
    const visit: ts.Visitor = (node) => {
      if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node;
      if (ts.isIdentifier(node))
        return visible.has(node.text) && isReference(ts, node) ? renamed(node) : node;
      if (ts.isShorthandPropertyAssignment(node) && visible.has(node.name.text)) {
        const fallback = ts.visitNode(node.objectAssignmentInitializer, visit) as ts.Expression | undefined;
        const target = renamed(node.name);
        const value = fallback === undefined ? target : factory.createAssignment(target, fallback);
        return factory.createPropertyAssignment(factory.createIdentifier(node.name.text), value);
      }
      const nearer = namesWithin(ts, node).filter((name) => visible.has(name));
      if (nearer.length === 0) return ts.visitEachChild(node, visit, context);
      const left = new Set([...visible].filter((name) => !nearer.includes(name)));
      return ts.visitEachChild(node, visitorFor(left), context);
    };
    return visit;
  };
  return names.size === 0 ? file : ts.visitEachChild(file, visitorFor(names), context);
}

/** Whether an identifier of the cell as typed means a variable, rather than a key, a label or what is being declared. */
function isReference(typescript: TypeScript, identifier: ts.Identifier): boolean {
  const parent = identifier.parent as
    | (ts.Node & { readonly name?: ts.Node; readonly propertyName?: ts.Node; readonly label?: ts.Node })
    | undefined;
  if (parent === undefined || typescript.isImportEqualsDeclaration(parent)) return false;
  return ![parent.name, parent.propertyName, parent.label].includes(identifier);
}

/** The names that a node declares for what is in it. */
function namesWithin(typescript: TypeScript, node: ts.Node): string[] {
  const ts = typescript;
  const nameOf = (name: ts.Node | undefined) =>
    name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
  if (ts.isClassLike(node)) return nameOf(node.name);
  if (ts.isEnumDeclaration(node)) return node.members.flatMap(({ name }) => nameOf(name));
  if (ts.isFunctionLike(node)) {
    const own = ts.isFunctionExpression(node) ? nameOf(node.name) : [];
    const body = "body" in node && node.body !== undefined ? nestedVariables(ts, node.body) : [];
    return [...own, ...node.parameters.flatMap(({ name }) => patternNames(ts, name)), ...body];
  }
  if (ts.isCatchClause(node) && node.variableDeclaration !== undefined) {
    return patternNames(ts, node.variableDeclaration.name);
  }
  if (ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) {
    const { initializer } = node;
    return initializer !== undefined && isLexical(ts, initializer) ? bindingNames(ts, initializer) : [];
  }
  const statements =
    ts.isBlock(node) || ts.isModuleBlock(node)
      ? node.statements
      : ts.isCaseBlock(node)
        ? node.clauses.flatMap((clause) => [...clause.statements])
        : [];
  return statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) {
      const { declarationList: list } = statement;
      return isLexical(ts, list) || ts.isModuleBlock(node) ? bindingNames(ts, list) : [];
    }
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    return ts.isDeclarationStatement(statement) && !isType ? nameOf(statement.name) : [];
  });
}

function isLexical(typescript: TypeScript, node: ts.Node): node is ts.VariableDeclarationList {
  return typescript.isVariableDeclarationList(node) && (node.flags & typescript.NodeFlags.BlockScoped) !== 0;
}
