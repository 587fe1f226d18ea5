"""Pillow's resizing of a small pseudo-random image, for src/images/resample.ts.

python resize.py > resize.json
Tolerance of the test: 1 of 255 (Pillow rounds between its two passes).
"""
import json

import numpy as np
import PIL
from PIL import Image

WIDTH, HEIGHT = 9, 7
index = np.arange(WIDTH * HEIGHT * 3, dtype=np.uint64)
pixels = ((index * np.uint64(2654435761) >> np.uint64(13)) & np.uint64(255)).astype(np.uint8)
image = Image.fromarray(pixels.reshape(HEIGHT, WIDTH, 3))
kernels = dict(nearest=Image.NEAREST, bilinear=Image.BILINEAR, bicubic=Image.BICUBIC, lanczos=Image.LANCZOS)
cases = []
for name, kernel in kernels.items():
    for width, height in [(14, 11), (5, 3), (9, 12), (20, 4), (1, 1)]:
        resized = np.asarray(image.resize((width, height), kernel))
        cases.append(dict(interpolation=name, width=width, height=height, pixels=resized.ravel().tolist()))
print(json.dumps(dict(pillow=PIL.__version__, width=WIDTH, height=HEIGHT, cases=cases), separators=(",", ":")))
