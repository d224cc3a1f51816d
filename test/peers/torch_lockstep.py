"""Trains a network of the paper in PyTorch on what another program sends it, so that both see the same.

    python3 torch_lockstep.py NETWORK PRECISION CHANNELS THREADS

Prints "ready VERSION". Then each line of standard input is a command, followed by its bytes (little-endian float32, or
int32 labels):

    weights NAME            a tensor of the start: conv1.weight [KH, KW, Ci, Co], conv1.gamma, ..., dense.weight
    step COUNT RATE         images [COUNT][H][W][C] and labels; answers with the mean loss
    test COUNT              images and labels; answers with how many it gets right
"""

import math
import sys

import numpy as np
import torch
from torch.nn import functional as F
from torch_networks import Network


def read(shape, dtype):
    data = sys.stdin.buffer.read(4 * math.prod(shape))
    return torch.from_numpy(np.frombuffer(data, dtype).reshape(shape).copy())


def batch(network, count):
    channels, height, width = network.shape
    # NHWC seen as NCHW is what channels-last means
    images = read((count, height, width, channels), np.float32).permute(0, 3, 1, 2)
    return images, read((count,), np.int32).long()


@torch.no_grad()
def load(network, name):
    layer, kind = name.split(".")
    if layer == "dense":
        weight = network.classifier.weight
        weight.copy_(read(tuple(weight.t().shape), np.float32).t())
    elif kind == "weight":
        weight = network.convolutions[int(layer[4:]) - 1].weight
        weight.copy_(read(tuple(weight.permute(2, 3, 1, 0).shape), np.float32).permute(3, 2, 0, 1))
    else:
        norm = network.norms[int(layer[4:]) - 1]
        fields = {"gamma": norm.weight, "beta": norm.bias, "mean": norm.running_mean, "variance": norm.running_var}
        fields[kind].copy_(read(tuple(fields[kind].shape), np.float32))


def main():
    name, precision, channels, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    network = Network(name, precision, int(channels)).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters())
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin.buffer:
        command, *words = line.decode().split()
        if command == "weights":
            load(network, words[0])
            continue
        images, labels = batch(network, int(words[0]))
        if command == "step":
            for group in optimiser.param_groups:
                group["lr"] = float(words[1])
            network.train()
            optimiser.zero_grad(set_to_none=True)
            loss = F.cross_entropy(network(images), labels)
            loss.backward()
            optimiser.step()
            print(loss.item(), flush=True)
        else:
            network.eval()
            with torch.inference_mode():
                print((network(images).argmax(1) == labels).sum().item(), flush=True)


main()
