"""A fitted probe becomes a run on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.backbones import registry
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.paths import write_bytes
from core.probing.probes.probe import Probe, ProbeConfig
from core.runs import HEAD, Run

if TYPE_CHECKING:
    from core.features.features import Features
    from core.probing.crossval.crossval import ProbeResult


def save_probe_run(
    features: Features, config: ProbeConfig, probe: Probe, result: ProbeResult | None, path: Path
) -> Run:
    """Writes a probe as a run of kind "probe" into the directory `path`: head, predictions, and the record last.

    A probe that is not affine has no head: its predictions can be judged, but it cannot be exported.

    Args:
        features: what the probe was fitted on; its validation and test rows are predicted here.
        config: how it was fitted.
        probe: the fitted probe.
        result: its cross-validation, whose out-of-fold predictions are kept as the split "oof"; None without one.
        path: the run's directory; it is made where it is missing.
    """
    from safetensors.numpy import save

    started = time.perf_counter()
    info = registry.info(features.backbone)
    (path / HEAD).unlink(missing_ok=True)  # of another probe that was fitted here
    if probe.weight is not None and probe.bias is not None:
        head = {"weight": np.ascontiguousarray(probe.weight), "bias": np.ascontiguousarray(probe.bias)}
        write_bytes(path / HEAD, save(head))
    predictions = _predictions(features, probe, result)
    for split, split_predictions in predictions.items():
        split_predictions.save(path / "predictions" / f"{split}.npz")
    run = Run(
        path=path,
        backbone=features.backbone,
        classes=probe.classes,
        dataset_id=features.dataset_id,
        dataset_name=features.dataset_name,
        fingerprint=features.fingerprint,
        preprocessing=info.preprocessing.with_levels(features.levels),
        config=config,
        metrics={split: evaluate(split_predictions).summary() for split, split_predictions in predictions.items()},
        seconds=(result.seconds if result else 0.0) + time.perf_counter() - started,
        weights_sha256=info.sha256,
    )
    run.save()
    return run


def _predictions(features: Features, probe: Probe, result: ProbeResult | None) -> dict[str, Predictions]:
    predictions = {"oof": result.oof} if result else {}
    for split in ("val", "test"):
        rows = features.of(split)
        if len(rows.y):
            predictions[split] = probe.predict(rows)
    return predictions
