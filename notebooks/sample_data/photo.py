"""From the renderer's radiance to a file as a phone's camera makes it."""

import io

import cv2
import numpy as np
from PIL import Image


def develop(radiance, rng, iso, cast):
    """Radiance [height, width, 3], linear, to an sRGB picture uint8: exposure, white balance, lens, noise, tone curve.

    `iso` in [0, 1] sets how much the sensor's noise shows: 0 in sunlight, 1 by lamplight.
    `cast` is the colour of the light, which white balance takes out in part.
    """
    height, width, _ = radiance.shape
    image = np.nan_to_num(radiance.astype(np.float32), nan=0.0, posinf=50.0)
    luminance = image @ np.float32([0.2126, 0.7152, 0.0722])
    # The camera makes the middle of its tones grey, errs a little, and leaves part of a colour cast.
    key = np.exp(np.mean(np.log(luminance + 1e-3)))
    image *= 0.31 * 2 ** np.clip(rng.normal(0, 0.3), -0.6, 0.6) / key
    highlights = np.percentile(image @ np.float32([0.2126, 0.7152, 0.0722]), 98)
    image *= min(1.0, 1.6 / highlights)
    grey = image.reshape(-1, 3).mean(axis=0)
    gains = (grey.mean() / grey) ** rng.uniform(0.05, 0.3) / np.asarray(cast) ** rng.uniform(0.55, 0.9)
    image *= gains * np.exp(rng.normal(0, [0.04, 0.01, 0.05]))

    glare = cv2.GaussianBlur(np.minimum(image, 6.0), (0, 0), width / 45)
    image = image * 0.97 + glare * rng.uniform(0.02, 0.06)
    image = np.minimum(image, 8.0)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    image *= (1 - rng.uniform(0.06, 0.28) * ((x * x + y * y) / 2) ** 1.4)[..., None]
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.35, 0.8))
    if rng.uniform() < 0.15:  # a shaking hand
        size = int(rng.integers(3, 7))
        kernel = np.zeros((size, size), np.float32)
        cv2.line(
            kernel, (0, int(rng.integers(size))), (size - 1, int(rng.integers(size))), 1.0, 1, cv2.LINE_AA
        )
        image = cv2.filter2D(image, -1, kernel / kernel.sum())

    sigma = 0.004 + 0.022 * iso
    grain = rng.standard_normal(image.shape).astype(np.float32)
    colour_grain = cv2.GaussianBlur(rng.standard_normal(image.shape).astype(np.float32), (0, 0), 2.2) * 4
    image += (
        sigma
        * np.sqrt(np.maximum(image, 0) + 0.02)
        * (grain.mean(axis=2, keepdims=True) * 1.3 + 0.25 * grain + 0.3 * colour_grain)
    )

    image = np.maximum(image, 0)
    image = image * (1 + image / 6.0) / (1 + image * 0.85)  # a shoulder for the highlights
    image = np.where(image <= 0.0031308, image * 12.92, 1.055 * np.maximum(image, 1e-9) ** (1 / 2.4) - 0.055)
    image = np.clip(image, 0, 1)
    image += rng.uniform(0.1, 0.35) * image * (1 - image) * (2 * image - 1)  # contrast
    grey = image.mean(axis=2, keepdims=True)
    image = grey + (image - grey) * rng.uniform(0.85, 1.1)
    image += rng.uniform(0.2, 0.6) * (image - cv2.GaussianBlur(image, (0, 0), 1.1))  # sharpening
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


# EXIF orientation: how a viewer turns the stored picture to show it.
STORED_TURNS = {1: 0, 3: 2, 6: 1, 8: 3}


def jpeg(image, quality, orientation=1, subsampling=2):
    """The picture as a JPEG file; with an `orientation` other than 1 it is stored turned and tagged, as phones do."""
    stored = np.rot90(image, STORED_TURNS[orientation])
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(stored)).save(
        out,
        "JPEG",
        quality=quality,
        subsampling=subsampling,
        optimize=True,
        exif=exif.tobytes() if orientation != 1 else b"",
    )
    return out.getvalue()
