"""What to tell of a reading that was a guess: some names as they were read, and as they would be otherwise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.data.encodings.deciding import Reading
from core.data.names import visible
from core.records import Record

NAMES, TABLES = "names_guessed", "tables_guessed"
_PARTS = {NAMES: re.compile(rb"/+"), TABLES: re.compile(rb'[,;\t\r\n"/]+')}
_SHOWN, _LONGEST = 3, 30


@dataclass(frozen=True, kw_only=True)
class ReadAs(Record):
    """What some names are in one encoding."""

    encoding: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.encoding} ({', '.join(self.names)})"


@dataclass(frozen=True, kw_only=True)
class Guess(Record):
    """A reading of names or tables that do not say their encoding, beside others.

    Attributes:
        taken: how they were read.
        others: readings that are about as plausible, the likeliest first.
        possible: further readings, the likeliest first.
        by_user: whether the user named the encoding.
    """

    taken: ReadAs
    others: tuple[ReadAs, ...] = ()
    possible: tuple[ReadAs, ...] = ()
    by_user: bool = False

    @classmethod
    def of(cls, reading: Reading, raws: Iterable[bytes], kind: str) -> Guess | None:
        """What to tell of a reading, None where it leaves no doubt.

        Args:
            reading: how the bytes were read.
            raws: the names, or the tables.
            kind: `NAMES` or `TABLES`.
        """
        if not (reading.is_guess or reading.possible):
            return None
        counts = Counter(part for raw in raws for part in _PARTS[kind].split(raw) if not part.isascii())
        examples = [raw for raw, _n in counts.most_common(_SHOWN)]

        def read_as(encoding: str) -> ReadAs:
            texts = (visible(raw.decode(encoding, "replace")).strip() for raw in examples)
            return ReadAs(encoding=encoding, names=tuple(text[:_LONGEST] for text in texts))

        return cls(
            taken=read_as(reading.encoding),
            others=tuple(map(read_as, reading.others)),
            possible=tuple(map(read_as, reading.possible)),
            by_user=not reading.is_guess,
        )

    def code(self, kind: str) -> str:
        """The warning about it, as a code word."""
        return f"{kind}:{'; '.join(map(str, (self.taken, *self.others)))}"
