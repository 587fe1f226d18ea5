/** What every cell finds without importing it, declared for the language service. */
export const GLOBAL_DECLARATIONS = `
declare global {
  /** Shows a value below the cell, in the richest format that it has. Resolves when it is shown. */
  function display(value: unknown, options?: import("sightbook/kernel").DisplayOptions): Promise<void>;
  /** Removes what the cell has shown so far; with \`wait\`, only when the next output comes. */
  function clearOutput(options?: { readonly wait?: boolean }): void;
  /** Asks the user for a line of text and waits for it. */
  function prompt(text?: string, options?: { readonly password?: boolean }): string;
  /** The kernel: its comms, its settings, the running cell's interrupt signal. */
  const jupyter: import("sightbook/kernel").Jupyter;
}
export {};
`;
