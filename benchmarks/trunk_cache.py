"""What it saves to compute what is frozen once: python -m benchmarks.trunk_cache [photos.zip]

    --backbone resnet18 --last-stages 1 --px 224 --epochs 10 --augment standard
    --views 1,2,4           how many views of a photo the epochs cycle through, where activations are kept
    --photos 400            generated ones, where no data is given
    --rounds 2              all runs in turns, so that what else the machine does falls on all alike

The weights are random unless `--pretrained` is given: that makes no difference to the speed, and the accuracies mean
nothing then. "Epochs" are learning and validation, "filling" is drawing the views and computing what is kept of them;
"whole" is everything, with the features, the probe and the last judgement, which are the same for all. Seconds are of
the processor, on all cores together, and by the clock in brackets.

Where the last stage of a ResNet is trained, the loop of a tutorial (`benchmarks.training_speed`) is timed beside it,
with the same part frozen and without any validation.

The ceiling is counted, not measured: the operations of a training step through the whole network against those above
the cut, backward counted twice as much as forward, as if drawing photos and filling cost nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training_speed import Plain
from core.backbones.load import load
from core.backbones.registry import chosen
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.paths import DEFAULT_WORKSPACE
from core.progress import Progress
from core.training.cache.cut import cut_below
from core.training.cache.record import read_cache
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.network.network import Network
from core.training.results.history import read_history

IMAGE_PX = (500, 375)
COLOURS = ((200, 90, 70), (90, 160, 80), (80, 100, 190), (190, 170, 80))


@dataclass(frozen=True)
class Took:
    """Seconds of the processor and by the clock."""

    cpu: float = 0.0
    clock: float = 0.0

    def __add__(self, other: Took) -> Took:
        return Took(self.cpu + other.cpu, self.clock + other.clock)

    def __sub__(self, other: Took) -> Took:
        return Took(self.cpu - other.cpu, self.clock - other.clock)

    def __str__(self) -> str:
        return f"{self.cpu:.2f} ({self.clock:.2f})"


def now() -> Took:
    return Took(time.process_time(), time.perf_counter())


class Watch:
    """How long each phase of a training takes, by its reports."""

    def __init__(self) -> None:
        self.phases: defaultdict[str, Took] = defaultdict(Took)
        self._phase, self._since = "", now()

    def __call__(self, step: Progress) -> None:
        """Takes a step of the training."""
        phase = step.phase.work.partition("/")[0] if step.phase else self._phase
        self.phases[self._phase] += now() - self._since
        self._phase, self._since = phase, now()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="a zip or a folder")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--pretrained", action="store_true")
    parser.add_argument("--px", type=int, default=224)
    parser.add_argument("--mode", default="last", choices=("head", "last"))
    parser.add_argument("--last-stages", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--augment", default="standard")
    parser.add_argument("--views", default="1,2,4")
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dataset = ingest(given.data or str(generated(Path(folder) / "photos.zip", given.photos)), DEFAULT_WORKSPACE)
        shared = {
            "backbone": chosen(given.backbone, input_px=given.px), "mode": given.mode, "last_stages": given.last_stages,
            "epochs": given.epochs, "augmentation": given.augment,
        }  # fmt: skip
        n = ", ".join(f"{len(dataset.split(split))} {split}" for split in dataset.counts())
        print(f"{n}; {shared}; {torch.get_num_threads()} threads")
        ceiling(FinetuneConfig.from_json(shared), pretrained=given.pretrained)
        rows = [0, *map(int, given.views.split(","))]
        took: defaultdict[int, list[dict[str, Took]]] = defaultdict(list)
        for number in range(given.rounds):
            for views in rows:
                how = {"views": views, "trunk_cache": "on" if views else "off"}
                config = FinetuneConfig.from_json({**shared, **how})
                took[views].append(
                    run(dataset, config, Path(folder) / f"{number}-{views}", pretrained=given.pretrained)
                )
        table(took)
        if given.backbone.startswith("resnet") and (given.mode, given.last_stages) == ("last", 1):
            against_a_tutorial(dataset, given, Path(folder) / "tutorial", took)


def against_a_tutorial(
    dataset: Dataset, given: argparse.Namespace, folder: Path, took: dict[int, list[dict[str, Took]]]
) -> None:
    """Prints how long an epoch of the loop of a tutorial takes by the clock, and how much quicker each row is."""
    folder.mkdir()
    how = argparse.Namespace(architecture=given.backbone, photos=len(dataset.split("train")), batch=32)
    plain = Plain(dataset, how, folder, ("layer4",))
    epoch_s = median([plain.epoch(number) for number in range(4)][1:])
    whole_s = given.epochs * epoch_s
    print(f"A tutorial's loop: {epoch_s:.1f} s an epoch by the clock, {whole_s:.0f} s in all")
    for views, rounds in took.items():
        seconds = [each["filling"].clock + each["epochs"].clock for each in rounds]
        print(f"  with {views} views kept, filling and validation included: × {whole_s / median(seconds):.2f}")


def generated(path: Path, n: int) -> Path:
    """A zip of photos of four colours with much detail, which take as long to decode as real ones."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(n):
            label = number % len(COLOURS)
            coarse = rng.normal(COLOURS[label], 60, (12, 16, 3)).clip(0, 255).astype(np.uint8)
            fine = rng.normal(0, 12, (IMAGE_PX[1], IMAGE_PX[0], 3))
            pixels = np.asarray(Image.fromarray(coarse).resize(IMAGE_PX, Image.Resampling.BICUBIC), np.float64) + fine
            content = BytesIO()
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(content, "JPEG", quality=90)
            archive.writestr(f"colour{label}/{number}.jpg", content.getvalue())
    return path


def run(dataset: Dataset, config: FinetuneConfig, out: Path, *, pretrained: bool) -> dict[str, Took]:
    """How long the parts of a training take."""
    torch.manual_seed(0)
    backbone, watch, started = load(config.backbone, pretrained=pretrained), Watch(), now()
    finetune(dataset, config, out, watch, backbone=backbone)
    whole, record = now() - started, read_cache(out)
    assert record is not None
    if record.cached != (config.trunk_cache == "on"):
        raise SystemExit(f"nothing is kept: {record.reason}")
    filling = watch.phases["views"]
    losses = [epoch.train_loss for epoch in read_history(out) if epoch.train_loss is not None]
    print(
        f"  views {config.views}: epochs {watch.phases['train']}, filling {filling}, last loss {losses[-1]:.4f}",
        flush=True,
    )
    return {"epochs": watch.phases["train"], "filling": filling, "whole": whole}


def ceiling(config: FinetuneConfig, *, pretrained: bool) -> None:
    """Prints how many operations a step has through the whole network and above the cut."""
    backbone = load(config.backbone, pretrained=pretrained)
    network = Network(backbone, 4, config)
    side = backbone.info.input_px
    images = torch.randn(2, 3, side, side)
    cut = cut_below(network.backbone, network.parts[:-1], images)
    below, above = operations(cut.trunk, images), 3 * operations(cut.top, cut.trunk(images))
    print(
        f"A step of one photo: {(below + above) / 1e9:.2f} GFLOPs through the whole network, {above / 1e9:.2f} of them "
        f"above the cut ({above / (below + above):.0%}): {(below + above) / above:.2f} times as fast at most. "
        f"{cut.numbers * 2 / 1024:.0f} KiB a view are kept.",
        flush=True,
    )


def operations(network: nn.Module, inputs: torch.Tensor) -> float:
    """Floating-point operations for one image, forward."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(inputs)
    return counter.get_total_flops() / len(inputs)


def table(took: dict[int, list[dict[str, Took]]]) -> None:
    print("| kept | filling s | epochs s | as fast | filling and epochs | as fast | whole s | as fast |")
    print("|---|---|---|---|---|---|---|---|")
    plain = took[0]
    for views, rounds in took.items():
        cells = [
            {0: "nothing", 1: "one view"}.get(views, f"{views} views"),
            str(middle([each["filling"] for each in rounds])),
        ]
        for parts in (("epochs",), ("filling", "epochs"), ("whole",)):
            seconds = [sum((each[part] for part in parts), Took()) for each in rounds]
            before = [sum((each[part] for part in parts), Took()) for each in plain]
            ratios = [Took(a.cpu / b.cpu, a.clock / b.clock) for a, b in zip(before, seconds, strict=True)]
            cells += [str(middle(seconds)), f"× {middle(ratios)}"]
        print(f"| {' | '.join(cells)} |")


def middle(values: Sequence[Took]) -> Took:
    """The median of each of the two, over the rounds."""
    return Took(median(value.cpu for value in values), median(value.clock for value in values))


if __name__ == "__main__":
    main()
