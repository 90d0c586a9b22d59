"""The encodings that a user names, as in `--encoding cp866` or `--encoding cp866,cp1251`."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from core.data.encodings.deciding import CANDIDATES, is_ascii_based
from core.errors import DatasetError
from core.i18n import gettext as _

_OF_SOURCE_CODE = {"unicode-escape", "raw-unicode-escape", "idna", "punycode"}


@dataclass(frozen=True)
class Encodings:
    """What names and tables are in that do not say it themselves; "" for what their letters say.

    Raises:
        DatasetError: there is no such encoding, or no name can be in it.
    """

    names: str = ""
    tables: str = ""

    def __post_init__(self) -> None:
        for encoding in filter(None, (self.names, self.tables)):
            if not _is_of_text(encoding):
                raise DatasetError(
                    _("There is no encoding '{name}'. Some of those there are: {known}.").format(
                        name=encoding, known=", ".join(CANDIDATES)
                    )
                )
        if self.names and not is_ascii_based(self.names):
            raise DatasetError(
                _("Names cannot be in {name}. For tables alone, write ',{name}'.").format(name=self.names)
            )

    @classmethod
    def of(cls, words: str) -> Encodings:
        """From the words of a user: one encoding for both, or those of names and of tables, either of them "".

        Raises:
            DatasetError: as the class.
        """
        names, comma, tables = (part.strip() for part in words.partition(","))
        return cls(names, tables if comma else names)


def _is_of_text(name: str) -> bool:
    """Whether Python knows an encoding of files by this name."""
    try:
        "a".encode(name)
        return codecs.lookup(name).name not in _OF_SOURCE_CODE
    except (LookupError, ValueError):
        return False
