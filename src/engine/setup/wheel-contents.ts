import { runCommand } from "../../commands.js";
import type { SetupContext } from "./context.js";

/** Python has a zip reader that streams; the libraries are larger than what should go through memory. */
const script = `
import sys, zipfile
wheel, target, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if any(
        name == prefix or (prefix.endswith("/") and name.startswith(prefix)) for prefix in wanted)]
    missing = [prefix for prefix in wanted if not any(name.startswith(prefix) for name in names)]
    if missing:
        sys.exit("not in the wheel: " + ", ".join(missing))
    archive.extractall(target, names)
`;

/**
 * Extracts parts of a wheel.
 *
 * @param wanted - Paths inside the wheel; one that ends in `/` takes everything below it.
 */
export async function extractFromWheel(
  wheel: string,
  folder: string,
  wanted: readonly string[],
  context: SetupContext,
): Promise<void> {
  await runCommand("Extracting the wheel", context.python, ["-c", script, wheel, folder, ...wanted], {
    ...context.command,
    mend: context.mend,
  });
}
