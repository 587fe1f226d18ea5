import type { MimeBundle } from "../display.js";

/** Rows of facts as a notebook shows them, and as text. */
export function factsTable(title: string, facts: Readonly<Record<string, string>>): MimeBundle {
  const rows = Object.entries(facts).map(
    ([name, value]) =>
      `<tr><th style="text-align: left">${escaped(name)}</th><td style="text-align: left">${escaped(value)}</td></tr>`,
  );
  const width = Math.max(...Object.keys(facts).map(({ length }) => length));
  const lines = Object.entries(facts).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return {
    "text/html": `<table><caption style="text-align: left">${escaped(title)}</caption>${rows.join("")}</table>`,
    "text/plain": [title, ...lines].join("\n"),
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
