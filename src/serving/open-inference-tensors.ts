import { ScoringError } from "./errors.js";
import type { ScoreInput } from "./inference-messages.js";
import type { ServingSettings } from "./options.js";
import { imageFromBase64 } from "./request-inputs.js";

export const outputNames = ["probabilities", "logits", "label", "decision"] as const;
export type OutputName = (typeof outputNames)[number];

/** A tensor as the protocol writes it; `data` may be nested by rows. */
export interface InferInput {
  readonly name: "images" | "image_files";
  readonly datatype: "UINT8" | "FP32" | "BYTES";
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

export interface InferBody {
  readonly id?: string;
  readonly inputs: readonly InferInput[];
  readonly outputs?: readonly { readonly name: OutputName }[];
}

/**
 * The images of a request.
 *
 * @throws {@link ScoringError} when shape, type and data do not fit each other or the network.
 */
export function inferInputs(
  { inputs: [input] }: InferBody,
  imageSize: readonly [height: number, width: number],
  settings: ServingSettings,
): ScoreInput[] {
  const { name, datatype, shape, data } = input!;
  const [count = 0, ...rest] = shape;
  if (count < 1 || count > settings.maxImages) {
    throw wrong(`shape[0] of "${name}" must be a number of images from 1 to ${settings.maxImages}`, count);
  }
  if (name === "image_files") {
    if (datatype !== "BYTES" || rest.length > 0 || data.length !== count) {
      throw wrong(
        '"image_files" must be BYTES of shape [n] with n texts',
        `${datatype} [${shape.join(", ")}]`,
      );
    }
    return data.map((text, index) => {
      if (typeof text !== "string") throw wrong(`data[${index}] must be a text`, typeof text);
      return { image: imageFromBase64(text, `data[${index}]`, settings) };
    });
  }
  const [height, width] = imageSize;
  if (datatype === "BYTES" || rest.length !== 3 || rest[0] !== height || rest[1] !== width || rest[2] !== 3) {
    throw wrong(
      `"images" must be UINT8 or FP32 of shape [n, ${height}, ${width}, 3]`,
      `${datatype} [${shape.join(", ")}]`,
    );
  }
  const imageLength = height * width * 3;
  const values = data.flat(3);
  if (values.length !== count * imageLength) {
    throw wrong(`data must hold ${count * imageLength} numbers`, values.length);
  }
  const bad = values.findIndex((value) => !isPixel(value, datatype));
  if (bad !== -1) throw wrong(`data[${bad}] must be ${datatype}, 0 to 255`, JSON.stringify(values[bad]));
  const numbers = values as number[];
  const pixels = datatype === "UINT8" ? Uint8Array.from(numbers) : Float32Array.from(numbers);
  return Array.from({ length: count }, (_, index) => ({
    pixels: pixels.slice(index * imageLength, (index + 1) * imageLength),
  }));
}

function isPixel(value: unknown, datatype: "UINT8" | "FP32"): boolean {
  if (typeof value !== "number" || !(value >= 0 && value <= 255)) return false;
  return datatype === "FP32" || Number.isInteger(value);
}

function wrong(must: string, got: string | number): ScoringError {
  return new ScoringError(400, "bad_request", `${must}, got ${String(got).slice(0, 80)}.`);
}
