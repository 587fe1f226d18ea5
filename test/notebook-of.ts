/** A cell of code: its source, or also what it shows already, and whether those after it run when it fails. */
export type NotebookCell =
  string | { readonly source: string; readonly outputs: readonly object[]; readonly mayFail?: true };

/** A notebook file of our kernel with these cells. */
export function notebookOf(cells: readonly NotebookCell[]): string {
  return JSON.stringify({
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      ...(typeof cell === "string" ? { source: cell } : withTags(cell)),
    })),
    metadata: {
      kernelspec: { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

function withTags({ mayFail, ...cell }: Exclude<NotebookCell, string>): object {
  return { ...cell, ...(mayFail && { metadata: { tags: ["raises-exception"] } }) };
}
