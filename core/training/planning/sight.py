"""What a preset goes by: a probe of each stage, a probe on mirrored photos and with a smaller input, and the counts."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import numpy as np

from core.backbones.load import load
from core.backbones.registry import chosen
from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.errors import ProbeError
from core.evaluation.metrics import evaluate
from core.features.extract import extract
from core.features.features import Features
from core.features.phases import extracting, of_photos
from core.features.stages import stage_features
from core.i18n import gettext as _
from core.probing.comparison.shortlist import sample
from core.probing.probes.probe import Probe, ProbeConfig, fit_probe
from core.probing.studies.depth import probe_depth
from core.progress import Phase, Plan, Progress, Report, silent
from core.training.images.augmentation import Augmentation
from core.training.images.photos import Budget, Photos
from core.training.network.judging import logits
from core.training.planning.outlook import Extent
from core.training.planning.presets import Sight

_STAGE_PHOTOS = 300
"""So many training photos tell how a probe does after each stage."""
_FOLDS = 3
_MIRRORED = 200
"""So many validation photos are mirrored, at most."""
_SMALL = 0.75
"""Photos with at most this share of the input's side may do with a smaller input."""


def look(dataset: Dataset, backbone: str, report: Report = silent, *, seed: int = 0) -> Sight:
    """Measures what a preset goes by; features are kept in the store, so that a second look is quick.

    Args:
        dataset: with a training and a validation split.
        backbone: a name of the registry.
        report: of the whole.
        seed: of folds and samples.

    Raises:
        BackboneError: there is no such backbone, or its weights are not here.
        FeatureError: an image cannot be read.
    """
    started = time.perf_counter()
    info = find(backbone)
    plan = Plan(report, _parts(dataset, info))
    features = extract(dataset, backbone, report=plan.begin("features"))
    began = time.perf_counter()
    plan.begin("probe")(Progress(0, 0, _("Fitting a probe to the frozen backbone's features")))
    probe = _probe(features, seed)
    probe_s = time.perf_counter() - began
    plain = upright = mirrored = None
    if probe is not None:
        plain = evaluate(probe.predict(features.of("val"))).summary().accuracy
        upright, mirrored = _mirrored(dataset, probe, info, plan.begin("mirrored"))
    small_px = _small_px(dataset, info)
    small = _small(dataset, chosen(backbone, input_px=small_px), seed, plan.begin("small")) if small_px else None
    return Sight(
        extent=Extent(**{split: len(dataset.split(split)) for split in ("train", "val", "test")}),
        stages=len(info.stages) if info.trainable and not info.parts else 0,
        input_px=info.input_px,
        accuracies=_accuracies(dataset, info, seed, plan.begin("stages")),
        plain=plain,
        upright=upright,
        mirrored=mirrored,
        small_px=small_px,
        small=small,
        probe_s=probe_s,
        spent_s=time.perf_counter() - started,
    )


def _parts(dataset: Dataset, info: BackboneInfo) -> dict[str, tuple[Phase, ...]]:
    n_val, n_train = len(dataset.split("val")), len(dataset.split("train"))
    return {
        "features": extracting(dataset, info.name),
        "probe": (Phase(f"fit/logistic/{info.name}", 1.0),),
        "mirrored": of_photos(info, 2 * min(n_val, _MIRRORED)),
        "small": (),
        "stages": (*of_photos(info, min(n_train, _STAGE_PHOTOS)), Phase(f"study/depth/{info.name}", 3.0)),
    }


def _probe(features: Features, seed: int) -> Probe | None:
    try:
        return fit_probe(features, ProbeConfig(seed=seed))
    except ProbeError:
        return None


def _mirrored(dataset: Dataset, probe: Probe, info: BackboneInfo, report: Report) -> tuple[float, float]:
    """The accuracy of a probe on some validation photos, and on the same ones mirrored."""
    items = dataset.split("val")
    items = items[:: -(-len(items) // _MIRRORED)]
    preprocessing, backbone = info.preprocessing.with_levels(dataset.levels), load(info.name)
    rights = []
    for number, flip in enumerate((None, 1.0)):
        photos = Photos(dataset, items, Augmentation(horizontal_flip=flip), preprocessing, Budget(0))
        before = number * len(items)

        def looked(n: int, before: int = before) -> None:
            report(Progress(before + n, 2 * len(items), _("Looking at mirrored photos")))

        X = logits(backbone, photos, looked)
        rights.append(float(np.mean(probe.predict_proba(X.numpy()).argmax(1) == photos.y.numpy())))
    return rights[0], rights[1]


def _small_px(dataset: Dataset, info: BackboneInfo) -> int:
    """The least input that shows most photos in all their pixels, where it is well below the backbone's own."""
    side = median(min(item.width, item.height) for item in dataset.split("train"))
    if not side or side > _SMALL * info.input_px or info.parts or not info.sizes:
        return 0
    px = next((px for px in info.sizes if px >= side), info.input_px)
    return px if px <= _SMALL * info.input_px else 0


def _small(dataset: Dataset, backbone: str, seed: int, report: Report) -> float | None:
    features = extract(dataset, backbone, report=report)
    probe = _probe(features, seed)
    return None if probe is None else evaluate(probe.predict(features.of("val"))).summary().accuracy


def _accuracies(dataset: Dataset, info: BackboneInfo, seed: int, report: Report) -> tuple[float, ...]:
    """The accuracy of a probe after each stage, on a sample of the training photos."""
    if len(info.stages) < 2 or info.parts:
        return ()
    sampled = sample(dataset, seed, _STAGE_PHOTOS)
    plan = Plan(report, {"features": of_photos(info, len(sampled.items)), "probes": (Phase("study/depth", 3.0),)})
    stages = stage_features(sampled, info.name, report=plan.begin("features"))
    try:
        study = probe_depth(stages, replace(ProbeConfig(seed=seed), folds=_FOLDS, repeats=1), plan.begin("probes"))
    except ProbeError:
        return ()
    return tuple(stage.accuracy_mean for stage in study.stages)
