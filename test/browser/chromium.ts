import { existsSync } from "node:fs";
import process from "node:process";

import { chromium, type Browser } from "playwright-core";

const systemPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const quiet = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Letters as they are drawn on every machine, whatever its settings for fonts.
  "--font-render-hinting=none",
  "--disable-lcd-text",
];

/** How long a page may take for one thing: a bound against hanging, far above what the slowest machine needs. */
export const patienceMs = 180_000;

/**
 * The browser for tests: the system's Chromium or Chrome, else the one that npm's `@sparticuz/chromium` carries.
 * `SIGHTBOOK_CHROMIUM` names another, or asks for npm's with the word `npm`.
 */
export async function launchChromium(): Promise<Browser> {
  const wanted = process.env["SIGHTBOOK_CHROMIUM"];
  const path = wanted === "npm" ? undefined : [wanted, ...systemPaths].find((p) => p && existsSync(p));
  // A browser started by root, as in containers, has no sandbox to give up.
  const args = process.getuid?.() === 0 ? ["--no-sandbox", ...quiet] : quiet;
  if (path) return chromium.launch({ executablePath: path, args });
  // The package brings the system libraries that Chromium needs too, but unpacks them only where it believes itself on
  // a bare cloud machine; it looks at this when it is imported.
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs20.x";
  const { default: carried } = await import("@sparticuz/chromium");
  return chromium.launch({
    executablePath: await carried.executablePath(),
    // In a single process the first page that closes would take the others along.
    args: [...carried.args.filter((flag) => flag !== "--single-process"), ...quiet],
  });
}
