import type { Random } from "../random.js";
import { centreRectangle } from "./decode.js";
import type { Preprocessing, TrainingTransforms } from "./preprocessing.js";
import { resizeImage, type Workspace } from "./resample.js";
import { copyRectangle, mirrorRows, type Rectangle, type RgbImage } from "./rgb-image.js";

/**
 * From the resized image to the network's input: the random crop and flip of training, or the centre crop.
 *
 * @param target - Where the pixels go, `[height, width, 3]` of `imageSize`.
 * It does not wait anywhere: `workspace` may be shared by all images of a loader.
 *
 * @param random - Used only with `training`; the same state gives the same pixels.
 */
export function cropInto(
  target: Uint8Array,
  image: RgbImage,
  { imageSize: [height, width], interpolation = "bilinear" }: Preprocessing,
  training: TrainingTransforms | undefined,
  random: Random,
  workspace: Workspace,
): void {
  if (training === undefined) {
    copyRectangle(image, centreRectangle(image, width, height), { target });
    return;
  }
  const flip = random.uniform() < (training.flip ?? 0);
  if (training.randomResizedCrop !== undefined) {
    const rectangle = resizedCropRectangle(image, training.randomResizedCrop, random);
    const piece = workspace.take(1, rectangle.width * rectangle.height * 3);
    copyRectangle(image, rectangle, { target: piece });
    const cut = { width: rectangle.width, height: rectangle.height, data: piece };
    resizeImage(cut, width, height, { interpolation, target, workspace });
    if (flip) mirrorRows(target, width, height);
    return;
  }
  const rectangle = training.randomCrop
    ? {
        left: random.integer(image.width - width + 1),
        top: random.integer(image.height - height + 1),
        width,
        height,
      }
    : centreRectangle(image, width, height);
  copyRectangle(image, rectangle, { flip, target });
}

/**
 * A rectangle whose area is a share of the image's drawn uniformly from `scale` and whose ratio width / height is
 * drawn log-uniformly from `ratio`; after ten draws that do not fit, the largest centred rectangle within `ratio`.
 *
 * @see torchvision, `RandomResizedCrop.get_params`; Szegedy et al., Going Deeper with Convolutions (2015), section 6.
 */
export function resizedCropRectangle(
  image: { readonly width: number; readonly height: number },
  { scale, ratio }: NonNullable<TrainingTransforms["randomResizedCrop"]>,
  random: Random,
): Rectangle {
  const { width: imageWidth, height: imageHeight } = image;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = imageWidth * imageHeight * random.uniform(...scale);
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const width = Math.round(Math.sqrt(area * aspect));
    const height = Math.round(Math.sqrt(area / aspect));
    if (width >= 1 && width <= imageWidth && height >= 1 && height <= imageHeight) {
      const top = random.integer(imageHeight - height + 1);
      const left = random.integer(imageWidth - width + 1);
      return { left, top, width, height };
    }
  }
  const aspect = Math.min(Math.max(imageWidth / imageHeight, ratio[0]), ratio[1]);
  const width = Math.max(1, Math.min(imageWidth, Math.round(imageHeight * aspect)));
  const height = Math.max(1, Math.min(imageHeight, Math.round(imageWidth / aspect)));
  return {
    left: Math.floor((imageWidth - width) / 2),
    top: Math.floor((imageHeight - height) / 2),
    width,
    height,
  };
}
