import type ts from "typescript";

import { scopeName } from "./hidden-globals.js";
import { bindingNames, nestedVariables } from "./intake.js";
import type { TypeScript } from "./typescript.js";

/**
 * The last pass over a cell, on plain JavaScript: every top-level declaration becomes a `let` of the session.
 *
 * Functions go to the top, where JavaScript hoists them; they are anonymous functions so that a call by name finds whatever
 * the name means later. `var` becomes an assignment to a name declared at the top, kept when an earlier cell has it.
 */
export function sessionDeclarations(
  typescript: TypeScript,
  known: ReadonlySet<string>,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new Pass(typescript, context, known).run(file);
}

class Pass {
  readonly #ts: TypeScript;
  readonly #context: ts.TransformationContext;
  readonly #factory: ts.NodeFactory;
  readonly #known: ReadonlySet<string>;
  readonly #functions = new Map<string, ts.Statement>();
  readonly #variables = new Set<string>();
  readonly #lexical = new Set<string>();

  constructor(typescript: TypeScript, context: ts.TransformationContext, known: ReadonlySet<string>) {
    this.#ts = typescript;
    this.#context = context;
    this.#factory = context.factory;
    this.#known = known;
  }

  run(file: ts.SourceFile): ts.SourceFile {
    const ts = this.#ts;
    const statements: ts.Statement[] = [];
    for (const statement of file.statements) {
      if (ts.isExportDeclaration(statement)) continue;
      const kept = this.#statement(statement);
      if (kept !== undefined) statements.push(kept);
    }
    const prologue = this.#factory.createExpressionStatement(this.#factory.createStringLiteral("use strict"));
    const variables = [...this.#variables].filter(
      (name) => !this.#lexical.has(name) && !this.#functions.has(name),
    );
    const hoisted = variables.map((name) => this.#let(name));
    return this.#factory.updateSourceFile(file, [
      prologue,
      ...hoisted,
      ...this.#functions.values(),
      ...statements,
    ]);
  }

  #statement(statement: ts.Statement): ts.Statement | undefined {
    const ts = this.#ts;
    if (ts.isFunctionDeclaration(statement)) {
      if (statement.name !== undefined) this.#functions.set(statement.name.text, this.#function(statement));
      return undefined;
    }
    if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
      this.#lexical.add(statement.name.text);
      const { modifiers, name, heritageClauses, members } = statement;
      const value = this.#factory.createClassExpression(modifiers, name, undefined, heritageClauses, members);
      ts.setTextRange(value, statement);
      return this.#let(statement.name.text, value, statement);
    }
    if (ts.isVariableStatement(statement)) {
      const { declarationList } = statement;
      if ((declarationList.flags & ts.NodeFlags.BlockScoped) !== 0) {
        for (const name of bindingNames(ts, declarationList)) this.#lexical.add(name);
        return this.#factory.updateVariableStatement(statement, undefined, this.#asLet(declarationList));
      }
      if (isOfTypeScript(ts, statement)) return this.#container(statement);
    }
    for (const name of nestedVariables(ts, statement)) this.#declareVariable(name);
    return isOfTypeScript(ts, statement) ? this.#filling(statement) : this.#withoutVariables(statement);
  }

  /** What fills an enum or namespace, `(function (E) { ... })(E || (E = {}))`, mentions its name in the argument. */
  #filling(statement: ts.Statement): ts.Statement {
    const ts = this.#ts;
    const rename: ts.Visitor = (node) =>
      ts.isIdentifier(node) ? this.#identifier(node) : ts.visitEachChild(node, rename, this.#context);
    const visit: ts.Visitor = (node) => {
      if (!ts.isCallExpression(node)) return ts.visitEachChild(node, visit, this.#context);
      const [first, ...rest] = node.arguments;
      const named = ts.visitNode(first, rename) as ts.Expression;
      return this.#factory.updateCallExpression(node, node.expression, undefined, [named, ...rest]);
    };
    return ts.visitEachChild(statement, visit, this.#context);
  }

  #identifier(name: ts.Identifier): ts.Identifier {
    const other = scopeName(name.text);
    return other === name.text ? name : this.#ts.setTextRange(this.#factory.createIdentifier(other), name);
  }

  /** A function keeps the name that the cell gave it, whatever it is called in the scope. */
  #named(name: string, value: ts.Expression): ts.Expression {
    const ts = this.#ts;
    const anonymous =
      ts.isArrowFunction(value) ||
      ((ts.isFunctionExpression(value) || ts.isClassExpression(value)) && value.name === undefined);
    if (!anonymous || scopeName(name) === name) return value;
    const holder = this.#factory.createObjectLiteralExpression([
      this.#factory.createPropertyAssignment(name, value),
    ]);
    return this.#factory.createPropertyAccessExpression(holder, name);
  }

  /** `var E;` in front of an enum or namespace: a fresh one, so that what it replaces is not merged into it. */
  #container(statement: ts.VariableStatement): ts.Statement | undefined {
    const names = bindingNames(this.#ts, statement.declarationList).filter(
      (name) => !this.#lexical.has(name),
    );
    for (const name of names) this.#lexical.add(name);
    if (names.length === 0) return undefined;
    return this.#factory.updateVariableStatement(
      statement,
      undefined,
      this.#asLet(statement.declarationList),
    );
  }

  #declareVariable(name: string): void {
    if (!this.#known.has(name)) this.#variables.add(name);
  }

  #function(statement: ts.FunctionDeclaration): ts.Statement {
    const { modifiers, asteriskToken, parameters, body, name } = statement;
    const kept = modifiers?.filter((modifier): modifier is ts.Modifier => this.#ts.isModifier(modifier));
    const value = this.#factory.createFunctionExpression(
      kept,
      asteriskToken,
      undefined,
      undefined,
      parameters,
      undefined,
      body ?? this.#factory.createBlock([]),
    );
    this.#ts.setTextRange(value, statement);
    return this.#let(name!.text, value, statement);
  }

  #let(name: string, value?: ts.Expression, original?: ts.Node): ts.Statement {
    const named = value === undefined ? undefined : this.#named(name, value);
    const declaration = this.#factory.createVariableDeclaration(scopeName(name), undefined, undefined, named);
    const list = this.#factory.createVariableDeclarationList([declaration], this.#ts.NodeFlags.Let);
    const statement = this.#factory.createVariableStatement(undefined, list);
    return original === undefined ? statement : this.#ts.setTextRange(statement, original);
  }

  #asLet(list: ts.VariableDeclarationList): ts.VariableDeclarationList {
    const declarations = list.declarations.map((declaration) => {
      const { name, initializer } = declaration;
      const value =
        initializer !== undefined && this.#ts.isIdentifier(name)
          ? this.#named(name.text, initializer)
          : initializer;
      const renamed = this.#pattern(name);
      return this.#factory.updateVariableDeclaration(declaration, renamed, undefined, undefined, value);
    });
    const fresh = this.#factory.createVariableDeclarationList(declarations, this.#ts.NodeFlags.Let);
    return this.#ts.setTextRange(fresh, list);
  }

  /** A binding pattern, its names as they are called in the scope. */
  #pattern(pattern: ts.BindingName): ts.BindingName {
    const ts = this.#ts;
    if (ts.isIdentifier(pattern)) return this.#identifier(pattern);
    const element = (child: ts.BindingElement) => {
      const { dotDotDotToken, propertyName, name, initializer } = child;
      const renamed = this.#pattern(name);
      const key = propertyName ?? (dotDotDotToken === undefined && ts.isIdentifier(name) ? name : undefined);
      const property = renamed === name || ts.isArrayBindingPattern(pattern) ? propertyName : key;
      return this.#factory.updateBindingElement(child, dotDotDotToken, property, renamed, initializer);
    };
    if (ts.isObjectBindingPattern(pattern)) {
      return this.#factory.updateObjectBindingPattern(pattern, pattern.elements.map(element));
    }
    const elements = pattern.elements.map((child) => (ts.isBindingElement(child) ? element(child) : child));
    return this.#factory.updateArrayBindingPattern(pattern, elements);
  }

  /** Turns `var` declarations inside a statement, functions excepted, into assignments. */
  #withoutVariables(statement: ts.Statement): ts.Statement {
    const ts = this.#ts;
    const visit: ts.Visitor = (node) => {
      if (ts.isFunctionLike(node) || ts.isClassLike(node)) return node;
      if (ts.isVariableStatement(node) && this.#isVar(node.declarationList)) {
        const assignment = this.#assignments(node.declarationList);
        return assignment === undefined
          ? this.#factory.createEmptyStatement()
          : ts.setTextRange(this.#factory.createExpressionStatement(assignment), node);
      }
      if (ts.isVariableDeclarationList(node) && this.#isVar(node)) {
        // The head of a loop: `for (var i = 0, ...)` has initializers, `for (var x of ...)` a bare target.
        const target = node.declarations[0]!;
        return this.#assignments(node) ?? this.#target(target.name);
      }
      return ts.visitEachChild(node, visit, this.#context);
    };
    return ts.visitNode(statement, visit) as ts.Statement;
  }

  #isVar(list: ts.VariableDeclarationList): boolean {
    return (list.flags & this.#ts.NodeFlags.BlockScoped) === 0;
  }

  #assignments(list: ts.VariableDeclarationList): ts.Expression | undefined {
    const assignments = list.declarations.flatMap((declaration) => {
      if (declaration.initializer === undefined) return [];
      const { name, initializer } = declaration;
      const named = this.#ts.isIdentifier(name) ? this.#named(name.text, initializer) : initializer;
      const value = this.#factory.createAssignment(this.#target(name), named);
      return [this.#ts.setTextRange(value, declaration)];
    });
    return assignments.reduce<ts.Expression | undefined>(
      (left, right) => (left === undefined ? right : this.#factory.createComma(left, right)),
      undefined,
    );
  }

  /** A binding pattern as the assignment target that means the same. */
  #target(name: ts.BindingName): ts.Expression {
    const ts = this.#ts;
    const factory = this.#factory;
    if (ts.isIdentifier(name)) return this.#identifier(name);
    const withDefault = (element: ts.BindingElement): ts.Expression => {
      const target = this.#target(element.name);
      return element.initializer === undefined
        ? target
        : factory.createAssignment(target, element.initializer);
    };
    if (ts.isArrayBindingPattern(name)) {
      return factory.createArrayLiteralExpression(
        name.elements.map((element) => {
          if (ts.isOmittedExpression(element)) return element;
          return element.dotDotDotToken === undefined
            ? withDefault(element)
            : factory.createSpreadElement(this.#target(element.name));
        }),
      );
    }
    return factory.createObjectLiteralExpression(
      name.elements.map((element) => {
        if (element.dotDotDotToken !== undefined)
          return factory.createSpreadAssignment(this.#target(element.name));
        const key = element.propertyName ?? (element.name as ts.Identifier);
        return factory.createPropertyAssignment(key, withDefault(element));
      }),
    );
  }
}

/** Whether TypeScript made this `var` for an enum or a namespace. */
function isOfTypeScript(typescript: TypeScript, statement: ts.Statement): boolean {
  const original = typescript.getOriginalNode(statement);
  return typescript.isEnumDeclaration(original) || typescript.isModuleDeclaration(original);
}
