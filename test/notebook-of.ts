/** A cell of code: its source, or what it shows already. */
export type NotebookCell = string | { readonly source: string; readonly outputs: readonly object[] };

/** A notebook file of our kernel with these cells. */
export function notebookOf(cells: readonly NotebookCell[]): string {
  return JSON.stringify({
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      ...(typeof cell === "string" ? { source: cell } : cell),
    })),
    metadata: {
      kernelspec: { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });
}
