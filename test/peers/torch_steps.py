"""The networks of the paper in PyTorch, one step a line of input, so that another program can take turns with it.

    python3 torch_steps.py NETWORK PRECISION TASK THREADS BATCH MODE

NETWORK lenet | vgg; PRECISION k1B2 | fp32; TASK train | infer; MODE eager | compile. Prints a line "ready VERSION", then
for each line read one step's seconds. Images and labels are random: the time of dense kernels does not depend on them.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

# kernel, stride, padding, channels of every block; the first convolution has float weights at any precision
BLOCKS = {
    "lenet": ((1, 28), [(5, 1, 2, 16), (5, 1, 0, 16), (2, 2, 0, 16), (5, 1, 0, 32), (2, 2, 0, 32), (4, 1, 0, 256)]),
    "vgg": (
        (3, 24),
        [(3, 1, 1, 64)] * 3
        + [(2, 2, 0, 64)]
        + [(3, 1, 1, 128)] * 2
        + [(2, 2, 0, 128)]
        + [(3, 1, 1, 256)] * 2
        + [(2, 2, 0, 256), (3, 1, 1, 512), (3, 1, 0, 512)],
    ),
}


class Ternary(torch.autograd.Function):
    """Q(W) with threshold 0.7 mean|W|; its gradient is twice that of Q."""

    @staticmethod
    def forward(ctx, weights):
        threshold = 0.7 * weights.abs().mean()
        return (weights >= threshold).to(weights.dtype) - (weights <= -threshold).to(weights.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class Quantise(torch.autograd.Function):
    """Clip to 0 ... B and round to multiples of 1/n; the gradient is 1 for 0 < y <= B."""

    @staticmethod
    def forward(ctx, y, n, bound):
        ctx.save_for_backward((y > 0) & (y <= bound))
        return torch.floor(y.clamp(0, bound) * n + 0.5) / n

    @staticmethod
    def backward(ctx, gradient):
        (is_open,) = ctx.saved_tensors
        return gradient * is_open, None, None


class Network(nn.Module):
    def __init__(self, name, precision):
        super().__init__()
        (channels, size), blocks = BLOCKS[name]
        self.quantised = precision != "fp32"
        self.shape = (channels, size, size)
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        for kernel, stride, padding, out in blocks:
            self.convolutions.append(nn.Conv2d(channels, out, kernel, stride, padding, bias=False))
            self.norms.append(nn.BatchNorm2d(out))
            channels, size = out, (size + 2 * padding - kernel) // stride + 1
        self.classifier = nn.Linear(channels * size * size, 10, bias=False)

    def forward(self, x):
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            weight = convolution.weight
            if self.quantised and index > 0:
                weight = Ternary.apply(weight)
            y = norm(F.conv2d(x, weight, None, convolution.stride, convolution.padding))
            x = Quantise.apply(y, 2, 2) if self.quantised else F.relu(y)
        return self.classifier(x.flatten(1))


def main():
    name, precision, task, threads, batch, mode = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    network = Network(name, precision).to(memory_format=torch.channels_last)
    images = torch.rand(int(batch), *network.shape).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (int(batch),))
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    network.train(task == "train")
    run = torch.compile(network) if mode == "compile" else network

    def step():
        if task == "infer":
            with torch.inference_mode():
                return run(images)
        optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(run(images), labels)
        loss.backward()
        optimiser.step()
        return loss

    step()
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


main()
