import { readFile } from "node:fs/promises";

import type { ClassificationDataset } from "../../src/index.js";
import { decodeImage, encodeImage, ImageError } from "../../src/images/index.js";
import type { PictureFacts, PictureQuestion } from "../state/index.js";
import type { AnswerContent } from "./answers.js";

/** Formats that browsers show; the file is sent as it is. */
const shownByBrowsers: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif", "avif"]);

/**
 * One image of a dataset at full size, and what is known of it. Damage that shows while it is read joins the dataset's
 * problems.
 */
export async function answerPicture(
  dataset: ClassificationDataset,
  { id }: PictureQuestion,
): Promise<AnswerContent & { readonly content: PictureFacts }> {
  const entry = dataset.entry(id);
  if (entry === undefined) throw new Error(`No image of this dataset is named ${id}.`);
  let bytes: Uint8Array = new Uint8Array();
  try {
    bytes = await readPicture(entry.path, entry.image?.format);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    dataset.addProblem(error.toProblem());
  }
  const { path, problem, image } = dataset.entry(id)!;
  return {
    content: {
      path,
      problem: problem?.message ?? "",
      ...(image && {
        width: image.width,
        height: image.height,
        format: image.format,
        fileSize: image.fileSize,
      }),
    },
    buffers: [bytes],
  };
}

async function readPicture(path: string, format: string | undefined): Promise<Uint8Array> {
  if (format !== undefined && shownByBrowsers.has(format)) {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) return bytes;
  }
  return encodeImage(await decodeImage(path), { format: "png" });
}
