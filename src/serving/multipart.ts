import type { FastifyRequest } from "fastify";

import { ScoringError } from "./errors.js";
import type { ServingSettings } from "./options.js";
import { checkedImage } from "./request-inputs.js";

/**
 * Reads the files of a multipart form, whatever their fields are called; fields that are no files are refused.
 *
 * @throws {@link ScoringError} (400 or 413) that says what is wrong.
 */
export async function multipartImages(
  request: FormRequest,
  settings: ServingSettings,
): Promise<Uint8Array[]> {
  try {
    return await readFiles(request, settings);
  } catch (error) {
    // Limits have a status; what the parser of the form itself says has none.
    if (error instanceof Error && "statusCode" in error) throw error;
    if (error instanceof ScoringError) throw error;
    throw new ScoringError(400, "bad_request", "The body must be a whole multipart form.");
  }
}

type FormRequest = Pick<FastifyRequest, "parts">;

async function readFiles(request: FormRequest, settings: ServingSettings): Promise<Uint8Array[]> {
  const { maxImages, maxImageBytes, bodyLimit } = settings;
  const images: Uint8Array[] = [];
  let total = 0;
  const parts = request.parts({
    limits: { files: maxImages, parts: maxImages, fields: 0, fileSize: maxImageBytes, headerPairs: 16 },
  });
  for await (const part of parts) {
    if (part.type !== "file") throw new ScoringError(400, "bad_request", "Every part must be an image file.");
    const image = checkedImage(await part.toBuffer(), `file ${images.length}`, settings);
    total += image.length;
    if (total > bodyLimit) {
      throw new ScoringError(413, "too_large", `The body must be at most ${bodyLimit} bytes long.`);
    }
    images.push(image);
  }
  if (images.length === 0) throw new ScoringError(400, "bad_request", "The form must hold an image file.");
  return images;
}
