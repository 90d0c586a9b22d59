"""What heat maps take here, and how far they can be believed: python -m benchmarks.heat_maps --help

Prints a row for each backbone and method: seconds for the map of one photo, and for its test. With --data, a probe is
fitted on the photos, and maps of its answers on validation photos are tested: the area under the probability as the
brightest places are hidden (lower is better) and as they are shown (higher is better), the gain of both over the same
map moved elsewhere with its standard error, and how many maps hold, of how many. Three kinds of false maps are tested
in the same way, and should hold in one of twenty cases: one of smooth noise, the Grad-CAM map of another photo that the
model says the same of, and Grad-CAM's of a head whose weights are shuffled. That one is but half false, as it still
marks what the network answers to most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.backbones.load import load
from core.backbones.registry import info
from core.data.ingest import ingest
from core.evaluation.intervals import wilson
from core.explaining.believed import Faithfulness
from core.explaining.explain import explain
from core.explaining.faithfulness import faithfulness
from core.explaining.records import CELLS, GRAD_CAM, METHODS, HeatMap
from core.explaining.subject import Photo, Subject
from core.features.extract import extract
from core.models.classifier import Classifier
from core.numbers import interval
from core.probing.probes.probe import fit_probe

USUAL = ("graft_residual", "efficientnet_lite0", "vit_b_16")
HEADINGS = ("map s", "test s", "deletion", "insertion", "gain", "± s.e.", "hold", "of", "95 %")

Draw = Callable[[int], HeatMap | None]
"""The number of a photo -> its map; None where there is none."""


@dataclass(frozen=True)
class Bench:
    """A model, photos, and the class that it says of each."""

    subject: Subject
    photos: Sequence[Photo]
    targets: Sequence[int]

    @classmethod
    def of(cls, subject: Subject, photos: Sequence[Photo]) -> Bench:
        """With what the model says."""
        return cls(subject, photos, [int(subject.logits(photo.inputs[None])[0].argmax()) for photo in photos])

    def by(self, method: str) -> Draw:
        """Maps by a method."""
        return lambda row: explain(self.subject, self.photos[row], self.targets[row], method)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=USUAL, help=f"names (default {' '.join(USUAL)})")
    parser.add_argument("--data", help="photos; without, weights of networks that are not here are random")
    parser.add_argument("--photos", type=int, default=3, help="how many photos (default 3)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, help="which (default all)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.photos} photos, {options.threads} threads")
    print(f"{'backbone':24}{'map':22}" + "".join(f"{heading:>10}" for heading in HEADINGS))
    for name in options.backbones:
        bench = Bench.of(*(fitted if options.data else random)(name, options.data, options.photos))
        methods = [method for method in bench.subject.methods(bench.photos[0]) if method in options.methods]
        draws = {method: bench.by(method) for method in methods}
        if options.data:
            draws |= false_maps(bench)
        for label, draw in draws.items():
            print(f"{name:24}{label:22}{row(bench, draw)}", flush=True)


def random(name: str, _data: str | None, n: int) -> tuple[Subject, list[Photo]]:
    """A model with a random head, and photos of smooth noise."""
    subject = Subject(Classifier(load(name, pretrained=info(name).ready), ("a", "b", "c")).eval())
    rng = np.random.default_rng(0)
    noise = (Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for _photo in range(n))
    return subject, [subject.photo(image.resize((500, 375))) for image in noise]


def fitted(name: str, data: str, n: int) -> tuple[Subject, list[Photo]]:
    """A probe on the photos, and some of those for validation."""
    dataset = ingest(data if data.startswith("sample:") else Path(data))
    probe = fit_probe(extract(dataset, name))
    assert probe.weight is not None
    assert probe.bias is not None
    classifier = Classifier(load(name), dataset.classes).eval()
    classifier.head.load_state_dict({"weight": torch.tensor(probe.weight), "bias": torch.tensor(probe.bias)})
    subject, held_out = Subject(classifier), dataset.split("val")
    rows = np.random.default_rng(0).permutation(len(held_out))[:n]
    return subject, [subject.photo(dataset.path(held_out[row])) for row in rows]


def false_maps(bench: Bench) -> dict[str, Draw]:
    """Maps that should not hold."""
    draws: dict[str, Draw] = {"(smooth noise)": lambda row: _as_map(smooth_noise(row))}
    if GRAD_CAM not in bench.subject.methods(bench.photos[0]):
        return draws
    cams, shuffled = [bench.by(GRAD_CAM)(row) for row in range(len(bench.photos))], Bench(
        shuffled_head(bench.subject), bench.photos, bench.targets
    )  # fmt: skip

    def of_another(row: int) -> HeatMap | None:
        after = [*range(row + 1, len(cams)), *range(row)]
        other = next((other for other in after if bench.targets[other] == bench.targets[row]), None)
        cam = None if other is None else cams[other]
        return None if cam is None else _as_map(cam.cells())

    return {**draws, "(another photo's)": of_another, "(head shuffled)": shuffled.by(GRAD_CAM)}


def smooth_noise(seed: int) -> np.ndarray:
    """(CELLS, CELLS): noise in which near cells are alike; it goes on beyond each edge at the opposite one."""
    away = np.fft.fftfreq(CELLS)
    kept = np.exp(-2 * (2 * np.pi) ** 2 * (away[:, None] ** 2 + away**2))
    noise = np.random.default_rng(seed).normal(size=(CELLS, CELLS))
    return np.asarray(np.fft.ifft2(np.fft.fft2(noise) * kept).real)


def shuffled_head(subject: Subject) -> Subject:
    """The same model but for its head's weights, which are dealt out anew."""
    classifier = subject.classifier
    other = Classifier(classifier.backbone, classifier.classes, classifier.preprocessing).eval()
    weight = classifier.head.weight.detach()
    order = torch.randperm(weight.numel(), generator=torch.Generator().manual_seed(0))
    other.head.load_state_dict({"weight": weight.flatten()[order].reshape(weight.shape), "bias": classifier.head.bias})
    return Subject(other)


def _as_map(cells: np.ndarray) -> HeatMap:
    return HeatMap(GRAD_CAM, "", cells - cells.min())


@dataclass
class Measured:
    """Seconds of maps and of tests, and what the tests say."""

    map_s: list[float] = field(default_factory=list)
    test_s: list[float] = field(default_factory=list)
    tests: list[Faithfulness] = field(default_factory=list)


def row(bench: Bench, draw: Draw) -> str:
    measured = Measured()
    for number, (photo, target) in enumerate(zip(bench.photos, bench.targets, strict=True)):
        started = time.perf_counter()
        heat = draw(number)
        drawn = time.perf_counter()
        if heat is not None:
            measured.tests.append(faithfulness(bench.subject, photo, heat, target))
            measured.map_s.append(drawn - started)
            measured.test_s.append(time.perf_counter() - drawn)
    return _in_a_row(measured) if measured.tests else "  none"


def _in_a_row(measured: Measured) -> str:
    tests = measured.tests
    gains, n, holding = [test.gain for test in tests], len(tests), sum(test.holds for test in tests)
    areas = float(np.mean([test.deletion for test in tests])), float(np.mean([test.insertion for test in tests]))
    error = float(np.std(gains, ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    values = (np.median(measured.map_s), np.median(measured.test_s), *areas, np.mean(gains), error)
    return "".join(f"{value:10.3f}" for value in values) + f"{holding:10}{n:10}  {interval(wilson(holding, n))}"


if __name__ == "__main__":
    main()
