import type ts from "typescript";

import type { Declared, DeclarationKind, ImportedName, ImportRequest, Problem } from "./compiled.js";
import { RUNTIME } from "./compiled.js";
import type { TypeScript } from "./typescript.js";

/** Something a cell may not contain, with the sentence that says so. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/**
 * The first pass over a cell, before types are stripped: takes out imports and exports, keeps the last expression as the
 * result, makes every `await` interruptible, and notes what the cell declares.
 */
export class CellIntake {
  readonly imports: ImportRequest[] = [];
  readonly declared: Declared[] = [];
  readonly #ts: TypeScript;
  readonly #id: number;

  constructor(typescript: TypeScript, id: number) {
    this.#ts = typescript;
    this.#id = id;
  }

  readonly transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
    const statements: ts.Statement[] = [];
    for (const [index, statement] of file.statements.entries()) {
      const kept = this.#topLevel(statement, file, context.factory);
      if (kept === undefined) continue;
      const last = index === file.statements.length - 1;
      statements.push(last ? this.#keepResult(kept, context.factory) : kept);
    }
    const updated = context.factory.updateSourceFile(
      file,
      context.factory.createNodeArray(statements, file.statements.hasTrailingComma),
    );
    return this.#ts.visitEachChild(updated, this.#visitor(context), context);
  };

  #topLevel(statement: ts.Statement, file: ts.SourceFile, factory: ts.NodeFactory): ts.Statement | undefined {
    const ts = this.#ts;
    if (ts.isImportDeclaration(statement)) {
      this.#import(statement, file);
      return undefined;
    }
    if (ts.isImportEqualsDeclaration(statement) && ts.isExternalModuleReference(statement.moduleReference)) {
      this.#importEquals(statement, statement.moduleReference, file);
      return undefined;
    }
    if (ts.isExportDeclaration(statement)) {
      if (statement.moduleSpecifier === undefined) return undefined;
      throw this.#refuse(
        statement,
        file,
        "A cell cannot re-export a module, since nothing imports a cell; import it instead.",
      );
    }
    if (ts.isExportAssignment(statement)) {
      throw this.#refuse(
        statement,
        file,
        "A cell has no default export, since nothing imports a cell; give the value a name instead.",
      );
    }
    this.#note(statement);
    return this.#withoutExport(statement, file, factory);
  }

  #import(statement: ts.ImportDeclaration, file: ts.SourceFile): void {
    const ts = this.#ts;
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
    const clause = statement.importClause;
    if (clause?.phaseModifier === ts.SyntaxKind.DeferKeyword) {
      throw this.#refuse(
        statement,
        file,
        "import defer is not supported in a cell; use a plain import, or await import() where it is needed.",
      );
    }
    const names: ImportedName[] = [];
    let namespace: string | undefined;
    const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    const declare = (name: string, isType: boolean) => {
      this.declared.push({ name, kind: isType ? "type" : "import" });
    };
    if (clause?.name !== undefined) {
      declare(clause.name.text, typeOnly);
      const local = clause.name.text;
      names.push({ imported: "default", local, isType: isOnlyType(ts, file, local) });
    }
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
      declare(bindings.name.text, typeOnly);
      namespace = bindings.name.text;
    } else if (bindings !== undefined) {
      for (const element of bindings.elements) {
        declare(element.name.text, typeOnly || element.isTypeOnly);
        if (element.isTypeOnly) continue;
        const local = element.name.text;
        const imported = (element.propertyName ?? element.name).text;
        names.push({ imported, local, isType: isOnlyType(ts, file, local) });
      }
    }
    if (typeOnly) return;
    const attributes: Record<string, string> = {};
    for (const attribute of statement.attributes?.elements ?? []) {
      if (ts.isStringLiteral(attribute.value)) attributes[attribute.name.text] = attribute.value.text;
    }
    this.imports.push({
      specifier,
      require: false,
      attributes,
      ...(namespace === undefined ? {} : { namespace }),
      names,
      line: file.getLineAndCharacterOfPosition(statement.getStart(file)).line,
    });
  }

  #importEquals(
    statement: ts.ImportEqualsDeclaration,
    reference: ts.ExternalModuleReference,
    file: ts.SourceFile,
  ): void {
    this.declared.push({ name: statement.name.text, kind: statement.isTypeOnly ? "type" : "import" });
    if (statement.isTypeOnly) return;
    this.imports.push({
      specifier: (reference.expression as ts.StringLiteral).text,
      require: true,
      attributes: {},
      namespace: statement.name.text,
      names: [],
      line: file.getLineAndCharacterOfPosition(statement.getStart(file)).line,
    });
  }

  #note(statement: ts.Statement): void {
    const ts = this.#ts;
    const add = (name: ts.Node | undefined, kind: DeclarationKind) => {
      if (name !== undefined && ts.isIdentifier(name)) this.declared.push({ name: name.text, kind });
    };
    if (ts.isVariableStatement(statement)) {
      const constant = (statement.declarationList.flags & ts.NodeFlags.BlockScoped & ~ts.NodeFlags.Let) !== 0;
      for (const name of bindingNames(ts, statement.declarationList)) {
        this.declared.push({ name, kind: constant ? "constant" : "variable" });
      }
    } else if (ts.isFunctionDeclaration(statement)) add(statement.name, "function");
    else if (ts.isClassDeclaration(statement)) add(statement.name, "class");
    else if (ts.isEnumDeclaration(statement)) add(statement.name, "enum");
    else if (ts.isModuleDeclaration(statement)) add(statement.name, "namespace");
    else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      add(statement.name, "type");
    } else if (ts.isImportEqualsDeclaration(statement)) add(statement.name, "namespace");
    else {
      for (const name of nestedVariables(ts, statement)) this.declared.push({ name, kind: "variable" });
    }
  }

  #withoutExport(statement: ts.Statement, file: ts.SourceFile, factory: ts.NodeFactory): ts.Statement {
    const ts = this.#ts;
    if (!ts.canHaveModifiers(statement)) return statement;
    const modifiers = statement.modifiers ?? [];
    if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
      throw this.#refuse(
        statement,
        file,
        "A cell has no default export, since nothing imports a cell; drop `export default` and give it a name.",
      );
    }
    if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return statement;
    const isExport = (modifier: ts.ModifierLike) => modifier.kind === ts.SyntaxKind.ExportKeyword;
    if (ts.isClassDeclaration(statement)) {
      const kept = modifiers.filter((modifier) => !isExport(modifier));
      return factory.replaceDecoratorsAndModifiers(statement, kept);
    }
    const kept = statement.modifiers?.filter(
      (modifier): modifier is ts.Modifier => ts.isModifier(modifier) && !isExport(modifier),
    );
    return factory.replaceModifiers(statement as ts.FunctionDeclaration, kept ?? []);
  }

  #keepResult(statement: ts.Statement, factory: ts.NodeFactory): ts.Statement {
    const ts = this.#ts;
    if (!ts.isExpressionStatement(statement)) return statement;
    const results = factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), "results");
    const place = factory.createElementAccessExpression(results, this.#id);
    const value = ts.isParenthesizedExpression(statement.expression)
      ? statement.expression
      : factory.createParenthesizedExpression(statement.expression);
    return factory.updateExpressionStatement(statement, factory.createAssignment(place, value));
  }

  #visitor(context: ts.TransformationContext): ts.Visitor {
    const ts = this.#ts;
    const { factory } = context;
    const runtime = (name: string) =>
      factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), name);
    const visit: ts.Visitor = (node) => {
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(visited)) {
        const call = factory.createCallExpression(runtime("wait"), undefined, [visited.expression]);
        return factory.updateAwaitExpression(visited, call);
      }
      if (ts.isForOfStatement(visited) && visited.awaitModifier !== undefined) {
        const each = factory.createCallExpression(runtime("each"), undefined, [visited.expression]);
        return factory.updateForOfStatement(
          visited,
          visited.awaitModifier,
          visited.initializer,
          each,
          visited.statement,
        );
      }
      if (ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword) {
        return factory.updateCallExpression(visited, runtime("import"), undefined, visited.arguments);
      }
      if (ts.isMetaProperty(visited) && visited.keywordToken === ts.SyntaxKind.ImportKeyword) {
        return runtime("meta");
      }
      return visited;
    };
    return visit;
  }

  #refuse(node: ts.Node, file: ts.SourceFile, message: string): Refusal {
    const start = node.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    return new Refusal({ message, line, column: character, length: node.getEnd() - start });
  }
}

/** The names that a declaration list binds, patterns included. */
export function bindingNames(typescript: TypeScript, list: ts.VariableDeclarationList): string[] {
  return list.declarations.flatMap(({ name }) => patternNames(typescript, name));
}

export function patternNames(typescript: TypeScript, name: ts.BindingName): string[] {
  if (typescript.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    typescript.isBindingElement(element) ? patternNames(typescript, element.name) : [],
  );
}

/** The names of `var` declarations inside blocks and loops of a statement: they belong to the whole cell. */
export function nestedVariables(typescript: TypeScript, statement: ts.Node): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (typescript.isFunctionLike(node) || typescript.isClassLike(node)) return;
    if (typescript.isVariableDeclarationList(node) && (node.flags & typescript.NodeFlags.BlockScoped) === 0) {
      names.push(...bindingNames(typescript, node));
    }
    typescript.forEachChild(node, visit);
  };
  visit(statement);
  return names;
}

/** Whether a cell mentions an imported name, and only as a type. */
function isOnlyType(typescript: TypeScript, file: ts.SourceFile, name: string): boolean {
  let [asType, asValue] = [false, false];
  const visit = (node: ts.Node, inType: boolean): void => {
    if (typescript.isIdentifier(node) && node.text === name) {
      if (inType) asType = true;
      else asValue = true;
    }
    const within = inType || (typescript.isTypeNode(node) && !typescript.isExpressionWithTypeArguments(node));
    typescript.forEachChild(node, (child) => {
      visit(child, within);
    });
  };
  for (const statement of file.statements) {
    if (!typescript.isImportDeclaration(statement)) visit(statement, false);
  }
  return asType && !asValue;
}
