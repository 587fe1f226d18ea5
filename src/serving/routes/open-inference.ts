import type { FastifyInstance, FastifyReply } from "fastify";

import { predictionOf, serverTiming, softmax, timesOf, finiteLogits } from "../answers.js";
import { answerErrors } from "../error-answers.js";
import { ScoringError } from "../errors.js";
import type { ActiveModel } from "../model-host.js";
import { inferInputs, outputNames, type InferBody, type OutputName } from "../open-inference-tensors.js";
import { errorOf } from "../request-inputs.js";
import {
  inferAnswer,
  inferBody,
  inferError,
  modelMetadata,
  serverMetadata,
  statusAnswer,
} from "../open-inference-schemas.js";
import { scoreRequest, type ServingContext } from "../scoring.js";
import { sightbookVersion } from "../../version.js";
import type { PooledScores } from "../scoring-job.js";
import { isReady } from "./health.js";

interface ModelRoute {
  readonly Params: { readonly model: string; readonly version?: string };
}

const errors = { "4xx": inferError, "5xx": inferError } as const;

/**
 * The Open Inference Protocol, version 2, over HTTP and JSON, as KServe, Triton and others speak it.
 *
 * One input of two: `images`, UINT8 or FP32 `[n, height, width, 3]`, pixels of the network's size, or `image_files`,
 * BYTES `[n]`, image files as base64. Outputs: `probabilities` and `logits` FP32 `[n, labels]`, `label` and `decision`
 * BYTES `[n]`.
 *
 * @see https://github.com/kserve/open-inference-protocol
 */
export function openInferenceRoutes(app: FastifyInstance, context: ServingContext): void {
  const { settings, host } = context;
  const tags = ["open inference protocol"];
  const open = { isOpen: true };
  answerErrors(app, context.log, ({ message }) => ({ error: message }));

  const activeModel = ({ model, version }: ModelRoute["Params"]): ActiveModel => {
    const { active } = host;
    if (model !== settings.name)
      throw new ScoringError(404, "not_found", `The model here is ${settings.name}.`);
    if (version !== undefined && version !== active.version) {
      throw new ScoringError(404, "not_found", `The version here is ${active.version}.`);
    }
    return active;
  };

  app.get(
    "/v2",
    { schema: { tags, summary: "What this server is", response: { 200: serverMetadata, ...errors } } },
    () => ({ name: "sightbook", version: sightbookVersion(), extensions: [] }),
  );
  app.get(
    "/v2/health/live",
    { config: open, schema: { tags, summary: "Whether it serves", response: { 200: statusAnswer("live") } } },
    () => ({ live: true }),
  );
  const ready = statusAnswer("ready");
  app.get(
    "/v2/health/ready",
    {
      config: open,
      schema: { tags, summary: "Whether it can score", response: { 200: ready, 503: ready } },
    },
    (_request, reply) => {
      const isNow = isReady(context);
      return reply.code(isNow ? 200 : 503).send({ ready: isNow });
    },
  );

  for (const model of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    app.get<ModelRoute>(
      model,
      { schema: { tags, summary: "Inputs and outputs", response: { 200: modelMetadata, ...errors } } },
      ({ params }) => metadataOf(settings.name, activeModel(params)),
    );
    app.get<ModelRoute>(
      `${model}/ready`,
      {
        schema: {
          tags,
          summary: "Whether the model can score",
          response: { 200: ready, 503: ready, "4xx": inferError },
        },
      },
      ({ params }, reply) => {
        activeModel(params);
        const isNow = isReady(context);
        return reply.code(isNow ? 200 : 503).send({ ready: isNow });
      },
    );
    app.post<ModelRoute & { Body: InferBody }>(
      `${model}/infer`,
      {
        schema: {
          tags,
          summary: "Score images",
          body: inferBody(settings.maxImages),
          response: { 200: inferAnswer, ...errors },
        },
        config: { maxValues: () => maxPixelValues(host.active, settings.maxImages) },
      },
      ({ params, body }, reply) => infer(context, activeModel(params), body, reply),
    );
  }
}

/** Values of the largest JSON body of pixels, with some for what is around them. */
function maxPixelValues({ manifest }: ActiveModel, maxImages: number): number {
  const [height, width] = manifest.preprocessing.imageSize;
  return maxImages * (height * width * 3 + width + height) + 256;
}

async function infer(
  context: ServingContext,
  active: ActiveModel,
  body: InferBody,
  reply: FastifyReply,
): Promise<object> {
  const inputs = inferInputs(body, active.manifest.preprocessing.imageSize, context.settings);
  const { model, images, totalMs } = await scoreRequest(context, inputs, reply);
  const scored = images.map((image, index) => {
    if (image instanceof ScoringError) throw errorOf(`image ${index}`, image);
    return image;
  });
  void reply.header("server-timing", serverTiming(scored.map(timesOf), totalMs));
  const wanted = body.outputs?.map(({ name }) => name) ?? outputNames;
  return {
    model_name: context.settings.name,
    model_version: model.version,
    ...(body.id !== undefined && { id: body.id }),
    outputs: wanted.map((name) => outputOf(name, scored, model)),
  };
}

function outputOf(name: OutputName, scored: readonly PooledScores[], { manifest }: ActiveModel): object {
  const { labels, thresholds } = manifest;
  const count = scored.length;
  switch (name) {
    case "probabilities":
    case "logits": {
      const row = name === "logits" ? finiteLogits : softmax;
      return {
        name,
        datatype: "FP32",
        shape: [count, labels.length],
        data: scored.flatMap(({ logits }) => row(logits)),
      };
    }
    case "label":
    case "decision":
      return {
        name,
        datatype: "BYTES",
        shape: [count],
        data: scored.map((scores) => predictionOf(scores, labels, thresholds)[name]),
      };
  }
}

function metadataOf(name: string, { version, manifest }: ActiveModel): object {
  const { labels, preprocessing } = manifest;
  const scores = { datatype: "FP32", shape: [-1, labels.length] };
  const texts = { datatype: "BYTES", shape: [-1] };
  return {
    name,
    versions: [version],
    platform: "onnx_onnxruntime",
    inputs: [
      { name: "images", datatype: "UINT8", shape: [-1, ...preprocessing.imageSize, 3] },
      { name: "image_files", ...texts },
    ],
    outputs: [
      { name: "probabilities", ...scores },
      { name: "logits", ...scores },
      { name: "label", ...texts },
      { name: "decision", ...texts },
    ],
    parameters: { labels },
  };
}
