"""Random uploads are read as their makers meant them, nearly all of them.

Each is a list of names in memory, with tables, made from a number: wrappers, splits by many names, sources, photos and
tables that are about something else. None is made that a person could not tell. `-m slow` tries two thousand.
"""

from __future__ import annotations

import random

import pytest

from core.data.labels.sorting import sort_entries
from core.data.names import may_be_photo, parts_of
from core.errors import RejectedError
from tests.data.readings.folders import FOLDERS
from tests.data.readings.made import Made, Meaning
from tests.data.readings.strays import STRAYS
from tests.data.readings.tables import TABLES


def made_from(number: int) -> Made:
    """The upload of this number."""
    made = Made(random.Random(number))
    maker = made.rng.choice(made.rng.choice([FOLDERS, FOLDERS, TABLES]))
    made.recipe.append(f"{number}: {maker.__doc__}")
    top = maker(made)
    for stray in made.rng.sample(STRAYS, made.rng.choice([0, 1, 1, 2, 3])):
        made.recipe.append(stray.__name__)
        stray(made, top)
    if made.chance(0.08):
        made.rename(made.rng.choice([lambda name: name.replace("/", "\\"), lambda name: f"./{name}"]))
    return made


def read(made: Made) -> dict[str, Meaning]:
    """The split and class of every photo, as they are read; none where the upload is refused."""
    try:
        photos = sort_entries(made).photos
    except RejectedError:
        return {}
    return {
        "/".join(parts_of(p.item.name)): (p.place.split, p.place.label)
        for p in photos
        if may_be_photo(parts_of(p.item.name))
    }


def misread(numbers: range) -> list[str]:
    """The recipes of the uploads that are not read as they were meant."""
    made = (made_from(number) for number in numbers)
    return ["; ".join(one.recipe) for one in made if read(one) != one.meant]


@pytest.mark.parametrize("uploads", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_uploads_are_read_as_they_were_meant(uploads: int) -> None:
    wrong = misread(range(uploads))
    assert len(wrong) <= uploads // 100, "\n".join(wrong)
