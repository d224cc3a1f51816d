"""Moves tensors in PyTorch by gradients that are given, by an optimiser and schedulers of PyTorch's own.

    python3 torch_optimisers.py

For each folder that a line of standard input names it prints a line: the learning rates of all steps as JSON. The folder has
values and gradients (one step behind the other) as little-endian float32, and options.json: names of the tensors, steps,
optimizer [class, arguments], schedule [[class, arguments], ...] of torch.optim.lr_scheduler, milestones between them. Beside
them it writes NAME.after.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch.optim import lr_scheduler

torch.set_num_threads(1)


def move(folder):
    """Returns the learning rates."""
    options = json.loads((folder / "options.json").read_text())

    def read(name):
        return torch.from_numpy(np.fromfile(folder / name, np.float32))

    tensors = {name: torch.nn.Parameter(read(name)) for name in options["names"]}
    gradients = {name: read(f"{name}.gradients").reshape(options["steps"], -1) for name in tensors}
    kind, arguments = options["optimizer"]
    optimiser = getattr(torch.optim, kind)(tensors.values(), **arguments)
    parts = [getattr(lr_scheduler, one)(optimiser, **given) for one, given in options["schedule"]]
    schedule = parts[0] if len(parts) == 1 else lr_scheduler.SequentialLR(optimiser, parts, options["milestones"])
    rates = []
    for step in range(options["steps"]):
        for group in optimiser.param_groups:
            rates.append(group["lr"])
            # The paper's Adam, TensorFlow's, adds epsilon before the bias is corrected.
            if "eps" in group:
                group["eps"] = 1e-8 / (1 - 0.999 ** (step + 1)) ** 0.5
        for name, tensor in tensors.items():
            tensor.grad = gradients[name][step]
        optimiser.step()
        schedule.step()
    for name, tensor in tensors.items():
        tensor.detach().numpy().tofile(folder / f"{name}.after")
    return rates


for line in sys.stdin:
    print(json.dumps(move(pathlib.Path(line.rstrip("\n")))), flush=True)
