/** JSON schemas of requests and answers: they check, they serialise, and `/openapi.json` is made of them. */

const scoresByLabel = {
  type: "object",
  description: "Probability of each label, or its unnormalised score where that was asked for.",
  additionalProperties: { type: "number" },
} as const;

export const errorAnswer = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", description: "Short and stable, such as unreadable_image or overloaded." },
        message: { type: "string", description: "One sentence." },
      },
    },
  },
} as const;

/** The errors that every route can answer with. */
export const commonErrors = { "4xx": errorAnswer, "5xx": errorAnswer } as const;

const timing = {
  type: "object",
  description: "Where the image's time went.",
  required: ["queueMs", "decodeMs", "inferenceMs"],
  properties: {
    queueMs: { type: "number", description: "From its arrival until a process took it." },
    decodeMs: { type: "number" },
    inferenceMs: { type: "number", description: "Of the run that it was part of." },
  },
} as const;

const prediction = {
  type: "object",
  properties: {
    label: { type: "string", description: "The label with the highest score." },
    labelIndex: { type: "integer" },
    score: { type: "number", description: "Its probability." },
    decision: { type: "string", description: "The label, or unknown when its score is below its threshold." },
    threshold: { type: "number", description: "The label's threshold, when one was saved with the model." },
    scores: scoresByLabel,
    timing,
    error: {
      ...errorAnswer.properties.error,
      description: "In place of all else: the image cannot be read.",
    },
  },
} as const;

export const predictAnswer = {
  type: "object",
  required: ["model", "predictions", "totalMs"],
  properties: {
    model: {
      type: "object",
      required: ["name", "version"],
      properties: { name: { type: "string" }, version: { type: "string" } },
    },
    predictions: { type: "array", items: prediction, description: "One for each image, in their order." },
    totalMs: { type: "number", description: "From the request's first byte until its answer." },
  },
} as const;

export const predictQuery = {
  type: "object",
  additionalProperties: false,
  properties: {
    softmax: {
      type: "string",
      enum: ["true", "false"],
      description:
        "false: `scores` are the network's own, unnormalised; `score` and `decision` stay the same.",
    },
  },
} as const;

export interface PredictBody {
  readonly images: readonly { readonly base64: string }[];
}

/** Of `POST /v1/predict`, by content type; what is not JSON is checked when it is read. */
export function predictBodies(maxImages: number) {
  const imageFile = { schema: { description: "The bytes of one image file." } };
  return {
    content: {
      "image/jpeg": imageFile,
      "image/png": imageFile,
      "image/webp": imageFile,
      "application/octet-stream": imageFile,
      "multipart/form-data": {
        schema: {
          description: `At most ${maxImages} image files, whatever their fields are called.`,
          properties: { image: { type: "array", maxItems: maxImages, items: {} } },
        },
      },
      "application/json": { schema: predictJson(maxImages) },
    },
  } as const;
}

function predictJson(maxImages: number) {
  return {
    type: "object",
    required: ["images"],
    additionalProperties: false,
    properties: {
      images: {
        type: "array",
        minItems: 1,
        maxItems: maxImages,
        items: {
          type: "object",
          required: ["base64"],
          additionalProperties: false,
          properties: {
            base64: { type: "string", description: "Standard base64 of a JPEG, PNG or WebP file." },
          },
        },
      },
    },
  } as const;
}

export interface OriginalItem {
  readonly image_in_base64: string;
  readonly parameters?: Readonly<Record<string, string | number | boolean | null>>;
}

export function originalBody(maxImages: number) {
  return {
    type: "array",
    minItems: 1,
    maxItems: maxImages,
    items: {
      type: "object",
      required: ["image_in_base64"],
      additionalProperties: false,
      properties: {
        image_in_base64: {
          type: "string",
          description: "Standard base64 of a JPEG, PNG or WebP file; Python's b'...' around it is accepted.",
        },
        parameters: {
          type: "object",
          maxProperties: 16,
          description: "add_softmax: true gives probabilities instead of raw scores; others are ignored.",
          additionalProperties: { type: ["string", "number", "boolean", "null"] },
        },
      },
    },
  } as const;
}

export const originalAnswer = {
  type: "array",
  description: "For each image a JSON text: the array of its scores in the order of the model's labels.",
  items: { type: "string" },
} as const;
