import type { FastifyInstance, FastifyRequest } from "fastify";

import {
  predictionOf,
  serverTiming,
  timesOf,
  type ServedPrediction,
  type UnreadableInput,
} from "../answers.js";
import { ScoringError } from "../errors.js";
import { multipartImages } from "../multipart.js";
import type { ServingSettings } from "../options.js";
import { checkedImage, imageFromBase64 } from "../request-inputs.js";
import { commonErrors, predictAnswer, predictBodies, predictQuery, type PredictBody } from "../schemas.js";
import { scoreRequest, type ServingContext } from "../scoring.js";

/** What `POST /v1/predict` answers. */
export interface PredictAnswer {
  readonly model: { readonly name: string; readonly version: string };
  /** One for each image, in their order. */
  readonly predictions: readonly (ServedPrediction | UnreadableInput)[];
  /** From the request's first byte until its answer. */
  readonly totalMs: number;
}

interface PredictRoute {
  readonly Querystring: { readonly softmax?: "true" | "false" };
}

/**
 * `POST /v1/predict`: the bytes of one image, several as multipart files, or JSON. Of several images those that cannot be
 * read are named in their place and the others scored; when none can be read, the request fails.
 */
export function predictRoute(app: FastifyInstance, context: ServingContext): void {
  const { settings } = context;
  const schema = {
    tags: ["predict"],
    summary: "Score one image or several",
    querystring: predictQuery,
    body: predictBodies(settings.maxImages),
    response: { 200: predictAnswer, ...commonErrors },
  };
  app.post<PredictRoute>("/v1/predict", { schema }, async (request, reply): Promise<PredictAnswer> => {
    const inputs = (await imagesOf(request, settings)).map((image) => ({ image }));
    const { model, images, totalMs } = await scoreRequest(context, inputs, reply);
    const scored = images.flatMap((image) => (image instanceof ScoringError ? [] : [image]));
    if (scored.length === 0) throw images[0] as ScoringError;
    void reply.header("server-timing", serverTiming(scored.map(timesOf), totalMs));
    const { labels, thresholds } = model.manifest;
    const rawScores = request.query.softmax === "false";
    return {
      model: { name: settings.name, version: model.version },
      predictions: images.map((image) =>
        image instanceof ScoringError
          ? { error: { code: "unreadable_image", message: image.message } }
          : predictionOf(image, labels, thresholds, { rawScores }),
      ),
      totalMs,
    };
  });
}

async function imagesOf(
  request: FastifyRequest<PredictRoute>,
  settings: ServingSettings,
): Promise<Uint8Array[]> {
  if (request.isMultipart()) return multipartImages(request, settings);
  const { body } = request;
  if (Buffer.isBuffer(body)) return [checkedImage(body, "The body", settings)];
  return (body as PredictBody).images.map(({ base64 }, index) =>
    imageFromBase64(base64, `images[${index}].base64`, settings),
  );
}
