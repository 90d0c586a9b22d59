"""Fewer dimensions, as a step of a probe's pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import ProbeError
from core.i18n import gettext as _


@dataclass(frozen=True)
class Reduction:
    """How features are reduced, inside the cross-validated pipeline and never before it.

    Attributes:
        kind: "none" or "pca".
        amount: with "pca", the number of components (an int, at least 1) or the share of variance to keep (a float
            between 0 and 1, both excluded); otherwise 0.

    Raises:
        ProbeError: a value is out of its range.
    """

    kind: str = "none"
    amount: int | float = 0

    def __post_init__(self) -> None:
        if self.kind not in ("none", "pca"):
            raise ProbeError(_("There is no reduction '{kind}'; choose none or pca.").format(kind=self.kind))
        count = isinstance(self.amount, int) and self.amount >= 1
        share = isinstance(self.amount, float) and 0.0 < self.amount < 1.0
        if self.kind == "pca" and not (count or share):
            raise ProbeError(_wrong_amount(str(self.amount)))

    def __str__(self) -> str:
        return "" if self.kind == "none" else str(self.amount)

    def step(self) -> Any:
        """A new, unfitted scikit-learn transformer, or None where nothing is reduced."""
        if self.kind == "none":
            return None
        from sklearn.decomposition import PCA

        return PCA(n_components=self.amount)

    def check(self, n_samples: int, n_features: int) -> None:
        """Whether this reduction can be fitted on n_samples rows of n_features values.

        Raises:
            ProbeError: it asks for more components than there can be.
        """
        most = min(n_samples, n_features)
        if isinstance(self.amount, int) and self.amount > most:
            text = _(
                "PCA cannot give {n} components of {samples} images with {features} features each: give at most {most}."
            )
            raise ProbeError(text.format(n=self.amount, samples=n_samples, features=n_features, most=most))


def parse(text: str) -> Reduction:
    """What a user writes: "" for none, "64" for so many components, "0.95" or "95%" for a share of the variance.

    Raises:
        ProbeError: it is none of these.
    """
    given = text.strip()
    if given.lower() in ("", "none"):
        return Reduction()
    try:
        if given.endswith("%"):
            return Reduction("pca", float(given[:-1]) / 100)
        return Reduction("pca", int(given) if given.lstrip("+").isdecimal() else float(given))
    except ValueError:
        raise ProbeError(_wrong_amount(text)) from None


def _wrong_amount(given: str) -> str:
    return _(
        "PCA takes a number of components such as 64, or a share of the variance between 0 and 1 such as 0.95; "
        "not '{given}'."
    ).format(given=given)
