"""The table of the embedded backbones: python -m benchmarks.embedded_backbones --data DIR

For every labelled zip in DIR, the accuracy of a probe on each backbone's frozen features with its 95 % interval
(Wilson), by the protocol of `core.pretraining.evaluate`;
and images a second on this machine, without decoding.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch

from core.backbones.architectures import Trunk
from core.backbones.sources.embedded import WEIGHTS
from core.backbones.spec import Preprocessing
from core.errors import BackboneError
from core.paths import read_json, write_json
from core.pretraining.evaluate import PROTOCOL, embed, load_exported, probe_score, read_labelled_zip

BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with zips of labelled images")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with cards and weights")
    parser.add_argument("--input-px", type=int, nargs="*", help="input sizes to score at (default: each one's own)")
    parser.add_argument("--keep", action="store_true", help="write the float32 speed into each card")
    given = parser.parse_args()
    cards = sorted(given.weights.glob("*.json"))
    print(PROTOCOL)
    for archive in sorted(given.data.glob("*.zip")):
        try:
            images, classes = read_labelled_zip(archive)
        except BackboneError:
            continue  # a zip without classes, such as one for pretraining
        for card in cards:
            trunk, how = load_exported(card)
            for size_px in given.input_px or [how.input_px]:
                score = probe_score(embed(trunk, images, resized(how, size_px)), classes)
                print(f"{archive.stem:24} {card.stem:24} {size_px:4} px  {score}", flush=True)
    for card in cards:
        trunk, how = load_exported(card)
        rates = {name: round(speed(trunk, how.input_px, dtype)) for name, dtype in DTYPES.items()}
        told = ", ".join(f"{name} {rate:,}" for name, rate in rates.items())
        print(f"{card.stem:24} {how.input_px} px, images/s on {torch.get_num_threads()} threads: {told}")
        if given.keep:
            write_json(card, {**read_json(card), "images_per_s": rates["fp32"]})


DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def resized(how: Preprocessing, size_px: int) -> Preprocessing:
    """The same preparation for another input size."""
    return replace(how, resize_px=round(size_px * how.resize_px / how.crop_px), crop_px=size_px)


@torch.inference_mode()
def speed(trunk: Trunk, size_px: int, dtype: torch.dtype, *, seconds: float = 3.0) -> float:
    """Images a second through the network alone, channels last, best of the batches within some seconds."""
    images = torch.rand(BATCH, 3, size_px, size_px).contiguous(memory_format=torch.channels_last)
    trunk = trunk.to(memory_format=torch.channels_last)
    best, started = 0.0, time.monotonic()
    while time.monotonic() - started < seconds:
        begun = time.perf_counter()
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            trunk(images)
        best = max(best, BATCH / (time.perf_counter() - begun))
    return best


if __name__ == "__main__":
    main()
