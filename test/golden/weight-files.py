"""Small weight files in every form that src/networks/weights reads, and what they hold.

    python test/golden/weight-files.py && npx prettier --write test/golden/*.json

Needs torch, safetensors and, for the names of other libraries, torchvision, timm and transformers. The files go into
weight-files.json in base64, with the values that PyTorch reads back from them; the parameter names and shapes of whole networks
go into weight-names.json, one string per network.
"""

import argparse
import base64
import io
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_safetensors

HERE = Path(__file__).parent


def state():
    """Every number format, a transposed view, a view with an offset, a scalar, an empty tensor, special values."""
    torch.manual_seed(3)
    base = torch.randn(3, 4)
    return OrderedDict(
        [
            ("float32", base),
            ("transposed", base.t()),
            ("row", base[1]),
            ("every_second", base[:, ::2]),
            ("float16", torch.tensor([1.0, -2.5, 65504.0, 6e-8, -0.0, float("inf")], dtype=torch.float16)),
            ("bfloat16", torch.tensor([1.0, -2.5, 3e38, 1e-30, 0.1], dtype=torch.bfloat16)),
            ("float64", torch.tensor([0.1, 1e10], dtype=torch.float64)),
            ("int64", torch.tensor([-3, 7])),
            ("uint8", torch.tensor([0, 255], dtype=torch.uint8)),
            ("scalar", torch.tensor(5)),
            ("empty", torch.zeros(0, 2)),
            ("parameter", torch.nn.Parameter(torch.tensor([1.5]))),
        ]
    )


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def expected(tensors):
    """Infinity has no JSON; it is written as a word."""
    value = lambda v: v if np.isfinite(v) else "Infinity"
    return {n: {"shape": list(t.shape), "data": [value(v) for v in t.detach().float().flatten().tolist()]} for n, t in tensors.items()}


def files():
    tensors = state()
    contiguous = {n: t.detach().contiguous().clone() for n, t in tensors.items()}
    wrapped = {"epoch": 3, "lr": 0.1, "state_dict": tensors, "optimizer": {"state": {}, "param_groups": [{"betas": (0.9, 0.99)}]}}
    return {
        "tensors": expected(tensors),
        "files": {
            "zip": saved(tensors),
            "older pickles": saved(tensors, _use_new_zipfile_serialization=False),
            "zip, protocol 4": saved(tensors, pickle_protocol=4),
            "zip, in a training checkpoint": saved(wrapped),
            "older pickles, in a training checkpoint": saved(wrapped, _use_new_zipfile_serialization=False),
            "safetensors": base64.b64encode(save_safetensors(contiguous, {"format": "pt"})).decode(),
        },
        "refused": {
            "a whole module": saved(torch.nn.Linear(1, 1)),
            "a namespace": saved({"state_dict": tensors, "args": argparse.Namespace(lr=1)}),
            "a system call": base64.b64encode(malicious()).decode(),
            "no tensors": saved({"epoch": 3}),
        },
    }


def malicious():
    """A state dict in the older form whose pickle calls os.system."""
    import os
    import pickle

    class Call:
        def __reduce__(self):
            return os.system, ("echo executed",)

    buffer = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {"weight": Call()}, []):
        pickle.dump(value, buffer, protocol=2)
    return buffer.getvalue()


def shapes(module, prefix=""):
    return " ".join(f"{prefix}{n}:{'x'.join(map(str, t.shape))}" for n, t in module.state_dict().items())


def names():
    import timm
    import torchvision
    from transformers import ResNetConfig, ResNetForImageClassification

    def transformers_resnet(depths, layer_type, hidden_sizes):
        config = ResNetConfig(depths=depths, layer_type=layer_type, hidden_sizes=hidden_sizes, num_labels=1000)
        return shapes(ResNetForImageClassification(config))

    wide = [256, 512, 1024, 2048]
    return {
        "ResNet18": {
            "torchvision in DataParallel": shapes(torchvision.models.resnet18(), "module."),
            "timm": shapes(timm.create_model("resnet18")),
            "transformers": transformers_resnet([2, 2, 2, 2], "basic", [64, 128, 256, 512]),
        },
        "ResNet50": {"transformers": transformers_resnet([3, 4, 6, 3], "bottleneck", wide)},
        "EfficientNetLite2": {"timm": shapes(timm.create_model("tf_efficientnet_lite2"))},
    }


if __name__ == "__main__":
    (HERE / "weight-files.json").write_text(json.dumps(files(), indent=2) + "\n")
    (HERE / "weight-names.json").write_text(json.dumps(names(), indent=2) + "\n")
