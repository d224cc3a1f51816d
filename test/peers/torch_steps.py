"""The networks of the paper in PyTorch, one turn a line of input, so that another program can take turns with it.

    python3 torch_steps.py NETWORK PRECISION TASK THREADS BATCH MODE TYPE

NETWORK lenet | vgg; PRECISION k1B2 | fp32; TASK train | infer | prepared (inference with weights made ternary and batch
norm folded into them beforehand); MODE eager | compile; TYPE float32 | bf16 (autocast, or all of a prepared network).
Prints a line "ready VERSION", then for each line read a step's seconds, the mean of the steps that begin within half a
second. Images and labels are random: the time of dense kernels does not depend on them.
"""

import sys
import time

import torch
from torch.nn import functional as F
from torch_networks import Network


def main():
    name, precision, task, threads, batch, mode, kind = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    network = Network(name, precision).to(memory_format=torch.channels_last)
    images = torch.rand(int(batch), *network.shape).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (int(batch),))
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    network.train(task == "train")
    if task == "prepared":
        network.prepare()
        if kind == "bf16":
            network.to(torch.bfloat16)
    autocast = kind == "bf16" and task != "prepared"
    run = torch.compile(network) if mode == "compile" else network

    def step():
        if task != "train":
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                return run(images.to(network.classifier.weight.dtype))
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = F.cross_entropy(run(images), labels)
        loss.backward()
        optimiser.step()
        return loss

    # Compiling goes on in the second step, where gradients' layouts turn out to be others.
    step()
    step()
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start, steps = time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - start < 0.5:
            step()
            steps += 1
        print((time.perf_counter() - start) / steps, flush=True)


main()
