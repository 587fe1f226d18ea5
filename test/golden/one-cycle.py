"""Learning rates of PyTorch's OneCycleLR, written to one-cycle.json. Tolerance in the test: 1e-12 relative."""

import json
import pathlib

import torch

cases = []
for maximum, total, fraction, divisor, final in [
    (0.05, 40, 0.3, 25.0, 1e4),
    (0.05, 344, 0.3, 25.0, 1e4),
    (0.01, 10, 0.5, 10.0, 100.0),
    (0.1, 4, 0.3, 25.0, 1e4),
    (0.1, 2, 0.3, 25.0, 1e4),
]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, maximum, total_steps=total, pct_start=fraction, div_factor=divisor,
        final_div_factor=final, cycle_momentum=False,
    )
    rates = []
    for step in range(total):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        if step + 1 < total:
            schedule.step()
    cases.append({
        "maxLearningRate": maximum, "totalSteps": total, "warmUpFraction": fraction,
        "initialDivisor": divisor, "finalDivisor": final,
        "rates": rates if total <= 40 else {str(i): rates[i] for i in range(0, total, 17)},
    })

pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
