"""The networks of the paper in PyTorch: ternary weights, quantised activations, or floats at precision fp32."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

# channels and side of the images; kernel, stride, padding, channels of every block; the first convolution has float
# weights at any precision
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
    """`name` of BLOCKS; `precision` k1B2 or fp32; `channels` of the images, where they are not the paper's."""

    def __init__(self, name, precision, channels=None):
        super().__init__()
        (own_channels, size), blocks = BLOCKS[name]
        channels = own_channels if channels is None else channels
        self.quantised = precision != "fp32"
        self.prepared = False
        self.shape = (channels, size, size)
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        for kernel, stride, padding, out in blocks:
            self.convolutions.append(nn.Conv2d(channels, out, kernel, stride, padding, bias=False))
            self.norms.append(nn.BatchNorm2d(out))
            channels, size = out, (size + 2 * padding - kernel) // stride + 1
        self.classifier = nn.Linear(channels * size * size, 10, bias=False)

    @torch.no_grad()
    def prepare(self):
        """For inference: weights are made ternary, and batch norm is folded into them, once for all."""
        self.eval()
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            weight = Ternary.apply(convolution.weight) if self.quantised and index > 0 else convolution.weight
            convolution.weight, convolution.bias = fuse_conv_bn_weights(
                nn.Parameter(weight), None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
            )
        self.norms = nn.ModuleList(nn.Identity() for _ in self.norms)
        self.prepared = True

    def forward(self, x):
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            weight = convolution.weight
            if self.quantised and index > 0 and not self.prepared:
                weight = Ternary.apply(weight)
            y = norm(F.conv2d(x, weight, convolution.bias, convolution.stride, convolution.padding))
            x = Quantise.apply(y, 2, 2) if self.quantised else F.relu(y)
        return self.classifier(x.flatten(1))
