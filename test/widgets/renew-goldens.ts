/** Takes the golden pictures of the widgets anew where they differ: `npm run goldens`. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";

import sharp from "sharp";

import { launchChromium } from "../browser/chromium.js";
import { repositoryRoot } from "../support.js";
import { lookPath, looks, openLook, photograph } from "./photograph.js";
import { comparePictures } from "./picture-difference.js";

const browser = await launchChromium();
for (const look of looks) {
  const path = lookPath(look);
  const view = await openLook(browser, look);
  const picture = await photograph(view);
  await view.page.close();
  if (existsSync(path) && (await comparePictures(readFileSync(path), picture)).text === "") continue;
  mkdirSync(dirname(path), { recursive: true });
  // A palette makes the files small; dither would make every pixel another one.
  await sharp(picture).png({ palette: true, quality: 80, dither: 0, effort: 10 }).toFile(path);
  console.log(`Renewed ${relative(repositoryRoot, path)}`);
}
await browser.close();
