import type ts from "typescript";

import type { Completions, Inspection } from "./protocol.js";
import type { SessionTypes } from "./session-types.js";
import type { TypeScript } from "./typescript.js";

const LIMIT = 1000;

/** What may be typed at the cursor. */
export function complete(session: SessionTypes, code: string, cursor: number): Completions {
  return session.explore(code, (service, file) => {
    const word = /[\p{ID_Continue}$\u200c\u200d]*$/u.exec(code.slice(0, cursor))?.[0] ?? "";
    const start = cursor - word.length;
    const info = service.getCompletionsAtPosition(file, cursor, {
      includeCompletionsWithInsertText: false,
      includeCompletionsForModuleExports: false,
    });
    const matches = new Map<string, { text: string; type: string; order: string }>();
    let span = { start, end: cursor };
    for (const entry of info?.entries ?? []) {
      const { replacementSpan } = entry;
      const from = replacementSpan?.start ?? start;
      const typed = code.slice(from, cursor);
      if (!entry.name.toLowerCase().startsWith(typed.toLowerCase()) || entry.name.startsWith("__sightbook"))
        continue;
      if (replacementSpan !== undefined) span = { start: from, end: cursor };
      matches.set(entry.name, { text: entry.name, type: entry.kind, order: entry.sortText });
    }
    const exact = (text: string) => (text.startsWith(code.slice(span.start, cursor)) ? 0 : 1);
    const sorted = [...matches.values()].sort(
      (a, b) => exact(a.text) - exact(b.text) || compare(a.order, b.order) || compare(a.text, b.text),
    );
    return { ...span, matches: sorted.slice(0, LIMIT).map(({ text, type }) => ({ text, type })) };
  });
}

/** What is known about the name at the cursor, or about the call around it. */
export function inspectCode(
  typescript: TypeScript,
  session: SessionTypes,
  code: string,
  cursor: number,
): Inspection | undefined {
  return session.explore(code, (service, file) => {
    for (const position of [cursor, cursor - 1]) {
      if (position < 0) continue;
      session.readComments(service.getDefinitionAtPosition(file, position));
      const info = service.getQuickInfoAtPosition(file, position);
      if (info === undefined) continue;
      const signature = withoutAlias(typescript.displayPartsToString(info.displayParts));
      return describe(typescript, signature, info.documentation ?? [], info.tags ?? []);
    }
    const inside = service.getSignatureHelpItems(file, cursor, undefined)?.applicableSpan.start;
    if (inside !== undefined) {
      const callee = code.slice(0, inside).replace(/\s*(<[^()]*>)?\s*\($/, "");
      session.readComments(service.getDefinitionAtPosition(file, callee.length));
    }
    const help = service.getSignatureHelpItems(file, cursor, undefined);
    const item = help?.items[help.selectedItemIndex];
    if (item === undefined) return undefined;
    const parameters = item.parameters.map((parameter) =>
      typescript.displayPartsToString(parameter.displayParts),
    );
    const separator = typescript.displayPartsToString(item.separatorDisplayParts);
    const signature =
      typescript.displayPartsToString(item.prefixDisplayParts) +
      parameters.join(separator) +
      typescript.displayPartsToString(item.suffixDisplayParts);
    return describe(typescript, signature, item.documentation, item.tags);
  });
}

/** A name of another cell is an import to the language service, which is nothing its author would know. */
function withoutAlias(signature: string): string {
  if (!signature.startsWith("(alias) ")) return signature;
  const own = signature.slice("(alias) ".length).replace(/\nimport .*$/s, "");
  return /^[\w$]+[(<]/.test(own) ? `function ${own}` : own;
}

function describe(
  typescript: TypeScript,
  signature: string,
  documentation: readonly ts.SymbolDisplayPart[],
  tags: readonly ts.JSDocTagInfo[],
): Inspection {
  const text = typescript.displayPartsToString([...documentation]);
  const notes = tags.map((tag) => ({ name: tag.name, text: typescript.displayPartsToString(tag.text) }));
  const plain = [signature, text, notes.map(({ name, text }) => `@${name} ${text}`.trim()).join("\n")];
  const markdown = [
    `\`\`\`typescript\n${signature}\n\`\`\``,
    text,
    notes.map(({ name, text }) => `- *@${name}* ${text}`.trim()).join("\n"),
  ];
  const join = (parts: readonly string[]) => parts.filter((part) => part !== "").join("\n\n");
  return { plain: join(plain), markdown: join(markdown) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
