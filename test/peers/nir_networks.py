"""What others make of an exported spiking network: the package `nir` reads it, its nodes are run as NIR defines them, and
SpikingJelly runs it where it is installed. Prints predictions by who made them, as JSON.

usage: nir_networks.py MODEL.nir IMAGES.npy   (images [N][C][H][W], float32)
"""

import json
import sys
from graphlib import TopologicalSorter

import nir
import numpy as np


def convolve(node, x):
    (top, left), (down, right) = node.padding, node.stride
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, node.weight.shape[2:], axis=(2, 3))
    sums = np.einsum("nchwij,ocij->nohw", windows[:, :, ::down, ::right], node.weight, optimize=True)
    return sums + node.bias[None, :, None, None]


def respond(node, x):
    if isinstance(node, nir.Conv2d):
        return convolve(node, x)
    if isinstance(node, nir.IF):
        return (x > node.v_threshold).astype(np.float64)
    if isinstance(node, nir.Flatten):
        return x.reshape(len(x), -1)
    if isinstance(node, nir.Affine):
        return x @ node.weight.T + node.bias
    return x


def by_definition(graph, images):
    """One time step of length 1; where several edges meet, their values are added."""
    sources = {name: [] for name in graph.nodes}
    for source, target in graph.edges:
        sources[target].append(source)
    sent = {}
    for name in TopologicalSorter(sources).static_order():
        x = sum(sent[source] for source in sources[name]) if sources[name] else images.astype(np.float64)
        sent[name] = respond(graph.nodes[name], x)
    return sent["output"]


def by_spikingjelly(graph, images):
    import torch
    from spikingjelly.activation_based import functional, nir_exchange

    network = nir_exchange.import_from_nir(graph, dt=1.0).eval()
    functional.reset_net(network)
    with torch.no_grad():
        logits, _states = network(torch.from_numpy(images))
        return logits.numpy()


graph, images = nir.read(sys.argv[1]), np.load(sys.argv[2])
predictions = {"nir": by_definition(graph, images).argmax(axis=1).tolist()}
try:
    predictions["spikingjelly"] = by_spikingjelly(graph, images).argmax(axis=1).tolist()
except ImportError as error:
    print(f"without SpikingJelly: {error}", file=sys.stderr)
print(json.dumps(predictions))
