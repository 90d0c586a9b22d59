"""p values of many comparisons at once, and what is left of them when there are many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""The chance that any of the comparisons made at once is called different where none is."""


def exact_p(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Two-sided p of the exact McNemar test for many pairs of counts (m,) at once; 1 where there is no count.

    Source: Q. McNemar, Psychometrika 12 (1947); the exact binomial form.
    """
    from scipy import stats

    fewer, both = np.minimum(only_a, only_b), only_a + only_b
    return np.asarray(np.minimum(1.0, 2.0 * stats.binom.cdf(fewer, both, 0.5)), dtype=np.float64)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p values (m,) after Holm's correction, in the order they were given.

    Calling a finding what is below 5 % afterwards keeps the chance of any false finding among all m at 5 %, however
    they depend on one another. Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979).
    """
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(steps)
    return corrected
