import process from "node:process";

/**
 * What a notebook kernel offers to show long work better than lines of text do: a function that opens it; `undefined` outside
 * notebooks. The library knows nothing of widgets; the kernel brings the two together.
 *
 * One that cannot open is no reason not to work: the function says so on standard output and resolves to `undefined`.
 *
 * @param place - Name of the global symbol under which the kernel offers it.
 */
export function notebookMonitor<Reporter>(place: string): (() => Promise<Reporter | undefined>) | undefined {
  const open = Reflect.get(globalThis, Symbol.for(place)) as (() => Promise<Reporter>) | undefined;
  if (open === undefined) return undefined;
  return async () => {
    try {
      return await open();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stdout.write(`The progress could not be shown as a widget: ${reason}\n`);
      return undefined;
    }
  };
}
