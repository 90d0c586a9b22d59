"""A probe: a simple classifier on frozen features, which shows how much a backbone already knows.

Scaling, the optional reduction and the classifier are one scikit-learn pipeline, so none of them ever sees a row that
it is later judged on. All three are affine, so that a fitted probe is one weight matrix and one bias: a head that any
framework can carry.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.evaluation.predictions import Predictions
from core.features.reduce import Reduction, parse
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.features.extract import Features

MAX_ITERATIONS = 2000
_PROBES = ("logistic",)


@dataclass(frozen=True)
class ProbeConfig:
    """How features are probed.

    Attributes:
        probe: "logistic", multinomial logistic regression with an L2 penalty.
        c: the inverse of the penalty's strength; on standardised features a small one does best on few images.
        pca: the reduction between scaling and classifier; by default none.
        folds: how many parts the training split is cross-validated in, at least 2.
        repeats: how often that is done, each time with other folds, at least 1.
        seed: of the folds and of the reduction.

    Raises:
        ProbeError: a value is out of its range.
    """

    probe: str = "logistic"
    c: float = 0.01
    pca: Reduction = field(default_factory=Reduction)
    folds: int = 5
    repeats: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.probe not in _PROBES:
            raise ProbeError(
                _("There is no probe '{name}'; choose {known}.").format(name=self.probe, known=", ".join(_PROBES))
            )
        if not (math.isfinite(self.c) and self.c > 0):
            raise ProbeError(_("The probe's C is greater than 0, not {value}.").format(value=self.c))
        if self.folds < 2:
            raise ProbeError(_("Cross-validation needs at least 2 folds, not {value}.").format(value=self.folds))
        if not 1 <= self.repeats <= 100:
            raise ProbeError(_("Cross-validation is repeated 1 to 100 times, not {value}.").format(value=self.repeats))
        if not 0 <= self.seed < 2**32:
            raise ProbeError(_("A seed is a whole number from 0 to 4294967295, not {value}.").format(value=self.seed))

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; `pca` as a user would write it ("64", "0.95" or "")."""
        return {
            "probe": self.probe, "c": self.c, "pca": str(self.pca), "folds": self.folds, "repeats": self.repeats,
            "seed": self.seed,
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ProbeConfig:
        """From what `to_json` gave; what is missing takes its default.

        Raises:
            GraftError: a value is out of its range.
        """
        known = {key: content[key] for key in ("probe", "c", "folds", "repeats", "seed") if key in content}
        return cls(pca=parse(str(content.get("pca", ""))), **known)


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted probe over features of width d and c classes: the class probabilities are softmax(X @ weight.T + bias).

    Attributes:
        weight: (c, d) float32.
        bias: (c,) float32.
        classes: the c class names.
        pipeline: the fitted scikit-learn pipeline, which gives the same probabilities.
        n: how many images it was fitted on.
        converged: whether the optimiser finished; where not, the result may depend on where it stopped.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    classes: tuple[str, ...]
    pipeline: Any
    n: int
    converged: bool

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, c) float32, rows sum to 1, for X of shape (n, d).

        Raises:
            ProbeError: X has another width.
        """
        d = self.weight.shape[1]
        if X.ndim != 2 or X.shape[1] != d:
            raise ProbeError(
                _("This probe takes features of the shape (n, {d}), not {actual}.").format(d=d, actual=X.shape)
            )
        logits = X.astype(np.float64) @ self.weight.T.astype(np.float64) + self.bias
        logits -= logits.max(axis=1, keepdims=True, initial=-np.inf)
        likely = np.exp(logits)
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)

    def predict(self, features: Features) -> Predictions:
        """What the probe says about all rows of `features`, which are of one split."""
        split = str(features.split[0]) if len(features.split) else ""
        return Predictions(self.classes, features.y, self.predict_proba(features.X), features.ids, split)


def fit_probe(features: Features, config: ProbeConfig | None = None) -> Probe:
    """Fits a probe on the rows of the split "train", and on no others.

    Raises:
        ProbeError: a class has no training image, or the features are not finite.
    """
    train = features.of("train")
    return fit_rows(train.X, train.y, features.classes, config or ProbeConfig())


def fit_rows(X: NDArray[np.float32], y: NDArray[np.int64], classes: tuple[str, ...], config: ProbeConfig) -> Probe:
    """Fits a probe on exactly these rows: X (n, d), y (n,). For `fit_probe` and cross-validation.

    Raises:
        ProbeError: a class has no image, or the features are not finite.
    """
    _check(X, y, classes)
    steps = _pipeline(config, limit=min(X.shape))
    converged = _fit_quietly(steps, X, y)
    weight, bias = _affine(steps)
    return Probe(weight.astype(np.float32), bias.astype(np.float32), tuple(classes), steps, len(y), converged)


def _check(X: NDArray[np.float32], y: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    counts = np.bincount(y, minlength=len(classes))
    if len(classes) < 2:
        raise ProbeError(_("A probe tells classes apart and needs at least 2, not {n}.").format(n=len(classes)))
    if not counts.all():
        raise ProbeError(
            _("The class '{name}' has no image to train on. Add images or remove the class.").format(
                name=classes[int(counts.argmin())]
            )
        )
    if not np.isfinite(X).all():
        raise ProbeError(_("The features hold numbers that are not finite; extract them again."))


def _pipeline(config: ProbeConfig, limit: int) -> Any:
    """Scaling, reduction and classifier, unfitted; more PCA components than `limit` cannot be and are not asked for."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps: list[tuple[str, Any]] = [("scale", StandardScaler())]
    amount = config.pca.amount
    reduction = dataclasses.replace(config.pca, amount=min(amount, limit)) if isinstance(amount, int) else config.pca
    if config.pca.kind != "none" and (step := reduction.step()) is not None:
        steps.append(("reduce", step.set_params(random_state=config.seed)))
    steps.append(("classify", LogisticRegression(C=config.c, max_iter=MAX_ITERATIONS)))
    return Pipeline(steps)


def _fit_quietly(pipeline: Any, X: NDArray[np.float32], y: NDArray[np.int64]) -> bool:
    """Fits; whether the optimiser converged is returned instead of warned about.

    One thread of linear algebra: on matrices of this size more threads mostly wait for each other, and on a machine
    that is busy with other work they were measured to be 10 to 20 times slower than one.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with warnings.catch_warnings(record=True) as caught, threadpool_limits(1, "blas"):
        warnings.simplefilter("always", ConvergenceWarning)
        pipeline.fit(X, y)
    for warning in caught:
        if not issubclass(warning.category, ConvergenceWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def _affine(pipeline: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pipeline's logits as one affine map of raw features: weight (c, d) and bias (c,), in float64.

    Of two classes, scikit-learn has one logit, for the second; half of it with either sign has the same softmax.
    """
    classifier = pipeline[-1]
    weight = classifier.coef_.astype(np.float64)
    bias = classifier.intercept_.astype(np.float64)
    if len(weight) == 1:
        weight, bias = np.vstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    for _name, step in reversed(pipeline.steps[:-1]):
        if hasattr(step, "components_"):
            scale = np.sqrt(step.explained_variance_) if step.whiten else 1.0
            weight = (weight / scale) @ step.components_.astype(np.float64)
        else:
            weight = weight / step.scale_
        bias = bias - weight @ step.mean_.astype(np.float64)
    return weight, bias
