"""How long probes take, by rules of thumb: what a fit costs, by its rows, their width and the classes."""

from __future__ import annotations

from dataclasses import dataclass

from core.probing.probes.kinds import find
from core.probing.probes.probe import ProbeConfig
from core.progress import Phase

_SLOWER = {"logistic": 1.0, "linear_svm": 2.0, "rbf_svm": 6.0, "random_forest": 4.0}
_TUNED, _A_NUMBER_S, _LEAST_S = 8.0, 1e-8, 0.05
_AT_ONCE = 2


@dataclass(frozen=True)
class Rows:
    """What a probe is fitted on.

    Attributes:
        of: the backbone whose features they are.
        n: how many.
        width: theirs.
        classes: how many classes they are of.
    """

    of: str
    n: int
    width: int
    classes: int


def probing(config: ProbeConfig, rows: Rows) -> tuple[Phase, Phase]:
    """A probe is cross-validated, then fitted on all rows and kept."""
    return cross_validating(config, rows), fitting(config, rows)


def cross_validating(config: ProbeConfig, rows: Rows) -> Phase:
    """A probe is cross-validated, with a thread for each core."""
    folds = config.folds * config.repeats
    return Phase(f"probe/{config.probe}/{rows.of}", folds / _AT_ONCE * _fit_s(config, rows))


def fitting(config: ProbeConfig, rows: Rows) -> Phase:
    """A probe is fitted on all rows, and kept."""
    return Phase(f"fit/{config.probe}/{rows.of}", 0.1 + _fit_s(config, rows))


def _fit_s(config: ProbeConfig, rows: Rows) -> float:
    is_tuned = config.c is None and len(find(config.probe).grid) > 1
    slower = _SLOWER.get(config.probe, 0.5) * (_TUNED if is_tuned else 1.0)
    return _LEAST_S + _A_NUMBER_S * slower * rows.n * rows.width * rows.classes
