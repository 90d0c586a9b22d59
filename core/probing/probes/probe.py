"""A probe: a simple classifier on frozen features, which shows how much a backbone already knows.

Scaling, the optional reduction and the classifier are one scikit-learn pipeline, which is fitted, and whose settings
are chosen, without the rows that it is later judged on. Where all three are affine, a fitted probe is one weight matrix
and one bias: a head for any framework.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.evaluation.predictions import Predictions, softmax
from core.features.reduce import Reduction, parse
from core.i18n import gettext as _
from core.probing.probes import kinds
from core.probing.probes.kinds import Kind
from core.probing.probes.preprocessing import fit_preprocessing
from core.probing.probes.tuning import inner_folds, is_tuned, tune, views_of
from core.probing.resampling.parallel import one_thread

if TYPE_CHECKING:
    from core.features.features import Features


@dataclass(frozen=True)
class ProbeConfig:
    """How features are probed.

    Attributes:
        probe: the name of one of `core.probing.probes.kinds.KINDS`.
        c: the inverse of the penalty's strength, for the kinds that have one; None to choose it by cross-validation
            inside the rows that a probe is fitted on.
        pca: the reduction between scaling and classifier; by default none.
        folds: how many parts the training split is cross-validated in, at least 2.
        repeats: how often that is done, each time with other folds, 1 to 100.
        seed: of the folds, the reduction and the classifier.

    Raises:
        ProbeError: a value is out of its range.
    """

    run_kind: ClassVar[str] = "probe"
    probe: str = "logistic"
    c: float | None = None
    pca: Reduction = field(default_factory=Reduction)
    folds: int = 5
    repeats: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        kinds.find(self.probe)
        if self.c is not None and not (math.isfinite(self.c) and self.c > 0):
            raise ProbeError(_("The probe's C is greater than 0, not {value}.").format(value=self.c))
        if self.folds < 2:
            raise ProbeError(_("Cross-validation needs at least 2 folds, not {value}.").format(value=self.folds))
        if not 1 <= self.repeats <= 100:
            raise ProbeError(_("Cross-validation is repeated 1 to 100 times, not {value}.").format(value=self.repeats))
        if not 0 <= self.seed < 2**32:
            raise ProbeError(_("A seed is a whole number from 0 to 4294967295, not {value}.").format(value=self.seed))

    @property
    def method(self) -> str:
        """The kind of probe, which is how a run with this config was fitted."""
        return self.probe

    def to_json(self) -> dict[str, Any]:
        """The config as a run's record and a request keep it, with `pca` as a user writes it ("64", "0.95" or "")."""
        return {
            "probe": self.probe, "c": self.c, "pca": str(self.pca), "folds": self.folds, "repeats": self.repeats,
            "seed": self.seed,
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ProbeConfig:
        """The config in the JSON object of `to_json`; a value that is missing takes its default.

        Raises:
            GraftError: a value is out of its range.
        """
        known = {key: content[key] for key in ("probe", "c", "folds", "repeats", "seed") if key in content}
        return cls(pca=parse(str(content.get("pca", ""))), **known)


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted probe over features of width d and c classes.

    Attributes:
        weight: (c, d) float32 where the probe is affine, so that the class probabilities are
            softmax(X @ weight.T + bias); else None.
        bias: (c,) float32, or None.
        classes: the c class names.
        pipeline: the fitted scikit-learn pipeline, which gives the same probabilities.
        n: how many images it was fitted on.
        converged: whether the optimiser finished; if not, the result may depend on where it stopped.
        chosen: the classifier's settings, chosen inside those images: "c", "k", "temperature".
    """

    weight: NDArray[np.float32] | None
    bias: NDArray[np.float32] | None
    classes: tuple[str, ...]
    pipeline: Any
    n: int
    converged: bool
    chosen: Mapping[str, float] = field(default_factory=dict)

    @property
    def affine(self) -> bool:
        """Whether it is a weight and a bias, which a bundle can hold."""
        return self.weight is not None

    def divided(self, temperature: float) -> Probe:
        """This probe, which has to be affine, with its scores divided by a temperature; its pipeline stays."""
        assert self.weight is not None
        assert self.bias is not None
        weight, bias = ((part / temperature).astype(np.float32) for part in (self.weight, self.bias))
        return replace(self, weight=weight, bias=bias)

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, c) float32, rows sum to 1, for X of shape (n, d).

        Raises:
            ProbeError: X has another width.
        """
        d = int(self.pipeline[0].n_features_in_)
        if X.ndim != 2 or X.shape[1] != d:
            raise ProbeError(
                _("This probe takes features of the shape (n, {d}), not {actual}.").format(d=d, actual=X.shape)
            )
        if not len(X):
            return np.zeros((0, len(self.classes)), dtype=np.float32)
        if self.weight is None or self.bias is None:
            with one_thread():
                return np.asarray(self.pipeline.predict_proba(X), dtype=np.float32)
        return softmax(X.astype(np.float64) @ self.weight.T.astype(np.float64) + self.bias)

    def predict(self, features: Features) -> Predictions:
        """The probe's predictions for all rows of `features`, which are of one split."""
        split = str(features.split[0]) if len(features.split) else ""
        return Predictions(self.classes, features.y, self.predict_proba(features.X), features.ids, split)


def fit_probe(features: Features, config: ProbeConfig | None = None) -> Probe:
    """Fits a probe on the rows of the split "train", and on no others.

    Raises:
        ProbeError: a class has no training image, or the features are not finite.
    """
    train = features.of("train")
    return fit_rows(train.X, train.y, features.classes, config or ProbeConfig(), train.groups)


def fit_rows(
    X: NDArray[np.float32],
    y: NDArray[np.int64],
    classes: tuple[str, ...],
    config: ProbeConfig,
    groups: NDArray[np.int64] | None = None,
) -> Probe:
    """Fits a probe on exactly these rows, and chooses its settings on them alone; for `fit_probe` and cross-validation.

    Args:
        X: (n, d) features.
        y: (n,) class indices.
        classes: the class names.
        config: how to probe; its folds are not used.
        groups: (n,) rows with the same number stay on one side of the inner folds; None where no two rows belong
            together.

    Raises:
        ProbeError: a class has no image, the features are not finite, or there are too many images for this kind.
    """
    kind = kinds.find(config.probe)
    _check(X, y, classes, kind)
    X = np.ascontiguousarray(X, dtype=np.float32)
    groups = np.arange(len(y)) if groups is None else groups
    with one_thread():
        folds = inner_folds(y, groups, len(classes), config.seed) if is_tuned(kind, config.c) else ()
        chosen = tune(kind, views_of(X, y, folds, config.pca, config.seed), config.seed, config.c)
        preprocessing = fit_preprocessing(X, y, config.pca, config.seed)
        model = fit_classifier(kind, preprocessing.Z, y, chosen, config.seed)
    return _probe([*preprocessing.steps, ("classify", model)], kind, classes, len(y), chosen)


def fit_classifier(
    kind: Kind, Z: NDArray[np.float32], y: NDArray[np.int64], chosen: Mapping[str, float], seed: int
) -> Any:
    """Fits a kind's classifier, with chosen settings, on rows that are scaled and reduced: Z (n, d'), y (n,)."""
    classifier = kind.build(chosen.get(kind.setting, kind.default), seed)
    if kind.temperature_scaled:
        from core.probing.probes.estimators import TemperatureScaled

        classifier = TemperatureScaled(classifier, chosen["temperature"])
    return classifier.fit(Z, y)


def has_converged(classifier: Any) -> bool:
    """Whether a fitted classifier's optimiser finished; one without steps always has."""
    fitted = getattr(classifier, "classifier_", classifier)
    max_iter = getattr(fitted, "max_iter", -1)
    return max_iter < 0 or int(np.max(getattr(fitted, "n_iter_", 0))) < max_iter


def _probe(
    steps: list[tuple[str, Any]], kind: Kind, classes: tuple[str, ...], n: int, chosen: Mapping[str, float]
) -> Probe:
    from sklearn.pipeline import Pipeline

    weight = bias = None
    if kind.affine:
        weight, bias = (part.astype(np.float32) for part in _affine(steps))
    return Probe(weight, bias, tuple(classes), Pipeline(steps), n, has_converged(steps[-1][1]), chosen)


def _check(X: NDArray[np.float32], y: NDArray[np.int64], classes: tuple[str, ...], kind: Kind) -> None:
    counts = np.bincount(y, minlength=len(classes))
    if len(classes) < 2:
        raise ProbeError(_("A probe tells classes apart and needs at least 2, not {n}.").format(n=len(classes)))
    if not counts.all():
        raise ProbeError(
            _("The class '{name}' has no photo to train on. Add photos or remove the class.").format(
                name=classes[int(counts.argmin())]
            )
        )
    if not np.isfinite(X).all():
        raise ProbeError(_("The features hold numbers that are not finite; extract them again."))
    if counts.max() < kind.least:
        raise ProbeError(_("{probe} needs a class with at least 2 photos. Add photos.").format(probe=kind.label))
    if kind.most and len(y) > kind.most:
        raise ProbeError(
            _("{probe}: {n} photos take hours, as the cost grows with their square. Choose another probe.").format(
                probe=kind.label, n=len(y)
            )
        )


def _affine(steps: list[tuple[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The steps' logits as one affine map of raw features: weight (c, d) and bias (c,), in float64.

    Of two classes, scikit-learn has one logit, for the second; half of it with either sign has the same softmax.
    """
    classifier = steps[-1][1]
    weight = np.asarray(classifier.coef_, dtype=np.float64)
    bias = np.asarray(classifier.intercept_, dtype=np.float64)
    if len(weight) == 1:
        weight, bias = np.vstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    for _name, step in reversed(steps[:-1]):
        if hasattr(step, "scalings_"):  # LDA projects and does not centre
            weight = weight @ step.scalings_[:, : weight.shape[1]].T
            continue
        if hasattr(step, "components_"):
            # scikit-learn divides by no less than this either, where the rows do not differ at all
            spread = np.maximum(np.sqrt(step.explained_variance_), np.finfo(np.float64).eps) if step.whiten else 1.0
            weight = (weight / spread) @ step.components_
        else:
            weight = weight / step.scale_
        bias = bias - weight @ step.mean_.astype(np.float64)
    return weight, bias
