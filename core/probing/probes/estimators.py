"""Classifiers with scikit-learn's interface that scikit-learn lacks, or has only in a slower form.

This file loads scikit-learn, so it is imported only where a probe is fitted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from core.evaluation.predictions import softmax

Rows = NDArray[Any]


class LinearSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear support vector machine, one class against the rest, with squared hinge loss and an L2 penalty.

    It minimises ½‖w‖² + C Σ max(0, 1 − y(w·x + b))² for all classes at once by L-BFGS: what `LinearSVC` minimises, but
    for the intercept, which is not penalised here. `LinearSVC` takes 4 to 35 times as long on 1,200 rows of 512
    features and 10 classes, and about 10 s a fit on 5,000, of which a cross-validation makes a hundred.

    Sources: C. Cortes and V. Vapnik, "Support-vector networks", Machine Learning 20 (1995); O. Chapelle, "Training a
    support vector machine in the primal", Neural Computation 19 (2007).

    Args:
        C: the inverse of the penalty's strength.
        max_iter: steps at most.
        tol: it stops when no component of the mean loss's gradient is larger.
        warm_start: whether `fit` begins with the last solution.
    """

    def __init__(self, C: float = 0.01, max_iter: int = 2000, tol: float = 1e-4, warm_start: bool = False) -> None:
        self.C = C
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start

    coef_: Rows
    intercept_: Rows

    def fit(self, X: Rows, y: Rows) -> LinearSVM:
        """Fits on X (n, d) and labels y (n,); of two classes there is one margin, for the second."""
        from scipy.optimize import minimize

        self.classes_, labels = np.unique(y, return_inverse=True)
        margin_classes = np.arange(len(self.classes_)) if len(self.classes_) > 2 else np.array([1])
        signs = np.where(labels[:, None] == margin_classes, 1, -1).astype(X.dtype)
        initial = np.zeros((len(margin_classes), X.shape[1] + 1))
        if self.warm_start and hasattr(self, "coef_"):
            initial = np.column_stack([self.coef_, self.intercept_])
        options = {"maxiter": self.max_iter, "gtol": self.tol, "ftol": 64 * np.finfo(float).eps}
        minimum = minimize(self._loss, initial.ravel(), (X, signs), "L-BFGS-B", jac=True, options=options)
        solution = minimum.x.reshape(initial.shape).astype(X.dtype)
        self.coef_, self.intercept_, self.n_iter_ = solution[:, :-1], solution[:, -1], minimum.nit
        return self

    def _loss(self, flat: Rows, X: Rows, signs: Rows) -> tuple[float, Rows]:
        """The objective over C · n, so that `tol` means the same for any C and n, and its gradient."""
        solution = flat.reshape(signs.shape[1], -1)
        weight, bias = solution[:, :-1].astype(X.dtype), solution[:, -1].astype(X.dtype)
        violation = np.maximum(0, 1 - signs * (X @ weight.T + bias))
        margin_gradient = -2 * violation * signs
        penalty = 1 / (self.C * len(X))
        weight_gradient = solution[:, :-1] * penalty + margin_gradient.T @ X / len(X)
        gradient = np.column_stack([weight_gradient, margin_gradient.mean(axis=0, dtype=np.float64)])
        hinge = float((violation**2).sum(dtype=np.float64)) / len(X)
        return 0.5 * penalty * float((solution[:, :-1] ** 2).sum()) + hinge, gradient.ravel()

    def decision_function(self, X: Rows) -> Rows:
        """The signed distances to the boundaries, times ‖w‖: (n, c), or (n,) of two classes."""
        margins = X @ self.coef_.T + self.intercept_
        return np.asarray(margins if len(self.classes_) > 2 else margins[:, 0])

    def predict(self, X: Rows) -> Rows:
        """The classes with the largest margin, (n,)."""
        return np.asarray(self.classes_[columns(self.decision_function(X)).argmax(axis=1)])


class NearestMean(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The class whose mean is nearest, by Euclidean distance.

    Half the squared distance is affine up to what all classes share, so the scores are x·m − ½‖m‖². scikit-learn's
    `NearestCentroid` predicts the same, but refuses constant features and has other scores.

    Source: T. Hastie, R. Tibshirani and J. Friedman, "The Elements of Statistical Learning", section 4.3 (LDA with a
    spherical covariance); on frozen features, T. Mensink et al., "Distance-based image classification", PAMI 35 (2013).
    """

    def fit(self, X: Rows, y: Rows) -> NearestMean:
        """Takes the means of X (n, d) by label y (n,)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        member = (labels == np.arange(len(self.classes_))[:, None]).astype(np.float64)
        self.coef_ = (member @ X.astype(np.float64)) / member.sum(axis=1, keepdims=True)
        self.intercept_ = -0.5 * (self.coef_**2).sum(axis=1)
        return self

    def decision_function(self, X: Rows) -> Rows:
        """Minus half the squared distances, up to a term that is the same for all classes: (n, c)."""
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def predict(self, X: Rows) -> Rows:
        """The nearest classes, (n,)."""
        return np.asarray(self.classes_[self.decision_function(X).argmax(axis=1)])


class RbfSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A support vector machine with a Gaussian kernel: `SVC(kernel="rbf", gamma="scale")`, four times as fast.

    The kernel's matrix is computed by linear algebra and given to libsvm whole, while it is small enough to hold. On
    1,200 rows of 512 features and 10 classes a cross-validation takes 5 s of processor time, and 22 s by `SVC` alone.

    Source: B. Schölkopf et al., "Comparing support vector machines with Gaussian kernels to radial basis function
    classifiers", IEEE Transactions on Signal Processing 45 (1997).

    Args:
        C: the inverse of the penalty's strength.
        warm_start: whether kernels of the same arrays are computed once, to try several C on them.
        most_held: rows at most whose kernel is held in memory; that of 4,000 takes 128 MB.
    """

    def __init__(self, C: float = 1.0, warm_start: bool = False, most_held: int = 4000) -> None:
        self.C = C
        self.warm_start = warm_start
        self.most_held = most_held

    def fit(self, X: Rows, y: Rows) -> RbfSVM:
        """Fits on X (n, d) and labels y (n,)."""
        from sklearn.svm import SVC

        if not self.warm_start or getattr(self, "rows_", None) is not X:
            self.kernels_: dict[int, tuple[Rows, Rows]] = {}
        self.gamma_ = 1 / (X.shape[1] * (float(X.var(dtype=np.float64)) or 1.0))
        self.rows_ = X if len(X) <= self.most_held else None
        kernel, gamma = ("rbf", self.gamma_) if self.rows_ is None else ("precomputed", "scale")
        self.svc_ = SVC(C=self.C, kernel=kernel, gamma=gamma, cache_size=400).fit(self._svc_input(X), y)
        self.classes_ = self.svc_.classes_
        return self

    def _svc_input(self, X: Rows) -> Rows:
        """X as libsvm takes it: its kernel with the rows that were fitted on, or X itself."""
        from sklearn.metrics.pairwise import rbf_kernel

        if self.rows_ is None:
            return X
        cached_X, kernel = self.kernels_.get(id(X), (None, None))
        if cached_X is not X or kernel is None:
            kernel = np.asarray(rbf_kernel(X, self.rows_, gamma=self.gamma_))
            if self.warm_start:
                self.kernels_[id(X)] = (X, kernel)
        return kernel

    def decision_function(self, X: Rows) -> Rows:
        """The votes of the pairs of classes, with their margins to break ties: (n, c), or (n,) of two classes."""
        return np.asarray(self.svc_.decision_function(self._svc_input(X)))

    def predict(self, X: Rows) -> Rows:
        """The classes with the highest score, (n,)."""
        return np.asarray(self.classes_[columns(self.decision_function(X)).argmax(axis=1)])


class TemperatureScaled(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Class probabilities from a classifier that has only scores: the softmax of its scores over a temperature.

    The temperature is given, found beforehand on rows that the classifier had not seen (`core.probing.probes.tuning`).
    This is temperature scaling (C. Guo et al., "On calibration of modern neural networks", ICML 2017) of margins.

    Args:
        classifier: has `decision_function`.
        temperature: greater than 0; a high one evens the probabilities out.
    """

    def __init__(self, classifier: Any, temperature: float = 1.0) -> None:
        self.classifier = classifier
        self.temperature = temperature

    def fit(self, X: Rows, y: Rows) -> TemperatureScaled:
        """Fits a copy of the classifier."""
        self.classifier_ = clone(self.classifier).fit(X, y)
        self.classes_ = self.classifier_.classes_
        for name in ("coef_", "intercept_"):
            if hasattr(self.classifier_, name):
                setattr(self, name, getattr(self.classifier_, name) / self.temperature)
        self.n_iter_ = getattr(self.classifier_, "n_iter_", 0)
        return self

    def decision_function(self, X: Rows) -> Rows:
        """The scores over the temperature, (n, c), also of two classes."""
        return columns(self.classifier_.decision_function(X)) / self.temperature

    def predict_proba(self, X: Rows) -> Rows:
        """(n, c) float32, rows sum to 1."""
        return softmax(self.decision_function(X))

    def predict(self, X: Rows) -> Rows:
        """The likeliest classes, (n,)."""
        return np.asarray(self.classes_[self.decision_function(X).argmax(axis=1)])


def columns(scores: Rows) -> Rows:
    """Scores as one column a class: of two classes scikit-learn has one score, whose halves have the same softmax."""
    return np.column_stack([-scores / 2, scores / 2]) if scores.ndim == 1 else scores
