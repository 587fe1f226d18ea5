/** A notebook file of our kernel with these cells. */
export function notebookOf(sources: readonly string[]): string {
  return JSON.stringify({
    cells: sources.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    })),
    metadata: {
      kernelspec: { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });
}
