"""The kinds of probe: simple classifiers on standardised features, each with how it is built and how it is tuned.

A kind knows one classifier. What is in front of it (`probes.preprocessing`), how its setting is tuned inside the
training rows (`probes.tuning`) and how it becomes a `Probe` (`probes.probe`) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import ProbeError
from core.i18n import N_
from core.i18n import gettext as _

MAX_ITERATIONS = 2000
POWERS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""The values of C that are tried, strongest penalty first."""
USUAL_C = 0.01
"""A good C for a logistic regression on some hundred standardised features, where none can be chosen."""


@dataclass(frozen=True)
class Kind:
    """A kind of probe.

    Attributes:
        name: as users write it.
        title: what a reader calls it; `label` has it in their language.
        sentence: what it is, in one sentence; `about` has it in the reader's language.
        reference: its source in the literature.
        affine: whether its scores are affine in the features, so that it can be a bundle's head.
        build: a new, unfitted scikit-learn classifier, given the value of its setting and a seed.
        setting: what is chosen by inner cross-validation: "c", "k" or "" for nothing.
        grid: the values to choose from, in the order of preference where two are as good.
        default: the setting's value where there are too few images to choose.
        tuned_by: what its setting is chosen by: the "log_loss" of its probabilities, or "errors", their number.
        temperature_scaled: whether it has scores alone, which a temperature turns into probabilities.
        least: how many images at least one class has to have.
        most: how many images it can be fitted on within minutes; 0 for any number.
    """

    name: str
    title: str
    sentence: str
    reference: str
    affine: bool
    build: Callable[[float, int], Any]
    setting: str = ""
    grid: tuple[float, ...] = (0.0,)
    default: float = 0.0
    tuned_by: str = "log_loss"
    temperature_scaled: bool = False
    least: int = 1
    most: int = 0

    @property
    def label(self) -> str:
        """Its title in the reader's language."""
        return _(self.title)

    @property
    def about(self) -> str:
        """What it is, in one sentence of the reader's language."""
        return _(self.sentence)


def find(name: str) -> Kind:
    """The kind of this name.

    Raises:
        ProbeError: there is none.
    """
    if name not in KINDS:
        raise ProbeError(_("There is no probe '{name}'; choose {known}.").format(name=name, known=", ".join(KINDS)))
    return KINDS[name]


def _logistic(c: float, _seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=MAX_ITERATIONS)


def _linear_svm(c: float, _seed: int) -> Any:
    from core.probing.probes.estimators import LinearSVM

    return LinearSVM(C=c, max_iter=MAX_ITERATIONS)


def _rbf_svm(c: float, _seed: int) -> Any:
    from core.probing.probes.estimators import RbfSVM

    return RbfSVM(C=c)


def _knn(k: float, _seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(int(k), metric="cosine", algorithm="brute", weights="distance")


def _random_forest(_setting: float, seed: int) -> Any:
    from core.probing.probes.forest import RandomForest

    return RandomForest(100, max_features="log2", random_state=seed)


def _lda(_setting: float, _seed: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")


def _nearest_mean(_setting: float, _seed: int) -> Any:
    from core.probing.probes.estimators import NearestMean

    return NearestMean()


_ALL = (
    Kind(
        "logistic",
        N_("Logistic regression"),
        N_("Multinomial logistic regression with an L2 penalty, whose strength is chosen inside the training photos."),
        "D. R. Cox, Journal of the Royal Statistical Society B 20 (1958); as a probe, G. Alain and Y. Bengio, "
        "Understanding intermediate layers using linear classifier probes, ICLR workshop 2017",
        True, _logistic, "c", POWERS, USUAL_C,
    ),
    Kind(
        "linear_svm",
        N_("Linear SVM"),
        N_("Flat boundaries with the widest margin, one class against the rest; its probabilities are scaled margins."),
        "C. Cortes and V. Vapnik, Support-vector networks, Machine Learning 20 (1995)",
        True, _linear_svm, "c", POWERS, 0.001, temperature_scaled=True,
    ),
    Kind(
        "rbf_svm",
        N_("RBF SVM"),
        N_("Curved boundaries with the widest margin, by a Gaussian kernel; its probabilities are scaled margins."),
        "B. Schölkopf et al., Comparing support vector machines with Gaussian kernels to radial basis function "
        "classifiers, IEEE Transactions on Signal Processing 45 (1997)",
        False, _rbf_svm, "c", (0.1, 1.0, 10.0, 100.0), 1.0, temperature_scaled=True, most=20_000,
    ),
    Kind(
        "knn",
        N_("k nearest neighbours"),
        N_("The training photos most alike (by cosine) vote; their number is chosen inside the training photos."),
        "T. Cover and P. Hart, Nearest neighbor pattern classification, IEEE Transactions on Information Theory 13 "
        "(1967); on frozen features, Z. Wu et al., Unsupervised feature learning via non-parametric instance "
        "discrimination, CVPR 2018",
        False, _knn, "k", (50, 20, 10, 5, 3, 1), 1, "errors",
    ),
    Kind(
        "random_forest",
        N_("Random forest"),
        N_("A hundred decision trees, each on a random draw of photos and features, vote."),
        "L. Breiman, Random forests, Machine Learning 45 (2001), with log2 of the features at each split",
        False, _random_forest,
    ),
    Kind(
        "lda",
        N_("Linear discriminant analysis"),
        N_("Normal distributions of one shape, shrunk by Ledoit and Wolf's rule; surer of itself than it should be."),
        "R. A. Fisher, Annals of Eugenics 7 (1936); O. Ledoit and M. Wolf, A well-conditioned estimator for "
        "large-dimensional covariance matrices, Journal of Multivariate Analysis 88 (2004)",
        True, _lda, least=2,
    ),
    Kind(
        "nearest_mean",
        N_("Nearest class mean"),
        N_("The class whose mean is nearest; its probabilities fall with the squared distance."),
        "T. Mensink et al., Distance-based image classification: generalizing to new classes at near-zero cost, "
        "IEEE Transactions on Pattern Analysis and Machine Intelligence 35 (2013)",
        True, _nearest_mean, temperature_scaled=True,
    ),
)  # fmt: skip

KINDS = {kind.name: kind for kind in _ALL}
"""Every kind by name, in the order in which they are offered."""
