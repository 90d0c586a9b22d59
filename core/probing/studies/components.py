"""How many principal components a probe needs: its accuracy against their number, inside the training split.

Components of a PCA are nested: the first 8 of 64 are those of a PCA to 8. So one PCA a training fold serves them all.
What is fitted and chosen (scaler, PCA, C, k) is so inside each training fold and each number of components.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.features.reduce import Reduction
from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.comparison.candidates import candidate
from core.probing.comparison.verdict import Pair, compared
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.probes import kinds
from core.probing.probes.preprocessing import fit_preprocessing
from core.probing.probes.probe import ProbeConfig, fit_classifier, has_converged
from core.probing.probes.tuning import View, inner_folds, is_tuned, tune, views_of
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features


@dataclass(frozen=True, eq=False)
class Components:
    """How well a probe does with so many principal components.

    Attributes:
        backbone: whose features.
        whiten: whether the components had the same variance.
        results: what the probe reached, by rising number of components; `feature_dim` is that number.
        variance: the share of the features' variance that each keeps, the mean over the folds.
        pairs: the best number against each other one, in the order of `results`.
        best: the number with the highest mean accuracy.
        recommended: the fewest that the best is not likely to beat by more than a point.
    """

    backbone: str
    whiten: bool
    results: tuple[ProbeResult, ...]
    variance: tuple[float, ...]
    pairs: tuple[Pair, ...]
    best: int
    recommended: int

    @property
    def why(self) -> str:
        """What to take, and why, in words."""
        all_of_them = self.results[-1].feature_dim
        facts = {"few": named(self.recommended), "all": all_of_them, "best": named(self.best)}
        if self.recommended == self.best:
            return _("{best} do best, and no fewer are as good in practice (of {all}).").format(**facts)
        pair = next(pair for pair in self.pairs if pair.b == reduced_to(self.recommended))
        text = (
            _("{few} of {all} are enough. {sentence}")
            if pair.p_same >= 0.5
            else _("{few} of {all} cannot be told apart from the best number on these photos. {sentence}")
        )
        return text.format(**facts, sentence=pair.sentence)

    def as_json(self) -> dict[str, object]:
        """The document of `components --json`."""
        first = self.results[0]
        points = [
            {
                "components": result.feature_dim,
                "variance": share,
                "accuracy_mean": result.accuracy_mean,
                "accuracy_ci": list(result.accuracy_ci),
                "fold_accuracy": list(result.fold_accuracy),
            }
            for result, share in zip(self.results, self.variance, strict=True)
        ]
        return {
            "backbone": self.backbone,
            "probe": first.probe,
            "whiten": self.whiten,
            "folds": first.folds,
            "repeats": first.repeats,
            "n": len(first.oof),
            "points": points,
            "pairs": [pair.as_json() for pair in self.pairs],
            "best": self.best,
            "recommended": self.recommended,
            "why": self.why,
            "seconds": first.seconds,
            "notes": list(first.notes),
        }


def named(components: int) -> str:
    """So many components, in words."""
    return ngettext("{n} component", "{n} components", components).format(n=components)


def reduced_to(components: int) -> str:
    """What a probe on so many components is called where it is compared."""
    return _("PCA to {n}").format(n=components)


def probe_components(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> Components:
    """Cross-validates a probe with 1, 2, 4, 8, … and all principal components, inside the split "train".

    Args:
        features: one backbone's.
        config: how to probe; of its reduction only whether to whiten is looked at.
        report: told of every fold.

    Raises:
        ProbeError: too few images of a class, or the features are not finite.
    """
    config = config or ProbeConfig()
    started = time.perf_counter()
    train = features.of("train")
    repeats = draw_repeats(train, config)
    widths = widths_up_to(min(train.X.shape[1], *(len(fold.fit) - 1 for fold in repeats.folds)))
    outcomes = repeats.run(partial(_judge, train, config, widths), report, _progress, train.backbone)
    seconds = time.perf_counter() - started
    results = [
        ProbeResult(
            backbone=train.backbone,
            probe=config.probe,
            feature_dim=width,
            images_per_s=float(train.images_per_s),
            size_mb=0.0,
            seconds=seconds,
            held_out=HeldOut(
                train.classes, train.y, train.ids, repeats.numbers,
                repeats.put_together([outcome.proba[at] for outcome in outcomes]),
            ),
            notes=(*filter(None, (train.note,)), *repeats.notes),
        )
        for at, width in enumerate(widths)
    ]  # fmt: skip
    if not all(outcome.converged for outcome in outcomes):
        results = [replace(result, converged=False, notes=(*result.notes, _rough())) for result in results]
    variance = tuple(float(share) for share in np.mean([outcome.variance for outcome in outcomes], axis=0))
    return _components(train.backbone, config.pca.whiten, results, variance)


def _progress(done: int, folds: int) -> str:
    return _("counting components, {done} of {folds} folds").format(done=done, folds=folds)


def widths_up_to(most: int) -> tuple[int, ...]:
    """1, 2, 4, 8, … and `most` itself."""
    powers = [2**power for power in range(most.bit_length())]
    return tuple(sorted({*(width for width in powers if width <= most), most}))


@dataclass(frozen=True, eq=False)
class _Outcome:
    """One fold at w widths.

    Attributes:
        proba: (w, m, c) the probabilities of the m rows held out.
        variance: (w,) the share of the variance that each width keeps.
        converged: whether the optimiser finished at every width.
    """

    proba: NDArray[np.float32]
    variance: NDArray[np.float64]
    converged: bool


def _judge(train: Features, config: ProbeConfig, widths: Sequence[int], fold: Fold) -> _Outcome:
    kind = kinds.find(config.probe)
    X, y, groups = train.X[fold.fit], train.y[fold.fit], train.groups[fold.fit]
    reduction = Reduction("pca", max(widths), config.pca.whiten)
    inner = inner_folds(y, groups, len(train.classes), config.seed) if is_tuned(kind, config.c) else ()
    views = views_of(X, y, inner, reduction, config.seed)
    preprocessing = fit_preprocessing(X, y, reduction, config.seed)
    Z_held = preprocessing(train.X[fold.held])
    proba, converged = [], True
    for width in widths:
        chosen = tune(kind, [_cut(view, width) for view in views], config.seed, config.c)
        classifier = fit_classifier(kind, _first(preprocessing.Z, width), y, chosen, config.seed)
        proba.append(classifier.predict_proba(_first(Z_held, width)))
        converged = converged and has_converged(classifier)
    shares = np.cumsum(preprocessing.steps[-1][1].explained_variance_ratio_)
    variance = shares[np.minimum(widths, len(shares)) - 1]
    return _Outcome(np.asarray(proba, dtype=np.float32), variance, converged)


def _first(Z: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(Z[:, :width])


def _cut(view: View, width: int) -> View:
    return replace(view, Z=_first(view.Z, width), Z_held=_first(view.Z_held, width))


def _rough() -> str:
    return _("With some numbers of components the optimiser stopped before it was done: those accuracies are rough.")


def _components(backbone: str, whiten: bool, results: Sequence[ProbeResult], variance: tuple[float, ...]) -> Components:
    """Which number is best, and which are as good: fewer first where two are equally accurate."""
    best = max(results, key=lambda result: result.accuracy_mean)
    candidates = [replace(candidate(result), name=reduced_to(result.feature_dim)) for result in results]
    top = candidates[list(results).index(best)]
    pairs = {
        result.feature_dim: compared(top, other, best.folds) for result, other in zip(results, candidates, strict=True)
    }
    enough = min(n for n, pair in pairs.items() if pair.p_better <= 0.5 or n == best.feature_dim)
    others = tuple(pair for n, pair in pairs.items() if n != best.feature_dim)
    return Components(backbone, whiten, tuple(results), variance, others, best.feature_dim, enough)
