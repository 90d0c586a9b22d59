"""The training photos that a model finds most like a photo. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.i18n import gettext as _
from core.records import Record

NEIGHBOURS = 6


@dataclass(frozen=True, kw_only=True)
class Neighbour(Record):
    """A training photo.

    Attributes:
        sha256: of its bytes.
        name: its name.
        label: its class.
        cosine: how alike the two photos' features are, -1 to 1.
    """

    sha256: str
    name: str
    label: str
    cosine: float


def alike_in_words(label: str, neighbours: Sequence[Neighbour], say: Callable[[str], str] = str) -> str:
    """A sentence on whether a photo's nearest training photos are of the class that the model says; "" without any.

    Args:
        label: the class that the model says.
        neighbours: the nearest training photos.
        say: how a class's name is written, such as shortened.
    """
    if not neighbours:
        return ""
    counts = Counter(neighbour.label for neighbour in neighbours)
    facts = {"n": len(neighbours), "count": counts[label], "label": say(label)}
    if counts[label] == len(neighbours):
        return _("All {n} nearest training photos are labelled '{label}'.").format(**facts)
    others = ", ".join(f"{n} '{say(name)}'" for name, n in counts.most_common() if name != label)
    return _("Of the {n} nearest training photos {count} are labelled '{label}', others: {others}.").format(
        **facts, others=others
    )
