import { encodeImage } from "../images/index.js";
import { Random } from "../random.js";

const width = 640;
const height = 480;

/** A picture about as large and as hard to decode as a photo for the web, always the same. */
export async function samplePicture(): Promise<Uint8Array> {
  const random = new Random(1);
  const data = new Uint8Array(height * width * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grain = random.integer(24);
      const wave = 90 + 60 * Math.sin(x / 40) * Math.cos(y / 55);
      data[at++] = wave + grain;
      data[at++] = (150 * x) / width + grain;
      data[at++] = (150 * y) / height + grain;
    }
  }
  return encodeImage({ width, height, data }, { format: "jpeg" });
}
