"""What a record may hold beyond words and numbers, and how it lies in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from core.errors import RecordError
from core.records import Record, stored_as


@dataclass(frozen=True)
class Share(Record):
    """A share and the ends of its interval."""

    written: ClassVar[tuple[str, ...]] = ("high", "interval", "value")

    value: float = field(metadata=stored_as("class"))
    interval: tuple[float, float]

    @property
    def high(self) -> float:
        """The upper end."""
        return self.interval[1]


@dataclass(frozen=True, kw_only=True)
class Shares(Record):
    """Shares by name."""

    by_name: Mapping[str, Share]
    names: tuple[str, ...] = ()


HALF = {"high": 0.6, "interval": [0.4, 0.6], "class": 0.5}


def test_json_has_the_keys_and_the_order_that_a_record_says() -> None:
    share = Share(0.5, (0.4, 0.6))
    assert list(share.to_json().items()) == list(HALF.items())
    assert Share.from_json(HALF) == share


def test_records_lie_in_a_mapping() -> None:
    shares = Shares(by_name={"a": Share(0.5, (0.4, 0.6))}, names=("a", "b", "c"))
    content = {"by_name": {"a": HALF}, "names": ["a", "b", "c"]}
    assert shares.to_json() == content
    assert Shares.from_json(content) == shares


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**HALF, "interval": [0.4]}, "'interval' is .* and should be a list of 2"),
        ({**HALF, "interval": [0.4, 0.5, 0.6]}, "a list of 2"),
        ({**HALF, "interval": [0.4, "high"]}, "a list of 2"),
        ({**HALF, "interval": 0.4}, "a list of 2"),
        ({**HALF, "class": "half"}, "'class' is 'half' and should be a number"),
        ({"interval": [0.4, 0.6]}, "'class' is missing"),
    ],
)
def test_a_wrong_value_is_reported_by_its_key(content: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        Share.from_json(content)


@pytest.mark.parametrize("content", [{"by_name": {"a": 5}}, {"by_name": [HALF]}, {"by_name": {"a": {}}}])
def test_a_mapping_of_something_else_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        Shares.from_json(content)


def test_a_copy_is_checked_as_well() -> None:
    with pytest.raises(RecordError, match="interval"):
        replace(Share(0.5, (0.4, 0.6)), interval=(0.4,))
