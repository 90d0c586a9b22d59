"""How long each mode of fine-tuning takes on this machine, and what it brings on a given zip.

    python -m benchmarks.finetuning photos.zip [--backbone NAME] [--epochs N] [--augment standard] [--seeds 0,1,2]

The epoch is chosen on validation, so the validation accuracy is a little too good; the test accuracy is not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from core.backbones.registry import backbones
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.paths import DEFAULT_WORKSPACE
from core.scores import SplitScore
from core.training.choices import MODES
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import read_history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a zip, a folder or sample:NAME")
    parser.add_argument("--backbone", default=next(info.name for info in backbones() if info.trainable))
    parser.add_argument(
        "--modes", default=",".join(mode for mode in MODES if mode != "lora"), help="lora is for transformers"
    )
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--optimizer")
    parser.add_argument("--augment", help="as `python -m core finetune --augment` takes it")
    parser.add_argument("--seeds", default="0")
    given = parser.parse_args()
    dataset = ingest(given.data, DEFAULT_WORKSPACE)
    shared = {"epochs": given.epochs, "lr": given.lr, "optimizer": given.optimizer, "augmentation": given.augment}
    print(f"{dataset.name}: { ({split: len(dataset.split(split)) for split in dataset.counts()}) }, {given.backbone}")
    print("| mode | seed | lr | total s | s/epoch | best epoch | val accuracy (95 % interval, n) | test accuracy |")
    print("|---|---|---|---|---|---|---|---|")
    for mode in given.modes.split(","):
        for seed in map(int, given.seeds.split(",")):
            config = FinetuneConfig.from_json({"backbone": given.backbone, "mode": mode, "seed": seed, **shared})
            with tempfile.TemporaryDirectory() as folder:
                print(row(dataset, config, Path(folder) / "run"), flush=True)


def row(dataset: Dataset, config: FinetuneConfig, out: Path) -> str:
    started = time.perf_counter()
    run = finetune(dataset, config, out)
    total_s = time.perf_counter() - started
    epochs = read_history(out)
    epoch_s = sum(epoch.seconds for epoch in epochs) / len(epochs)
    test = run.metrics.get("test")
    return (
        f"| {config.mode} | {config.seed} | {config.lr:g} | {total_s:.1f} | {epoch_s:.2f} | "
        f"{run.kept.best_epoch} of {run.kept.epochs} | {accuracy(run.metrics['val'])} | "
        f"{accuracy(test) if test else '–'} |"
    )


def accuracy(score: SplitScore) -> str:
    low, high = score.accuracy_ci
    return f"{score.accuracy:.3f} ({low:.3f}–{high:.3f}, {score.n})"


if __name__ == "__main__":
    main()
