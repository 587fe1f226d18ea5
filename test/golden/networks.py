"""Golden numbers of PyTorch and torchvision for the networks of src/networks; run it to rewrite the JSON files beside it.

    python test/golden/networks.py && npx prettier --write test/golden/*.json

Needs torch and torchvision. Everything is computed in float64, so that what a float32 engine is off by is its own error; the
file also records how far PyTorch's own float32 is from it. Weights, images and targets come from formulas that
test/golden/deterministic-weights.ts repeats, so none are stored.
"""

import base64
import json
import math
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
LABELS = 10
# Of the sizes tried, those at which no value comes closer than 1e-5 to the kink of a ReLU in any network: a float32 engine is
# off by less, so that none falls on the other side, which would change all gradients by more than rounding.
SIZES = [(40, 56), (33, 47)]
IMAGENET = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])


# --- formulas shared with deterministic-weights.ts ---------------------------------------------------------------

def uniform(name, size):
    """`size` numbers in [0, 1): a 32-bit hash of the name and the index."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    z = (np.uint64(seed) + np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B9)).astype(np.uint32)
    z ^= z >> np.uint32(16)
    z *= np.uint32(0x21F0AAAD)
    z ^= z >> np.uint32(15)
    z *= np.uint32(0x735A2D97)
    z ^= z >> np.uint32(15)
    return z / 4294967296.0


def bounds(name, shape):
    """Ranges that keep 150 layers well-conditioned on a batch of two small images.

    The last batch norm of a block is small, so that the shortcut outweighs the block; the others shift most values above
    zero: a value within rounding error of zero may fall on either side of a ReLU, and one that does changes all gradients.
    """
    if len(shape) > 1:
        a = math.sqrt(3 / math.prod(shape[1:]))
        return -a, a
    last = ".bn2." in name or ".bn3." in name
    suffix = name.rsplit(".", 1)[1]
    if suffix == "weight":
        return (0.1, 0.3) if last else (0.4, 0.8)
    if suffix == "bias":
        return (0.5, 1) if last else (1, 2)
    return {"running_mean": (-0.2, 0.2), "running_var": (0.5, 1.5)}[suffix]


def fill(model):
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        low, high = bounds(name, tensor.shape)
        values = (low + (high - low) * uniform(name, tensor.numel())).astype(np.float32)
        state[name] = torch.from_numpy(values).reshape(tensor.shape)
    model.load_state_dict(state)


def images(size, height, width):
    """NHWC pixels, whole numbers 0 to 255."""
    values = np.floor(uniform("images", size * height * width * 3) * 256)
    return torch.from_numpy(values.reshape(size, height, width, 3)).permute(0, 3, 1, 2).contiguous()


def targets(size, labels):
    """Three quarters on label `i mod labels`, one quarter on the next."""
    rows = torch.zeros(size, labels, dtype=torch.float64)
    for i in range(size):
        rows[i, i % labels] += 0.75
        rows[i, (i + 1) % labels] += 0.25
    return rows


# --- networks -----------------------------------------------------------------------------------------------------

class Normalized(nn.Module):
    """Pixels in, logits out; the parameters keep the inner network's names."""

    def __init__(self, network, mean, deviation):
        super().__init__()
        self.network = network
        self.mean, self.deviation = ([v] * 3 if isinstance(v, int) else v for v in (mean, deviation))

    def forward(self, x):
        mean, deviation = (torch.tensor(v, dtype=x.dtype).view(1, 3, 1, 1) for v in (self.mean, self.deviation))
        return self.network((x - mean) / deviation)


def same(x, kernel, stride, value=0.0):
    """TensorFlow's SAME padding: the odd pixel goes below and to the right."""
    pads = []
    for extent in (x.shape[3], x.shape[2]):
        total = max((math.ceil(extent / stride) - 1) * stride + kernel - extent, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


class SameConv2d(nn.Conv2d):
    def forward(self, x):
        return super().forward(same(x, self.kernel_size[0], self.stride[0]))


def lite_norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class InvertedBottleneck(nn.Module):
    def __init__(self, kernel, stride, expansion, inputs, outputs):
        super().__init__()
        middle = inputs * expansion
        self.shortcut = stride == 1 and inputs == outputs
        self.expands = expansion != 1
        if self.expands:
            self.expand_conv = nn.Conv2d(inputs, middle, 1, bias=False)
            self.bn0 = lite_norm(middle)
        self.depthwise_conv = SameConv2d(middle, middle, kernel, stride, groups=middle, bias=False)
        self.bn1 = lite_norm(middle)
        self.project_conv = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn2 = lite_norm(outputs)

    def forward(self, x):
        y = F.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        y = F.relu6(self.bn1(self.depthwise_conv(y)))
        y = self.bn2(self.project_conv(y))
        return x + y if self.shortcut else y


class EfficientNetLite(nn.Module):
    # Repeats and channels written out per variant, so that the scaling rule of the TypeScript is checked too.
    STAGES = {
        0: [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)],
        1: [(1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 40), (4, 3, 2, 6, 80), (4, 5, 1, 6, 112), (5, 5, 2, 6, 192), (1, 3, 1, 6, 320)],
        2: [(1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120), (5, 5, 2, 6, 208), (1, 3, 1, 6, 352)],
    }

    def __init__(self, variant, labels):
        super().__init__()
        self.conv_stem = SameConv2d(3, 32, 3, 2, bias=False)
        self.bn0 = lite_norm(32)
        channels, blocks = 32, []
        for repeats, kernel, stride, expansion, outputs in self.STAGES[variant]:
            for repeat in range(repeats):
                blocks.append(InvertedBottleneck(kernel, stride if repeat == 0 else 1, expansion, channels, outputs))
                channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.conv_head = nn.Conv2d(channels, 1280, 1, bias=False)
        self.bn1 = lite_norm(1280)
        self.fc = nn.Linear(1280, labels)

    def forward(self, x):
        x = F.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks:
            x = block(x)
        x = F.relu6(self.bn1(self.conv_head(x)))
        return self.fc(x.mean((2, 3)))


class TinyResidual(nn.Module):
    """Two of torchvision's basic blocks, one of them with stride and projection, after a max pool."""

    def __init__(self):
        super().__init__()
        block = torchvision.models.resnet.BasicBlock
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(block(8, 8))
        projection = nn.Sequential(nn.Conv2d(8, 8, 1, 2, bias=False), nn.BatchNorm2d(8))
        self.layer2 = nn.Sequential(block(8, 8, 2, projection))
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer2(self.layer1(x)).mean((2, 3)))


class TinyMobile(nn.Module):
    """What TinyResidual lacks: same padding on odd and even sizes, depthwise convolutions, ReLU6 that clips, biases."""

    def __init__(self):
        super().__init__()
        self.conv_stem = SameConv2d(3, 6, 3, 2)
        self.depthwise1 = SameConv2d(6, 6, 3, 2, groups=6, bias=False)
        self.bn1 = lite_norm(6)
        self.project = nn.Conv2d(6, 10, 1, bias=False)
        self.bn2 = lite_norm(10)
        self.depthwise2 = SameConv2d(10, 10, 5, groups=10, bias=False)
        self.bn3 = lite_norm(10)
        self.fc = nn.Linear(10, 3)

    def forward(self, x):
        x = F.relu6(self.conv_stem(x))
        x = F.relu6(self.bn1(self.depthwise1(x)))
        x = self.bn2(self.project(x))
        x = F.relu6(x + self.bn3(self.depthwise2(x)))
        x = F.max_pool2d(same(x, 2, 2, -math.inf), 2, 2)
        return self.fc(x.mean((2, 3)))


# --- what is recorded ---------------------------------------------------------------------------------------------

def rounded(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def packed(tensor):
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


def run(model, pixels, wanted):
    """Logits in both modes and the gradients of the training loss; the model's statistics are left moved."""
    model.eval()
    evaluation = model(pixels).detach()
    model.train()
    logits = model(pixels)
    loss = F.cross_entropy(logits, targets(len(pixels), logits.shape[1]).to(logits.dtype))
    model.zero_grad()
    loss.backward()
    gradients = {name: p.grad for name, p in model.network.named_parameters()}
    if wanted:
        gradients = {name: gradients[name] for name in wanted}
    return evaluation, logits.detach(), loss.detach(), gradients


def distance(a, b):
    """Largest difference as a part of the largest value."""
    return float((a.double() - b.double()).abs().max() / b.abs().max())


def statistics(gradient):
    flat = gradient.flatten()
    positions = sorted({int((k + 0.5) * len(flat) / 5) for k in range(5)})
    return {
        "norm": float(f"{flat.norm():.9g}"),
        "largest": float(f"{flat.abs().max():.9g}"),
        "entries": {str(i): float(f"{flat[i]:.9g}") for i in positions},
    }


def network_case(make, normalization, height, width, wanted):
    def fresh(dtype):
        network = make()
        fill(network)
        return Normalized(network, *normalization).to(dtype)

    pixels = images(2, height, width)
    evaluation, logits, loss, gradients = run(fresh(torch.float64), pixels, wanted)
    evaluation32, logits32, _, gradients32 = run(fresh(torch.float32), pixels.float(), wanted)
    return {
        "size": 2,
        "height": height,
        "width": width,
        "evaluationLogits": rounded(evaluation),
        "trainingLogits": rounded(logits),
        "loss": float(f"{loss:.9g}"),
        "gradients": {name: statistics(g) for name, g in gradients.items()},
        "float32Distance": {
            "evaluationLogits": float(f"{distance(evaluation32, evaluation):.2g}"),
            "trainingLogits": float(f"{distance(logits32, logits):.2g}"),
            "gradients": float(f"{max(distance(gradients32[n], gradients[n]) for n in gradients):.2g}"),
        },
    }


def training_case(make, normalization, shape, labels, nesterov):
    network = make()
    fill(network)
    model = Normalized(network, *normalization).double()
    pixels, wanted = images(*shape), targets(shape[0], labels)
    options = {"learningRate": 0.05, "momentum": 0.9, "nesterov": nesterov, "l2": 0.0005}
    decaying = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]
    optimizer = torch.optim.SGD(
        [{"params": decaying, "weight_decay": options["l2"]}, {"params": others}],
        lr=options["learningRate"], momentum=options["momentum"], nesterov=nesterov,
    )
    model.eval()
    before = model(pixels)
    model.train()
    steps, first = [], None
    for _ in range(2):
        logits = model(pixels)
        loss = F.cross_entropy(logits, wanted)
        optimizer.zero_grad()
        loss.backward()
        first = first or {name: packed(p.grad) for name, p in network.named_parameters()}
        optimizer.step()
        weights = {n: packed(t) for n, t in network.state_dict().items() if not n.endswith("num_batches_tracked")}
        steps.append({"loss": float(f"{loss:.9g}"), "logits": rounded(logits), "weights": weights})
    model.eval()
    return {
        "tolerance": "1e-4 of the largest value of a tensor",
        "arrays": "base64 of little-endian float32, row-major, PyTorch's layouts",
        "batch": dict(zip(["size", "height", "width"], shape)),
        "labels": labels,
        "options": options,
        "evaluationLogits": rounded(before),
        "gradients": first,
        "steps": steps,
        "evaluationLogitsAfter": rounded(model(pixels)),
    }


def write(name, content):
    (HERE / name).write_text(json.dumps(content, indent=2) + "\n")


def networks():
    cases = OrderedDict()
    for depth in (18, 34, 50, 101, 152):
        make = lambda depth=depth: getattr(torchvision.models, f"resnet{depth}")(num_classes=LABELS)
        last = "layer4.2" if depth != 18 else "layer4.1"
        wanted = ["conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "layer3.0.downsample.0.weight",
                  f"{last}.conv2.weight", f"{last}.bn2.bias", "fc.weight", "fc.bias"]
        cases[f"ResNet{depth}"] = [network_case(make, IMAGENET, *size, wanted) for size in SIZES]
    for variant in (0, 1, 2):
        make = lambda variant=variant: EfficientNetLite(variant, LABELS)
        wanted = ["conv_stem.weight", "bn0.weight", "blocks.1.expand_conv.weight", "blocks.3.depthwise_conv.weight",
                  "blocks.5.project_conv.weight", "conv_head.weight", "bn1.bias", "fc.weight", "fc.bias"]
        cases[f"EfficientNetLite{variant}"] = [network_case(make, (127, 128), *size, wanted) for size in SIZES]
    versions = f"torch {torch.__version__.split('+')[0]}, torchvision {torchvision.__version__.split('+')[0]}"
    return {"madeBy": f"networks.py, {versions}, float64", "labels": LABELS, "networks": cases}


def main():
    torch.set_num_threads(1)
    write("tiny-residual.json", training_case(TinyResidual, IMAGENET, (6, 13, 11), 4, False))
    write("tiny-mobile.json", training_case(TinyMobile, (127, 16), (6, 12, 9), 3, True))
    write("networks.json", networks())


if __name__ == "__main__":
    main()
