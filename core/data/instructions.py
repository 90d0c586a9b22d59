"""What a user says about how photos are to be read, where names and tables alone do not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.data.encodings.named import Encodings
from core.data.labels.grouping import class_finder, group_finder


@dataclass(frozen=True)
class Instructions:
    """How photos are to be read; "" for what names, folders and tables say.

    Attributes:
        group_pattern: where the group is in a photo's name, as in "{group}_*" (see `grouping.py`); it goes before what
            a table says.
        class_pattern: where the class is in a photo's name, as in "{class}/*"; it goes before folders and tables.
        encoding: that of names and tables which do not say theirs, as in "cp866" or "cp866,cp1251".

    Raises:
        DatasetError: a pattern is not clear, or there is no such encoding.
    """

    group_pattern: str = ""
    class_pattern: str = ""
    encoding: str = ""

    def __post_init__(self) -> None:
        Encodings.of(self.encoding)
        for pattern, finder in ((self.group_pattern, group_finder), (self.class_pattern, class_finder)):
            if pattern:
                finder(pattern)

    @property
    def encodings(self) -> Encodings:
        """The encodings of names and of tables."""
        return Encodings.of(self.encoding)

    @property
    def group_of(self) -> Callable[[str], str] | None:
        """What finds the group in a photo's name; None where there is no pattern."""
        return group_finder(self.group_pattern) if self.group_pattern else None

    @property
    def class_of(self) -> Callable[[str], str] | None:
        """What finds the class in a photo's name; None where there is no pattern."""
        return class_finder(self.class_pattern) if self.class_pattern else None

    @property
    def as_text(self) -> str:
        """All of it in one text, which differs where any of it does; "" where nothing was said."""
        by_class = f"class {self.class_pattern}" if self.class_pattern else ""
        return "\0".join(filter(None, (self.group_pattern, self.encoding, by_class)))


NONE = Instructions()
