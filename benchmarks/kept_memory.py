"""What it brings to keep memory that was freed: python -m benchmarks.kept_memory --help

A network sees batches of noise, and then learns from them, in one process that keeps its memory (`core.machine`) and in
one that does not, in turn. Random weights, since only time is measured. Linux with glibc; elsewhere both are alike.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

SIZE_PX = 224


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="resnet50", help="of torchvision (default resnet50)")
    parser.add_argument("--batch", type=int, default=16, help="images in a batch (default 16)")
    parser.add_argument("--pairs", type=int, default=3, help="processes of each kind (default 3)")
    parser.add_argument("--alone", choices=["kept", "given back"], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        measure(options.network, options.batch, options.alone == "kept")
        return
    print(f"{options.network}, medians of {options.pairs}: seconds and system seconds of seeing 5 batches of")
    print(f"{options.batch}, the same of learning from 2, and the most memory in MB")
    rows: dict[str, list[list[float]]] = {"given back": [], "kept": []}
    command = [sys.executable, "-m", __spec__.name, "--network", options.network, "--batch", str(options.batch)]
    for _pair in range(options.pairs):
        for name, row in rows.items():
            out = subprocess.run([*command, "--alone", name], capture_output=True, check=True, text=True).stdout
            row.append([float(number) for number in out.split()])
    for name, row in rows.items():
        print(f"{name:12s}", *(f"{median(column):8.2f}" for column in zip(*row, strict=True)))


def measure(name: str, batch: int, kept: bool) -> None:
    """Prints seconds and system seconds of seeing and of learning, and the most memory, of this process."""
    import resource

    import torch
    import torchvision

    from core import machine

    torch.set_num_threads(machine.cores())
    if kept:
        machine.keep_memory()
    network, images = torchvision.models.get_model(name).eval(), torch.randn(batch, 3, SIZE_PX, SIZE_PX)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)

    def see() -> None:
        with torch.inference_mode():
            network(images)

    def learn() -> None:
        optimizer.zero_grad()
        network(images).sum().backward()
        optimizer.step()

    figures = [*timed(see, 5)]
    network.train()
    figures += timed(learn, 2)
    print(*figures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def timed(work: Callable[[], None], times: int) -> tuple[float, float]:
    """Seconds by the clock, and those the system took, of doing it so often; once more before, unseen."""
    work()
    begun, system = time.perf_counter(), os.times().system
    for _time in range(times):
        work()
    return time.perf_counter() - begun, os.times().system - system


if __name__ == "__main__":
    main()
