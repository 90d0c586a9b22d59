"""How fast backbones are here, decoding and network apart and together: python -m benchmarks.extraction --help

Prints a table of images a second. "decode" is from JPEG bytes to a normalised tensor on all cores; then the network as
each engine runs it, over the same batches in turns; "both" is decoding while the engine that `extract` would use runs,
which is what users see. "start" is how many seconds all engines together took to prepare.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.backbones.load import load
from core.backbones.preprocess import preprocess
from core.backbones.registry import info, ready_names
from core.backbones.spec import Preprocessing
from core.data.images.decode import open_rgb
from core.engines.choose import ENGINES, check, choose
from core.features.batches import batches, grouped

IMAGE_PX = (500, 375)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", help="names; all that are ready where none is given")
    parser.add_argument("--images", type=int, default=256, help="how many generated photos (default 256)")
    parser.add_argument("--folder", type=Path, help="use the image files in this folder instead")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of the network")
    parser.add_argument("--random", action="store_true", help="random weights, for backbones that are not here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as scratch:
        files = photos(options.folder) if options.folder else generated(Path(scratch), options.images)
        print(f"{len(files)} images, batches of {options.batch_size}, {torch.get_num_threads()} threads")
        print(
            f"{'backbone':24}{'px':>5}{'decode':>9}"
            + "".join(f"{e.name:>14}" for e in ENGINES)
            + f"{'both':>9}{'start':>9}{'peak MiB':>10}"
        )
        for name in options.backbones or [*ready_names(), "pixels_16"]:
            row = measure(name, files, options.batch_size, pretrained=not options.random)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{name:24}{info(name).input_px:5}{row}{peak:10.0f}", flush=True)


def photos(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))


def generated(folder: Path, n: int) -> list[Path]:
    """JPEGs of smooth noise, which decode about as slowly as photos."""
    rng = np.random.default_rng(0)
    for i in range(n):
        small = Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        small.resize(IMAGE_PX, Image.Resampling.BICUBIC).save(folder / f"{i:05d}.jpg", quality=90)
    return sorted(folder.iterdir())


def measure(name: str, files: list[Path], batch_size: int, *, pretrained: bool) -> str:
    backbone = load(name, pretrained=pretrained)
    how, n = backbone.info.preprocessing, len(files)
    first = next(stream(files, how, batch_size))
    started = time.perf_counter()
    forwards = [engine.prepare(backbone, first) for engine in ENGINES]
    start = time.perf_counter() - started
    spent = [0.0] * len(ENGINES)
    turns = max(2, n // len(first))
    for _turn in range(turns):
        for position, forward in enumerate(forwards):
            spent[position] += seconds(forward, [first])
    used = check(choose(), backbone, first, n).forward
    decoding = n / seconds(lambda _: None, stream(files, how, batch_size))
    both = n / seconds(used, stream(files, how, batch_size))
    speeds = "".join(f"{turns * len(first) / s:14.0f}" for s in spent)
    return f"{decoding:9.0f}{speeds}{both:9.0f}{start:9.1f}"


def stream(files: list[Path], how: Preprocessing, batch_size: int) -> Iterator[torch.Tensor]:
    groups = grouped(range(len(files)), batch_size)
    return (batch for _rows, batch in batches(groups, lambda row: preprocess(open_rgb(files[row]), how)))


def seconds(run: Callable[[torch.Tensor], object], given: Iterable[torch.Tensor]) -> float:
    started = time.perf_counter()
    for batch in given:
        run(batch)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
