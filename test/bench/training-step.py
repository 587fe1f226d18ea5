"""PyTorch's side of training-step.ts: one ResNet-18 training step for each line on standard input, its figures as JSON."""

import json
import os
import resource
import sys
import time

import torch
import torchvision

memory_format, batch, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(os.cpu_count())
model = torchvision.models.resnet18(num_classes=4)
model.train()
if memory_format == "channels_last":
    model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
mean = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
deviation = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
pixels = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8)
labels = torch.arange(batch) % 4


def step():
    images = (pixels.permute(0, 3, 1, 2).float() - mean) / deviation
    if memory_format != "channels_last":
        images = images.contiguous()
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


print(json.dumps({"version": f"PyTorch {torch.__version__}"}), flush=True)
for _ in sys.stdin:
    usage, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    loss = step()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * resource.getpagesize()
    figures = {"seconds": seconds, "cpuSeconds": cpu, "residentBytes": resident, "peakBytes": after.ru_maxrss * 1024}
    print(json.dumps({**figures, "loss": loss}), flush=True)
