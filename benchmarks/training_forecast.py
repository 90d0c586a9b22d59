"""How true the forecast of a training is: python -m benchmarks.training_forecast photos.zip

    --backbones graft_residual,graft_residual@64    whose trainings are forecast
    --modes head,last,full                          what learns
    --epochs 2                                      of each
    --results FILE                                  JSON lines, which grow; what is in there is not run again

For each backbone and mode a few batches are timed right before the training, which is then run. Printed are the
seconds that were forecast and that it took, for the epochs alone and for all, with their ratio: the aim is at most 1.5
either way. Where other programs want the cores, the ratio tells as much about them as about the forecast, so the share
of the cores that the training got is printed beside it.

With `--budget-s N`, also whether the preset "quick" keeps its budget: what it took against N; the aim is at most 1.3.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.backbones.registry import info
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.features.extract import extract
from core.machine import cores
from core.progress import silent
from core.tasks.presetting import config_for
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.planning.outlook import Extent, Outlook, outlook, probe_seconds
from core.training.planning.presets import in_mode, usual
from core.training.planning.timing import time_modes
from core.training.results.history import read_history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("--backbones", default="graft_residual,graft_residual@64,efficientnet_lite0")
    parser.add_argument("--modes", default="head,last,full")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--budget-s", type=float, default=0.0)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args()
    dataset = ingest(options.photos)
    known = {row["key"] for row in rows_of(options.results)}
    for backbone in options.backbones.split(","):
        for mode in options.modes.split(","):
            key = f"{dataset.name}/{backbone}/{mode}/{options.epochs}"
            if key not in known:
                kept(options.results, measured(key, dataset, backbone, mode, options.epochs))
        if options.budget_s and (key := f"{dataset.name}/{backbone}/quick/{options.budget_s:g}") not in known:
            kept(options.results, budgeted(key, dataset, backbone, options.budget_s))
    print_table(list(rows_of(options.results)))


def measured(key: str, dataset: Dataset, backbone: str, mode: str, epochs: int) -> dict[str, Any]:
    """A training's forecast, and what it took; its features are in the store before."""
    features = extract(dataset, backbone)
    config = replace(in_mode(usual(backbone), mode, 1), epochs=epochs)
    seen = forecast(dataset, config, len(features.classes))
    started, cpu_started = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        finetune(dataset, config, Path(folder) / "run")
        took_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
        epochs_s = sum(epoch.seconds for epoch in read_history(Path(folder) / "run") if epoch.epoch)
    return {
        "key": key, "forecast_s": seen.seconds, "took_s": took_s, "epochs_forecast_s": epochs * seen.epoch_s,
        "epochs_s": epochs_s, "cores": cpu_s / took_s,
    }  # fmt: skip


def forecast(dataset: Dataset, config: FinetuneConfig, classes: int) -> Outlook:
    extent = Extent(**{split: len(dataset.split(split)) for split in ("train", "val", "test")})
    timing = time_modes(dataset, [config], anew=True)[0]
    return outlook(timing, config, extent, probe_seconds(config, extent, classes, info(config.backbone)))


def budgeted(key: str, dataset: Dataset, backbone: str, budget_s: float) -> dict[str, Any]:
    """What the preset "quick" takes, its look at the photos included."""
    request = FinetuneRequest(dataset=dataset.id, config=FinetuneConfig(backbone), preset="quick", budget_s=budget_s)
    started, cpu_started = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        finetune(dataset, config_for(dataset, request, out, silent), out)
    took_s = time.perf_counter() - started
    return {
        "key": key, "forecast_s": budget_s, "took_s": took_s, "cores": (time.process_time() - cpu_started) / took_s,
    }  # fmt: skip


def rows_of(results: Path) -> Iterator[dict[str, Any]]:
    if results.exists():
        yield from map(json.loads, results.read_text().splitlines())


def kept(results: Path, row: dict[str, Any]) -> None:
    with results.open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(row, flush=True)


def print_table(rows: list[dict[str, Any]]) -> None:
    heads = "epochs: forecast | took | all: forecast | took | ratio"
    print(f"| photos / backbone / mode / epochs | {heads} | of {cores()} cores |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        epochs = f"{row['epochs_forecast_s']:.0f} | {row['epochs_s']:.0f}" if "epochs_s" in row else "– | –"
        ratio = row["took_s"] / row["forecast_s"]
        took = f"{row['forecast_s']:.0f} | {row['took_s']:.0f} | {ratio:.2f} | {row['cores']:.1f}"
        print(f"| {row['key']} | {epochs} | {took} |")


if __name__ == "__main__":
    main()
