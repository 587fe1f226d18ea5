/** JSON schemas of the Open Inference Protocol, version 2, as far as this server speaks it. */
import { outputNames } from "./open-inference-tensors.js";

const text = { type: "string" } as const;
const shape = { type: "array", items: { type: "integer" } } as const;

export const inferError = {
  type: "object",
  required: ["error"],
  properties: { error: { type: "string", description: "One sentence." } },
} as const;

export const serverMetadata = {
  type: "object",
  required: ["name", "version", "extensions"],
  properties: { name: text, version: text, extensions: { type: "array", items: text } },
} as const;

export function statusAnswer(name: "live" | "ready") {
  return { type: "object", required: [name], properties: { [name]: { type: "boolean" } } } as const;
}

const tensorMetadata = {
  type: "object",
  required: ["name", "datatype", "shape"],
  properties: { name: text, datatype: text, shape },
} as const;

export const modelMetadata = {
  type: "object",
  required: ["name", "platform", "inputs", "outputs"],
  properties: {
    name: text,
    versions: { type: "array", items: text },
    platform: text,
    inputs: { type: "array", items: tensorMetadata },
    outputs: { type: "array", items: tensorMetadata },
    parameters: {
      type: "object",
      properties: { labels: { type: "array", items: text, description: "In the order of the scores." } },
    },
  },
} as const;

const parameters = {
  type: "object",
  maxProperties: 16,
  additionalProperties: { type: ["string", "number", "boolean", "null"] },
} as const;

export function inferBody(maxImages: number) {
  return {
    type: "object",
    required: ["inputs"],
    additionalProperties: false,
    properties: {
      id: { type: "string", maxLength: 200 },
      parameters,
      inputs: {
        type: "array",
        minItems: 1,
        maxItems: 1,
        items: {
          type: "object",
          required: ["name", "datatype", "shape", "data"],
          additionalProperties: false,
          properties: {
            name: { type: "string", enum: ["images", "image_files"] },
            datatype: { type: "string", enum: ["UINT8", "FP32", "BYTES"] },
            shape: { type: "array", minItems: 1, maxItems: 4, items: { type: "integer", minimum: 1 } },
            parameters,
            data: {
              type: "array",
              description: `For at most ${maxImages} images: numbers from 0 to 255, flat or nested by rows, or base64 texts.`,
            },
          },
        },
      },
      outputs: {
        type: "array",
        minItems: 1,
        maxItems: outputNames.length,
        items: {
          type: "object",
          required: ["name"],
          additionalProperties: false,
          properties: { name: { type: "string", enum: outputNames }, parameters },
        },
      },
    },
  } as const;
}

export const inferAnswer = {
  type: "object",
  required: ["model_name", "outputs"],
  properties: {
    model_name: text,
    model_version: text,
    id: text,
    outputs: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "datatype", "shape", "data"],
        properties: {
          name: text,
          datatype: text,
          shape,
          data: { type: "array", items: { anyOf: [{ type: "number" }, { type: "string" }] } },
        },
      },
    },
  },
} as const;
