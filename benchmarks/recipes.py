"""What fine-tuning brings beyond the probe, by sets of photos and recipes: python -m benchmarks.recipes --results FILE

    --sets textures,cells,spectra,photos.zip   which photos; the first three are drawn by code
    --recipes preset:16,quick,base,…           what a preset decides, for so many epochs whatever the time; a preset
                                               with its budget; or one of the variations of the first trial below
    --seeds 0,1,2,3,4                          each is the seed of the splits and of the training

Every training is kept in the results file as soon as it is over, and one that is there is not run again. The recipe
chooses by the validation photos; the test photos are looked at once, after everything is chosen, and only printed with
`--test`. The probe is the run's own: the same backbone, input and photos.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import unlike
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.evaluation.metrics import evaluate
from core.features.extract import extract
from core.paths import DEFAULT_WORKSPACE
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.images.augmentation import Augmentation
from core.training.planning.outlook import Timing
from core.training.planning.presets import MOST_S, PRESETS, decide
from core.training.planning.sight import look
from core.training.planning.timing import time_modes

AUGMENTATION = Augmentation(resized_crop=0.5, horizontal_flip=0.5, brightness=0.1, contrast=0.1, saturation=0.1)
BASE = {
    "mode": "full", "epochs": 8, "lr": 3e-4, "layer_decay": 0.8, "weight_decay": 0.02, "label_smoothing": 0.05,
    "augmentation": AUGMENTATION,
}  # fmt: skip
VARIATIONS: Mapping[str, Mapping[str, Any]] = {
    "base": {},
    "epochs4": {"epochs": 4},
    "epochs16": {"epochs": 16},
    "lr1e-4": {"lr": 1e-4},
    "lr1e-3": {"lr": 1e-3},
    "lr2e-3": {"lr": 2e-3},
    "decay1": {"layer_decay": 1.0},
    "decay0.6": {"layer_decay": 0.6},
    "mixup": {"mixup": 0.2},
    "batch16": {"batch_size": 16},
    "no-ema": {"ema": 0.0},
    "no-average": {"average": False},
    "no-augmentation": {"augmentation": Augmentation()},
    "light": {"augmentation": Augmentation(translation=0.1, horizontal_flip=0.5)},
    "no-flip": {"augmentation": dataclasses.replace(AUGMENTATION, horizontal_flip=None)},
    "last1": {"mode": "last", "last_stages": 1},
    "last2": {"mode": "last", "last_stages": 2},
    "last1-anew": {"mode": "last", "last_stages": 1, "epochs": 10, "views": 0},
    "last1-views4": {"mode": "last", "last_stages": 1, "epochs": 10, "views": 4},
    "zero": {"head_start": "zero"},
}
"""Each changes one thing of `BASE`, the first trial."""

AT_ONCE = Timing(
    learn_s=0.0, step_s=0.0, look_s=0.0, start_s=0.0, plain_s=0.0, decode_s=0.0, draw_s=0.0, weights=0, learning=0,
    saved_bytes=0,
)  # fmt: skip
"""As if a training took no time."""


@dataclass(frozen=True)
class Row:
    """One training against the probe.

    Attributes:
        key: set, backbone, recipe and seed.
        val: accuracy of the recipe and of the probe on the validation photos.
        test: the same on the test photos.
        n: how many photos these are: training, validation, test.
        seconds: the training took, its features, its probe and a preset's look at the photos included.
        cpu_s: of the processor, summed over cores.
        what: learnt.
        kept: the epoch and the weights that validation chose.
        epochs: of the training.
    """

    key: str
    val: tuple[float, float]
    test: tuple[float, float]
    n: tuple[int, int, int]
    seconds: float
    kept: str
    epochs: int
    cpu_s: float = 0.0
    what: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="a file of JSON lines, which grows")
    parser.add_argument("--sets", default="textures,cells,spectra")
    parser.add_argument("--recipes", default="preset:16")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--backbone", default="graft_residual")
    parser.add_argument("--budget-s", type=float, default=300.0, help="of 'quick' and 'thorough'")
    parser.add_argument("--test", action="store_true", help="also print the test photos' accuracy")
    parser.add_argument("--print", action="store_true", help="print what the file holds, and train nothing")
    options = parser.parse_args()
    for seed in [] if options.print else options.seeds.split(","):
        for source in options.sets.split(","):
            measure(options, source, int(seed))
    print_table(list(rows_of(options.results)), with_test=options.test)


def measure(options: argparse.Namespace, source: str, seed: int) -> None:
    """Trains by every recipe that the results lack for a set and a seed."""
    known = {row.key for row in rows_of(options.results)}
    recipes = {
        f"{Path(source).stem}/{options.backbone}/{recipe}/{seed}": recipe for recipe in options.recipes.split(",")
    }
    missing = {key: recipe for key, recipe in recipes.items() if key not in known}
    if not missing:
        return
    dataset = taken_in(source, seed)
    for key, recipe in missing.items():
        row = trained(key, dataset, recipe, options, seed)
        print(f"{key}: validation {row.val[1]:.3f} by the probe, {row.val[0]:.3f} by the recipe", flush=True)
        with options.results.open("a") as file:
            file.write(json.dumps(dataclasses.asdict(row)) + "\n")


def taken_in(source: str, seed: int) -> Dataset:
    """The photos of a set with splits of their own for each seed."""
    if source == "textures":
        return ingest("sample:textures", DEFAULT_WORKSPACE, seed=seed)
    if source not in unlike.SETS:
        return ingest(source, DEFAULT_WORKSPACE, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        return ingest(unlike.write(source, Path(folder)), DEFAULT_WORKSPACE, seed=seed)


def config_of(recipe: str, dataset: Dataset, options: argparse.Namespace, seed: int) -> FinetuneConfig:
    """A variation of the first trial, or what a preset decides."""
    backbone = options.backbone
    if recipe in VARIATIONS:
        return FinetuneConfig.from_json({"backbone": backbone, **BASE, **VARIATIONS[recipe], "seed": seed})
    sight = look(dataset, backbone, seed=seed)
    if recipe in PRESETS:
        return decide(recipe, options.budget_s, backbone, sight, partial(timed, dataset), seed=seed).config
    config = decide("quick", MOST_S, backbone, sight, lambda _config: AT_ONCE, seed=seed).config
    return dataclasses.replace(config, epochs=int(recipe.partition(":")[2]))


def timed(dataset: Dataset, config: FinetuneConfig) -> Timing:
    return time_modes(dataset, [config], anew=True)[0]


def trained(key: str, dataset: Dataset, recipe: str, options: argparse.Namespace, seed: int) -> Row:
    started, cpu_started = time.perf_counter(), time.process_time()
    config = config_of(recipe, dataset, options, seed)
    with tempfile.TemporaryDirectory() as folder:
        run = finetune(dataset, config, Path(folder) / "run")
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    features = extract(dataset, config.backbone)
    probe = fit_probe(features, ProbeConfig(seed=config.seed))
    frozen = {split: evaluate(probe.predict(features.of(split))).summary().accuracy for split in ("val", "test")}
    return Row(
        key=key,
        val=(run.metrics["val"].accuracy, frozen["val"]),
        test=(run.metrics["test"].accuracy, frozen["test"]),
        n=(len(dataset.split("train")), len(dataset.split("val")), len(dataset.split("test"))),
        seconds=seconds,
        cpu_s=cpu_s,
        what=f"{config.mode}{config.last_stages if config.mode == 'last' else ''}",
        kept=f"{run.kept.best_epoch}/{run.kept.weights}",
        epochs=run.kept.epochs,
    )


def rows_of(results: Path) -> Iterator[Row]:
    if results.exists():
        for line in results.read_text().splitlines():
            content = json.loads(line)
            yield Row(**{name: tuple(v) if isinstance(v, list) else v for name, v in content.items()})


def print_table(rows: Sequence[Row], *, with_test: bool) -> None:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.key.rpartition("/")[0], []).append(row)
    splits = ("val", "test") if with_test else ("val",)
    heads = "".join(f" {split}: probe | recipe | gain ± its error |" for split in splits)
    print(f"| photos / backbone / recipe | seeds | n |{heads} s | processor s | epochs |")
    print("|---" * (6 + 3 * len(splits)) + "|")
    for name, group in sorted(groups.items()):
        cells = "".join(f" {gains([getattr(row, split) for row in group])} |" for split in splits)
        n = "/".join(f"{count:.0f}" for count in group[0].n)
        took = " | ".join(
            f"{statistics.mean(getattr(row, name) for row in group):.0f}" for name in ("seconds", "cpu_s", "epochs")
        )
        print(f"| {name} | {len(group)} | {n} |{cells} {took} |")


def gains(pairs: Sequence[tuple[float, float]]) -> str:
    """The means over seeds of the probe and the recipe, and of their difference with its standard error."""
    differences = [recipe - probe for recipe, probe in pairs]
    error = statistics.stdev(differences) / len(pairs) ** 0.5 if len(pairs) > 1 else float("nan")
    probe, recipe = (statistics.mean(pair[which] for pair in pairs) for which in (1, 0))
    return f"{probe:.3f} | {recipe:.3f} | {100 * statistics.mean(differences):+.1f} ± {100 * error:.1f}"


if __name__ == "__main__":
    main()
