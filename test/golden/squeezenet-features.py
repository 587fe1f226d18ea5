"""Features of squeezenet1.1.onnx for two generated images, by Python's onnxruntime, into squeezenet-features.json.

Usage: python squeezenet-features.py <squeezenet1.1.onnx>
Needs onnxruntime and numpy. Tolerance of the test: 1e-4 of the largest feature.
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

size, height, width = 2, 96, 128
count = size * height * width * 3
pixels = (np.arange(count, dtype=np.int64) * 7919 // 64 % 256).reshape(size, height, width, 3)
mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
images = ((pixels / 255 - mean) / std).transpose(0, 3, 1, 2).astype(np.float32)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(features,) = session.run(["features"], {"data": images})
golden = {"size": size, "height": height, "width": width, "features": [[float(f"{x:.7g}") for x in row] for row in features]}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
