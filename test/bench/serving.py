"""The usual scoring service in Python, for the benchmark: FastAPI and onnxruntime with the ONNX file of a bundle.

uvicorn takes uvloop and httptools where they are installed (`uvicorn[standard]`); decoding and scoring run in its thread pool
and leave Python's lock meanwhile. Started as `serving.py <model.onnx> <port> <processes> <threads>`; answers `POST /v1/predict` with the bytes of an image.
"""
import contextlib
import io
import os
import sys

import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from PIL import Image, ImageOps

@contextlib.asynccontextmanager
async def lifespan(app):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["BENCH_THREADS"])
    app.state.session = onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options)
    yield


app = FastAPI(lifespan=lifespan)


def score(body):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB")
    scale = 256 / min(image.size)
    width, height = (round(side * scale) for side in image.size)
    image = image.resize((width, height), Image.BILINEAR)
    left, top = (width - 224) // 2, (height - 224) // 2
    pixels = numpy.asarray(image.crop((left, top, left + 224, top + 224)), dtype=numpy.float32)
    logits = app.state.session.run(["logits"], {"images": pixels[None]})[0][0]
    exponentials = numpy.exp(logits - logits.max())
    probabilities = exponentials / exponentials.sum()
    scores = {str(label): float(score) for label, score in enumerate(probabilities)}
    return {"predictions": [{"label": str(probabilities.argmax()), "scores": scores}]}


@app.post("/v1/predict")
async def predict(request: Request):
    return await run_in_threadpool(score, await request.body())


if __name__ == "__main__":
    model, port, processes, threads = sys.argv[1:]
    os.environ["BENCH_MODEL"] = model
    os.environ["BENCH_THREADS"] = threads
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    uvicorn.run("serving:app", port=int(port), workers=int(processes), log_level="warning", access_log=False)
