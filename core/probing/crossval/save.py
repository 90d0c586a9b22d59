"""A fitted probe becomes a run on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.backbones import registry
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import helpful_temperature, scores_of, with_temperature
from core.paths import write_bytes
from core.probing.probes.probe import Probe, ProbeConfig
from core.runs import HEAD, RULE, STRANGERS, STRANGERS_REPORT, TEST_SEEN, Run
from core.scores import KeptEpoch

if TYPE_CHECKING:
    from core.features.features import Features
    from core.probing.crossval.crossval import ProbeResult


def save_probe_run(
    features: Features, config: ProbeConfig, probe: Probe, result: ProbeResult | None, path: Path
) -> Run:
    """Writes a probe as a run of kind "probe" into the directory `path`: head, predictions, and the record last.

    A probe that is not affine has no head: its predictions can be judged, but it cannot be exported. One that is affine
    has its scores divided by a temperature, where that helps. It is fitted on the out-of-fold predictions, so neither
    validation nor test photos are touched: they judge what it brings.

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
    for name in (HEAD, RULE, TEST_SEEN, STRANGERS_REPORT, STRANGERS):  # of another probe that was fitted here
        (path / name).unlink(missing_ok=True)
    temperature = _temperature(probe, result, config)
    probe = probe.divided(temperature) if temperature != 1.0 else probe
    if probe.weight is not None and probe.bias is not None:
        head = {"weight": np.ascontiguousarray(probe.weight), "bias": np.ascontiguousarray(probe.bias)}
        write_bytes(path / HEAD, save(head))
    predictions = _predictions(features, probe, result, temperature)
    for split, split_predictions in predictions.items():
        split_predictions.save(path / "predictions" / f"{split}.npz")
    run = Run(
        path=path,
        backbone=features.backbone,
        classes=probe.classes,
        dataset_id=features.dataset_id,
        dataset_name=features.dataset_name,
        fingerprint=features.fingerprint,
        composition=features.counts(),
        chosen=dict(probe.chosen),
        preprocessing=info.preprocessing.with_levels(features.levels),
        config=config,
        metrics={split: evaluate(split_predictions).summary() for split, split_predictions in predictions.items()},
        seconds=(result.seconds if result else 0.0) + time.perf_counter() - started,
        weights_sha256=info.sha256,
        kept=KeptEpoch(temperature=temperature),
    )
    run.save()
    return run


def _temperature(probe: Probe, result: ProbeResult | None, config: ProbeConfig) -> float:
    """By which a probe's scores are divided; 1 where that does not help, or there is no head or cross-validation."""
    if result is None or not probe.affine:
        return 1.0
    return helpful_temperature(scores_of(result.oof), result.oof.y_true, seed=config.seed)


def _predictions(
    features: Features, probe: Probe, result: ProbeResult | None, temperature: float
) -> dict[str, Predictions]:
    predictions = {"oof": result.oof} if result else {}
    if temperature != 1.0:
        predictions = {split: with_temperature(each, temperature) for split, each in predictions.items()}
    for split in ("val", "test"):
        rows = features.of(split)
        if len(rows.y):
            predictions[split] = probe.predict(rows)
    return predictions
