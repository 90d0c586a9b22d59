"""The table of the backbones that need no download: python -m benchmarks.embedded_backbones --data DIR

For every labelled zip in DIR, the accuracy of a probe on each backbone's frozen features with its 95 % interval
(Wilson), by the protocol of `core.pretraining.evaluate`: the mean over several draws of the folds, and that with the
first draw, which cards hold; and images a second on this machine, without decoding.
"""

import argparse
import copy
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from core.backbones import registry
from core.backbones.load import load
from core.backbones.sizes import resized
from core.backbones.sources.embedded import Embedded
from core.backbones.spec import BackboneInfo
from core.engines.torch import fused
from core.errors import BackboneError
from core.features.extract import BATCH
from core.paths import read_json, write_json
from core.pretraining.evaluate import PROTOCOL, Score, embed, probe_score, read_labelled_zip
from core.progress import silent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with zips of labelled images")
    parser.add_argument("--weights", type=Path, help="folder with cards and weights, in place of what is ready here")
    parser.add_argument("--only", nargs="*", default=[], help="names of backbones, such as a+b (default: all, alone)")
    parser.add_argument("--input-px", type=int, nargs="*", help="input sizes to score at (default: each one's own)")
    parser.add_argument("--fold-seeds", type=int, default=10, help="how many draws of the folds to take the mean over")
    parser.add_argument("--keep", action="store_true", help="write the float32 speed into each card")
    given = parser.parse_args()
    trunks = networks(given.weights, given.only)
    print(PROTOCOL)
    for archive in sorted(given.data.glob("*.zip")):
        try:
            images, classes = read_labelled_zip(archive)
        except BackboneError:
            continue  # a zip without classes, such as one for pretraining
        for info, trunk in trunks:
            for sized in at_sizes(info, given.input_px):
                features = embed(trunk, images, sized.preprocessing)
                scores = [probe_score(features, classes, seed=seed) for seed in range(given.fold_seeds)]
                mean = Score(round(sum(score.right for score in scores) / len(scores)), len(classes))
                told = f"{mean}; {scores[0].value:.4f} with the first draw of folds"
                print(f"{archive.stem:24} {info.name:34} {sized.input_px:4} px  {told}", flush=True)
    for info, trunk in trunks:
        for sized in at_sizes(info, given.input_px):
            shape = sized.preprocessing.input_shape
            rates = {name: round(speed(trunk, shape, dtype)) for name, dtype in DTYPES.items()}
            told = ", ".join(f"{name} {rate:,}" for name, rate in rates.items())
            print(
                f"{info.name:34} {sized.input_px} px, images/s on {torch.get_num_threads()} threads: {told}", flush=True
            )
        if given.keep and info.path is not None and not given.input_px:
            card = info.path.with_suffix(".json")
            write_json(card, {**read_json(card), "images_per_s": rates["fp32"]})


def networks(folder: Path | None, names: Sequence[str]) -> list[tuple[BackboneInfo, nn.Module]]:
    """The backbones to measure, with their networks: those with cards in a folder, or else those that are ready here.

    Args:
        folder: of cards and weights.
        names: of those to measure; all where there are none.
    """
    if folder is None:
        return [(registry.info(name), load(name)) for name in names or registry.ready_names()]
    source = Embedded(folder)
    infos = [info for info in source.infos() if not names or info.name in names]
    return [(info, source.build(info, source.read(info, silent))) for info in infos]


def at_sizes(info: BackboneInfo, sizes_px: Sequence[int] | None) -> list[BackboneInfo]:
    """The backbone at each of these sizes of its input; at its own where none are given."""
    return [resized(info, px) for px in sizes_px or ()] or [info]


DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@torch.inference_mode()
def speed(trunk: nn.Module, input_shape: tuple[int, ...], dtype: torch.dtype, *, seconds: float = 3.0) -> float:
    """Images a second through the network alone, as extraction runs it, best of the batches within some seconds."""
    images = torch.rand(BATCH, *input_shape)
    images = images.contiguous(memory_format=torch.channels_last) if images.ndim == 4 else images
    trunk = fused(copy.deepcopy(trunk)).to(memory_format=torch.channels_last)
    best, started = 0.0, time.monotonic()
    while time.monotonic() - started < seconds:
        begun = time.perf_counter()
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            trunk(images)
        best = max(best, BATCH / (time.perf_counter() - begun))
    return best


if __name__ == "__main__":
    main()
