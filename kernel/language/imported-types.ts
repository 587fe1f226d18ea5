import type ts from "typescript";

import type { TypeScript } from "./typescript.js";

/** The names that a file imports as values although they are types: nothing that running it could find. */
export function importedTypes(typescript: TypeScript, program: ts.Program, file: ts.SourceFile): string[] {
  const checker = program.getTypeChecker();
  const types: string[] = [];
  const look = (name: ts.Identifier) => {
    const symbol = checker.getSymbolAtLocation(name);
    if (symbol === undefined || (symbol.flags & typescript.SymbolFlags.Alias) === 0) return;
    const { flags } = checker.getAliasedSymbol(symbol);
    if ((flags & typescript.SymbolFlags.Type) !== 0 && (flags & typescript.SymbolFlags.Value) === 0) {
      types.push(name.text);
    }
  };
  for (const statement of file.statements) {
    if (!typescript.isImportDeclaration(statement)) continue;
    const clause = statement.importClause;
    if (clause?.name !== undefined) look(clause.name);
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && typescript.isNamedImports(bindings)) {
      for (const element of bindings.elements) look(element.name);
    }
  }
  return types;
}
