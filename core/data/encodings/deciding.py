"""Which encoding names or tables are in, where nothing says so: decided once, over all the words there are.

Every encoding that may be meant reads all words; the reading whose words are most plausible is taken, and never one for
some words and another for the rest. Encodings of scripts whose letters nobody counted are proposed by
charset-normalizer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.data.encodings.plausibility import UNREADABLE, plausibility
from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import is_text

UTF_8 = "utf-8"
# How much likelier an encoding is met than others, before anything was read (natural logarithms; judgements).
CANDIDATES = {
    UTF_8: 3.0, "cp1252": 0.0, "cp437": 0.0, "cp850": 0.0, "cp1251": 0.0, "cp866": 0.0, "gb18030": 0.0, "cp950": 0.0,
    "cp932": 0.0, "cp949": 0.0, "mac_roman": -1.0, "cp1250": -6.0, "cp852": -6.0, "koi8_r": -1.0, "euc_jp": -1.0,
    "mac_cyrillic": -2.0, "cp1253": -3.0, "cp737": -4.0, "cp1255": -3.0, "cp862": -4.0, "cp1256": -3.0, "cp874": -2.0,
    "cp1254": -4.0, "cp857": -6.0,
}  # fmt: skip
# Others have letters of many scripts, but nobody uses these for more than their own.
_LANGUAGES = {
    "gb18030": ("zh", "zh-Hant"), "cp950": ("zh-Hant",), "cp932": ("ja",), "euc_jp": ("ja",), "cp949": ("ko",),
}  # fmt: skip
_UTF_8_A_CHARACTER = 1.6  # other bytes are valid UTF-8 by chance, but for each character only one time in five
_PROPOSED, _MOST_PROPOSED = -10.0, 5
_PLAUSIBLE, _MOST_OTHERS = 8.0, 4  # a reading that is so much less likely than the best is no other reading
_SURE = 6.0
_MOST_WORDS, _LONGEST_WORD, _MOST_BYTES = 200, 256, 1 << 14
# In no encoding that is tried are the bytes below "0", or those from ":" to "?", a part of a longer character.
_BETWEEN_WORDS = re.compile(rb"[\x00-/:-?]+")
_ASCII = bytes(range(0x20, 0x7F))


@dataclass(frozen=True)
class Reading:
    """How bytes without a word on their encoding are read.

    Attributes:
        encoding: Python's name of it.
        is_guess: whether it was judged by the letters, and not by what leaves no doubt or by what the user says.
        others: encodings under which the words are about as plausible, the likeliest first.
        possible: all further encodings that have the bytes, the likeliest first.
    """

    encoding: str = UTF_8
    is_guess: bool = False
    others: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()

    def text(self, raw: bytes) -> str:
        """Bytes as text; what is not in the encoding becomes the replacement character."""
        return raw.decode(self.encoding, "replace")


@dataclass(frozen=True)
class _Tried:
    """What words are in one encoding, and how likely that is."""

    encoding: str
    texts: tuple[str, ...]
    likelihood: float

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are in the encoding."""
        return not any(UNREADABLE in text for text in self.texts)


def decided(raws: Iterable[bytes], named: str = "") -> Reading:
    """The one reading of all names, or of all tables.

    Args:
        raws: the bytes.
        named: the encoding that the user names; "" for none.

    Raises:
        DatasetError: most words are not in the encoding that the user names.
    """
    words = _words(raws)
    if not words:
        return Reading()
    best, *rest = _ranked(words)
    if named:
        _refuse_wrong(named, words, best)
        further = (tried.encoding for tried in (best, *rest) if tried.is_whole and tried.encoding != named)
        return Reading(named, possible=tuple(further))
    whole = [tried for tried in rest if tried.is_whole]
    others = [tried.encoding for tried in whole if best.likelihood - tried.likelihood < _PLAUSIBLE][:_MOST_OTHERS]
    if best.encoding == UTF_8 and best.is_whole and best.likelihood - rest[0].likelihood > _SURE:
        return Reading()
    possible = tuple(tried.encoding for tried in whole if tried.encoding not in others)
    return Reading(best.encoding, True, tuple(others), possible)


def readable(name: str) -> str:
    """A name of the system as text: one that is not in the system's encoding is read as its letters say."""
    if is_text(name):
        return name
    raw = os.fsencode(name)
    return decided([raw]).text(raw)


def _refuse_wrong(named: str, words: Sequence[bytes], best: _Tried) -> None:
    unreadable = sum(UNREADABLE in word.decode(named, "replace") for word in words)
    if 2 * unreadable > len(words):
        problem = _("Most names, or words of the tables, are not in {named}. By their letters they are in {best}.")
        raise DatasetError(problem.format(named=named, best=best.encoding))


def is_ascii_based(encoding: str) -> bool:
    """Whether ASCII's characters are in it what they are in ASCII."""
    return _ASCII.decode(encoding, "replace") == _ASCII.decode()


def _words(raws: Iterable[bytes]) -> list[bytes]:
    """The different words that are not ASCII; where they are many, a share of them from everywhere."""
    words = {word: None for raw in raws for word in _BETWEEN_WORDS.split(raw) if not word.isascii()}
    every = -(-len(words) // _MOST_WORDS) or 1
    return [word[:_LONGEST_WORD] for word in words][::every]


def _ranked(words: Sequence[bytes]) -> list[_Tried]:
    """The readings, the likeliest first; of encodings that read all words alike, the commonest."""
    likeliest: dict[tuple[str, ...], _Tried] = {}
    for encoding, head_start in (*CANDIDATES.items(), *((name, _PROPOSED) for name in _proposed(words))):
        tried = _tried(words, encoding, head_start)
        if tried.texts not in likeliest or likeliest[tried.texts].likelihood < tried.likelihood:
            likeliest[tried.texts] = tried
    return sorted(likeliest.values(), key=lambda tried: -tried.likelihood)


def _tried(words: Sequence[bytes], encoding: str, head_start: float) -> _Tried:
    texts = tuple(word.decode(encoding, "replace") for word in words)
    likelihood = head_start + sum(plausibility(text, _LANGUAGES.get(encoding, ())) for text in texts)
    if encoding == UTF_8:
        likelihood += _UTF_8_A_CHARACTER * sum(not c.isascii() for text in texts for c in text)
    return _Tried(encoding, texts, likelihood)


def _proposed(words: Sequence[bytes]) -> list[str]:
    """Further encodings that a detector for longer texts thinks of."""
    from charset_normalizer import from_bytes

    matches = from_bytes(b" ".join(words)[:_MOST_BYTES])
    names = dict.fromkeys(match.encoding for match in matches)
    further = [name for name in names if name not in CANDIDATES and name != "utf_8" and is_ascii_based(name)]
    return further[:_MOST_PROPOSED]
