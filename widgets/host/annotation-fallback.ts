import type { JsonObject } from "../../kernel/index.js";
import type { ClassificationDataset } from "../../src/index.js";
import { display } from "../../src/display.js";
import { contactSheet } from "../../src/images/index.js";
import type { ThumbnailMaker } from "./thumbnails.js";

const columns = 6;
const rows = 2;
const size = 144;

/**
 * What stands for the annotation of a dataset on pages without a kernel: a picture of its first images with their labels,
 * and the counts, as they are now.
 */
export async function annotationFallback(
  dataset: ClassificationDataset,
  thumbnails: ThumbnailMaker,
): Promise<JsonObject> {
  const first = dataset.entries.slice(0, columns * rows);
  const bytes = await thumbnails.make(
    first.map(({ id }) => id),
    size,
  );
  const pictures = first.map(({ id }, i) => {
    const { labels, excluded, problem } = dataset.entry(id)!;
    const state = excluded ? " (excluded)" : problem === undefined ? "" : " (problem)";
    return { bytes: bytes[i]!, caption: `${labels.join(", ")}${state}`, pale: state !== "" };
  });
  const description = dataset.describe()[display]();
  const shown =
    dataset.entries.length > first.length ? `The first ${first.length} of its images` : "Its images";
  const png = (await contactSheet(pictures, { columns, size })).toString("base64");
  const names = pictures.map(({ caption }) => caption).join("; ");
  return {
    "text/plain": String(description["text/plain"]),
    "text/html":
      `<div>${String(description["text/html"])}<p>${shown}, as last saved; run the cell to go on labelling.</p>` +
      `<img alt="${escapeHtml(names)}" src="data:image/png;base64,${png}"/></div>`,
    "image/png": png,
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
