"""Fewer dimensions, as a step of a probe's pipeline."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.i18n import gettext as _

_EIGH_MOST = 1500  # up to so many features, the covariance's eigenvectors are the quickest way to a PCA
_ROUNDING = 1e-10  # a direction with a smaller share of the largest variance is rounding, not data


@dataclass(frozen=True)
class Reduction:
    """How features are reduced, inside the cross-validated pipeline and never before it.

    PCA keeps the directions of the largest variance (K. Pearson, Philosophical Magazine 2, 1901); whitened, each is
    divided by its standard deviation, so that all count alike. LDA keeps the directions that tell the classes apart
    (R. A. Fisher, Annals of Eugenics 7, 1936; C. R. Rao 1948), with Ledoit and Wolf's shrinkage; it uses the labels.

    Attributes:
        kind: "none", "pca" or "lda".
        amount: with "pca", the number of components (an int, at least 1) or the share of variance to keep (a float
            between 0 and 1, both excluded); with "lda", the number of components, 0 for one less than the classes;
            otherwise 0. A number beyond what the data allow gives all components.
        whiten: whether the components of PCA are brought to the same variance.

    Raises:
        ProbeError: a value is out of its range.
    """

    kind: str = "none"
    amount: int | float = 0
    whiten: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ("none", "pca", "lda"):
            raise ProbeError(_("There is no reduction '{kind}'; choose none, pca or lda.").format(kind=self.kind))
        count = isinstance(self.amount, int) and self.amount >= 1
        share = isinstance(self.amount, float) and 0.0 < self.amount < 1.0
        if self.kind == "pca" and not (count or share):
            raise ProbeError(_wrong_amount(str(self.amount)))
        if self.kind == "lda" and not (count or self.amount == 0):
            raise ProbeError(_wrong_amount(f"lda {self.amount}"))
        if self.whiten and self.kind != "pca":
            raise ProbeError(_("Only PCA can be whitened."))

    def __str__(self) -> str:
        if self.kind == "none":
            return ""
        if self.kind == "lda":
            return f"lda {self.amount}" if self.amount else "lda"
        return f"{self.amount} whiten" if self.whiten else str(self.amount)

    def fit(self, X: NDArray[Any], y: NDArray[np.int64], seed: int = 0) -> Any:
        """A scikit-learn transformer fitted on standardised rows X (n, d) with labels y (n,); None for no reduction.

        Raises:
            ProbeError: LDA of classes without any spread.
        """
        if self.kind == "none":
            return None
        return self._lda(X, y) if self.kind == "lda" else self._pca(X, seed)

    def _pca(self, X: NDArray[Any], seed: int) -> Any:
        """In float64, where rounding stays apart from small variances; whitening would blow it up."""
        from sklearn.decomposition import PCA

        n, d = X.shape
        amount = min(self.amount, n, d) if isinstance(self.amount, int) else self.amount
        solver = "covariance_eigh" if n >= d and d <= _EIGH_MOST else "auto" if isinstance(amount, int) else "full"
        pca = PCA(amount, whiten=self.whiten, svd_solver=solver, random_state=seed)
        with np.errstate(invalid="ignore"):  # the shares of a variance of 0
            pca.fit(X.astype(np.float64))
        if not self.whiten:
            return pca
        is_direction = pca.explained_variance_ > _ROUNDING * pca.explained_variance_[0]
        return truncated(pca, max(1, min(int(is_direction.sum()), n - 1)))

    def _lda(self, X: NDArray[Any], y: NDArray[np.int64]) -> Any:
        from scipy.linalg import LinAlgError
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        if len(np.unique(y)) == len(y):
            raise ProbeError(_("LDA needs a class with at least 2 photos. Reduce by PCA, or not at all."))
        most = min(len(np.unique(y)) - 1, X.shape[1])
        lda = LinearDiscriminantAnalysis(
            solver="eigen", shrinkage="auto", n_components=min(int(self.amount) or most, most)
        )
        try:
            return lda.fit(X.astype(np.float64), y)
        except LinAlgError:
            raise ProbeError(
                _("LDA finds no spread inside the classes to compare with. Reduce by PCA, or not at all.")
            ) from None


def truncated(pca: Any, components: int) -> Any:
    """A fitted PCA with its first components only, which are those of a narrower PCA: one fit serves all widths."""
    narrower = copy.copy(pca)
    narrower.n_components_ = components
    for name in ("components_", "explained_variance_", "explained_variance_ratio_", "singular_values_"):
        setattr(narrower, name, getattr(pca, name)[:components])
    return narrower


def parse(text: str) -> Reduction:
    """The reduction that a user writes in words.

    "" is none; "64" is so many components of PCA; "0.95" or "95%" is a share of the variance; "whiten" may follow
    either, as in "64 whiten"; "lda" is LDA, and "lda 5" so many of its components.

    Raises:
        ProbeError: the text is none of these.
    """
    words = text.lower().split()
    if words in ([], ["none"]):
        return Reduction()
    if words[0] == "lda" and len(words) <= 2:
        amount = words[1] if words[1:] else "0"
        if not amount.isdecimal() or words[1:] == ["0"]:
            raise ProbeError(_wrong_amount(text))
        return Reduction("lda", int(amount))
    whiten = len(words) == 2 and words[1] == "whiten"
    if len(words) > 1 + whiten:
        raise ProbeError(_wrong_amount(text))
    return Reduction("pca", _amount(words[0], text), whiten)


def _amount(word: str, text: str) -> int | float:
    try:
        if word.endswith("%"):
            return float(word[:-1]) / 100
        return int(word) if word.lstrip("+").isdecimal() else float(word)
    except ValueError:
        raise ProbeError(_wrong_amount(text)) from None


def _wrong_amount(text: str) -> str:
    return _(
        "PCA takes a number of components such as 64, or a share of the variance between 0 and 1 such as 0.95, and "
        "'whiten' behind it if you like; LDA is 'lda', or 'lda 5' for 5 components. '{text}' is none of these."
    ).format(text=text)
