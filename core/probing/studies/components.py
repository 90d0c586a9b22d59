"""How many principal components a probe needs: its accuracy against their number, inside the training split.

Components of a PCA are nested: the first 8 of 64 are those of a PCA to 8. So one PCA for each training fold serves all
numbers. The scaler and the PCA are fitted inside each training fold, and C or k is chosen there for each number.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.features.reduce import Reduction
from core.i18n import gettext as _
from core.probing.comparison.against import BackbonePair, compared
from core.probing.comparison.candidates import candidate
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut
from core.probing.crossval.repeats import Fold, Repeats, draw_repeats
from core.probing.facts import DatasetFacts
from core.probing.probes import kinds
from core.probing.probes.preprocessing import fit_preprocessing
from core.probing.probes.probe import ProbeConfig, fit_classifier, has_converged
from core.probing.probes.tuning import View, inner_folds, is_tuned, tune, views_of
from core.probing.studies.component_counts import Components, Count, reduced_to
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features


def probe_components(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> Components:
    """Cross-validates a probe with 1, 2, 4, 8, … and all principal components, inside the split "train".

    Args:
        features: one backbone's.
        config: how to probe; of its reduction only `whiten` is used.
        report: called after every fold.

    Raises:
        ProbeError: a class has too few images, or the features are not finite, or the same for all images.
    """
    config = config or ProbeConfig()
    started = time.perf_counter()
    train = features.of("train")
    if train.is_constant:
        raise ProbeError(
            _("{why} There are no components to count. Look at the photos, or take another backbone.").format(
                why=train.all_alike
            )
        )
    repeats = draw_repeats(train, config)
    widths = widths_up_to(min(train.X.shape[1], *(len(fold.fit) - 1 for fold in repeats.folds)))
    outcomes = repeats.run(partial(_judge, train, config, widths), report, _progress, train.backbone)
    results = _results(train, config.probe, repeats, widths, outcomes)
    variance = np.mean([outcome.variance for outcome in outcomes], axis=0)
    points = tuple(Count.of(result, float(share)) for result, share in zip(results, variance, strict=True))
    best, recommended, pairs = _recommend(results)
    return Components(
        backbone=train.backbone,
        probe=config.probe,
        whiten=config.pca.whiten,
        folds=repeats.folds_each,
        repeats=config.repeats,
        n=len(train.y),
        points=points,
        pairs=pairs,
        best=best,
        recommended=recommended,
        seconds=time.perf_counter() - started,
        notes=results[0].notes,
        seed=config.seed,
        dataset=DatasetFacts.of_features(features),
    )


def _progress(done: int, folds: int) -> str:
    return _("counting components, {done} of {folds} folds").format(done=done, folds=folds)


def widths_up_to(most: int) -> tuple[int, ...]:
    """1, 2, 4, 8, … and `most` itself."""
    powers = [2**power for power in range(most.bit_length())]
    return tuple(sorted({*(width for width in powers if width <= most), most}))


@dataclass(frozen=True, eq=False)
class _FoldPredictions:
    """One fold at w numbers of components.

    Attributes:
        proba: (w, m, c) the probabilities of the m rows held out.
        variance: (w,) the share of the variance that each number keeps.
        converged: whether the optimiser finished with every number.
    """

    proba: NDArray[np.float32]
    variance: NDArray[np.float64]
    converged: bool


def _judge(train: Features, config: ProbeConfig, widths: Sequence[int], fold: Fold) -> _FoldPredictions:
    kind = kinds.find(config.probe)
    X, y, groups = train.X[fold.fit], train.y[fold.fit], train.groups[fold.fit]
    reduction = Reduction("pca", max(widths), config.pca.whiten)
    inner = inner_folds(y, groups, len(train.classes), config.seed) if is_tuned(kind, config.c) else ()
    views = views_of(X, y, inner, reduction, config.seed)
    preprocessing = fit_preprocessing(X, y, reduction, config.seed)
    Z_held = preprocessing(train.X[fold.held])
    proba, converged = [], True
    for width in widths:
        settings = tune(kind, [_cut(view, width) for view in views], config.seed, config.c)
        classifier = fit_classifier(kind, _first(preprocessing.Z, width), y, settings, config.seed)
        proba.append(classifier.predict_proba(_first(Z_held, width)))
        converged = converged and has_converged(classifier)
    shares = np.cumsum(preprocessing.steps[-1][1].explained_variance_ratio_)
    variance = np.nan_to_num(shares[np.minimum(widths, len(shares)) - 1], nan=1.0)  # where there is none, none is lost
    return _FoldPredictions(np.asarray(proba, dtype=np.float32), variance, converged)


def _first(Z: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(Z[:, :width])


def _cut(view: View, width: int) -> View:
    return replace(view, Z=_first(view.Z, width), Z_held=_first(view.Z_held, width))


def _results(
    train: Features, probe: str, repeats: Repeats, widths: Sequence[int], outcomes: Sequence[_FoldPredictions]
) -> list[ProbeResult]:
    """The cross-validation at each width; the time is measured for all of them together, not here."""
    converged = all(outcome.converged for outcome in outcomes)
    rough = "" if converged else _rough()
    notes = tuple(filter(None, (train.note, *repeats.notes, rough)))
    results = []
    for position, width in enumerate(widths):
        proba = repeats.assembled([outcome.proba[position] for outcome in outcomes])
        held_out = HeldOut(train.classes, train.y, train.ids, repeats.numbers, proba)
        speed = float(train.images_per_s)
        results.append(ProbeResult(train.backbone, probe, width, speed, 0.0, 0.0, held_out, converged, notes))
    return results


def _rough() -> str:
    return _("With some numbers of components the optimiser stopped before it was done: those accuracies are rough.")


def _recommend(results: Sequence[ProbeResult]) -> tuple[int, int, tuple[BackbonePair, ...]]:
    """The best number (the fewest of equal ones), the fewest that are as good, and the best against each other one."""
    best = max(results, key=lambda result: result.accuracy_mean)
    candidates = [replace(candidate(result), name=reduced_to(result.feature_dim)) for result in results]
    best_candidate = candidates[list(results).index(best)]
    pairs = {
        result.feature_dim: compared(best_candidate, rival, best.folds)
        for result, rival in zip(results, candidates, strict=True)
    }
    enough = min(count for count, pair in pairs.items() if pair.p_better <= 0.5 or count == best.feature_dim)
    rivals = tuple(pair for count, pair in pairs.items() if count != best.feature_dim)
    return best.feature_dim, enough, rivals
