"""What confusions cost, as a user writes it: a JSON file with the names of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import RecordError
from core.i18n import gettext as _
from core.paths import read_json
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class WrittenCosts(Record):
    """The content of such a file.

    Attributes:
        abstain: the cost of no answer.
        wrong: that of every confusion which is not named.
        costs: by the true class and the one that is answered instead, what that confusion costs.
    """

    abstain: float
    wrong: float = 1.0
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read_costs(path: Path, classes: Sequence[str]) -> tuple[tuple[tuple[float, ...], ...], float]:
    """The matrix (c, c) of costs in a file, true classes in rows, and the cost of no answer.

    Raises:
        RecordError: it is no such file, or names a class that the model does not know.
        FileNotFoundError: it is not there.
    """
    try:
        written = WrittenCosts.from_json(read_json(path))
    except ValueError as problem:
        raise RecordError(_("'{name}' is no JSON file. Mend it.").format(name=path.name)) from problem
    named = {*written.costs, *(name for row in written.costs.values() for name in row)}
    for name in sorted(named - set(classes)):
        raise RecordError(
            _("The model knows no class '{name}'. There are: {known}.").format(name=name, known=", ".join(classes))
        )
    matrix = tuple(
        tuple(written.costs.get(true, {}).get(label, written.wrong if label != true else 0.0) for label in classes)
        for true in classes
    )
    return matrix, written.abstain
