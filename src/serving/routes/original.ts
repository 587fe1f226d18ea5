import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { finiteLogits, serverTiming, softmax, timesOf } from "../answers.js";
import { ScoringError } from "../errors.js";
import { errorOf, imageFromBase64 } from "../request-inputs.js";
import { commonErrors, originalAnswer, originalBody, type OriginalItem } from "../schemas.js";
import { scoreRequest, type ServingContext } from "../scoring.js";

interface ServiceRoute {
  readonly Body: readonly OriginalItem[];
  readonly Params: { readonly name?: string };
}

/**
 * The contract of the package that Sightbook succeeds, at both of its paths: an array of images in, an array of JSON
 * texts out, each an array of scores in the order of the labels. Softmax on request. An image that cannot be read fails
 * the request, since the contract has no place for it.
 */
export function originalRoutes(app: FastifyInstance, context: ServingContext): void {
  const { settings } = context;
  const schema = {
    tags: ["original"],
    summary: "Score images in the contract of the Azure ML Package for Computer Vision",
    body: originalBody(settings.maxImages),
    response: { 200: originalAnswer, ...commonErrors },
  };

  const score = async (request: FastifyRequest<ServiceRoute>, reply: FastifyReply): Promise<string[]> => {
    const { name = settings.name } = request.params;
    if (name !== settings.name) {
      throw new ScoringError(404, "not_found", `The service here is ${settings.name}.`);
    }
    const inputs = request.body.map((item, index) => ({
      image: imageFromBase64(item.image_in_base64, `[${index}].image_in_base64`, settings),
    }));
    const { images, totalMs } = await scoreRequest(context, inputs, reply);
    const scored = images.map((image, index) => {
      if (image instanceof ScoringError) throw errorOf(`[${index}]`, image);
      return image;
    });
    void reply.header("server-timing", serverTiming(scored.map(timesOf), totalMs));
    return scored.map(({ logits }, index) =>
      JSON.stringify(wantsSoftmax(request.body[index]!) ? softmax(logits) : finiteLogits(logits)),
    );
  };

  app.post<ServiceRoute>("/score", { schema }, score);
  app.post<ServiceRoute>("/api/v1/service/:name/score", { schema }, score);
}

/** The parameter as the original's constant, as Python's and as JavaScript's habit spell it. */
const softmaxParameters = ["ADD_SOFTMAX", "add_softmax", "addSoftmax"] as const;

function wantsSoftmax({ parameters = {} }: OriginalItem): boolean {
  return softmaxParameters.some((name) => parameters[name] === true || parameters[name] === "True");
}
