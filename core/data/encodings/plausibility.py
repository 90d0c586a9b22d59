"""How plausible a word is, by its letters: the natural logarithm of its likelihood in the language that it suits best.

Detectors are made for texts, and the names of a few classes are a dozen letters. So letters are judged one by one: in
alphabets by the letter before them, in Chinese, Japanese and Korean by themselves. `letters.json` says how often they
are met and where that was counted (`benchmarks/letters.py` counts anew). What was never seen there is judged by the
standards, which put the common characters into their first level. The costs below are judgements, in the same unit.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

UNREADABLE = "\ufffd"
_NOBODYS = -13.0  # a character that no language accounts for, such as a box-drawing line within a name
_PUNCTUATION = -7.0  # dashes, Asian commas, and quotes and brackets in pairs: met in names, but seldom
_SINGLE, _PAIRED = frozenset("–—’·・、。～：！，"), ("“”", "„“", "«»", "（）", "「」", "《》", "【】")
_IMPOSSIBLE = -40.0  # unassigned, private and control characters, and the one that stands for what is unreadable
_OTHER_SCRIPT = (
    -10.0
)  # a letter that touches one of another script, or nobody's character: "Äпfel", "h損ital", "h⌠pital"
_CAPITAL_INSIDE = -9.0  # a capital after another letter, in a word that has small letters, too: "hÖpital"
_ALL_CAPITALS = -2.0
_ASCII_LETTER = math.log(1 / 26) - 1  # within a language that is not written in Latin letters
_UNCOUNTED_LETTER = math.log(1 / 60)  # of an alphabet whose letters nobody counted
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "KATAKANA-HIRAGANA", "IDEOGRAPHIC")
_UNCOUNTED = ("ARMENIAN", "GEORGIAN")
_SELDOM = 1e-6  # a letter that was not met in a language
_EDGE = "_"

# Of each language: the standard that sorts its characters by use, the lead bytes of its first level, and its size.
_FIRST_LEVEL = {
    "zh": ("gb2312", 0xB0, 0xD7, 3755),
    "zh-Hant": ("big5", 0xA4, 0xC6, 5401),
    "ja": ("shift_jis", 0x88, 0x98, 2965),
    "ko": ("euc_kr", 0xB0, 0xC8, 2350),
}
_IN_FIRST_LEVEL, _IN_OTHERS, _OTHERS = 0.9, 0.02, 6000  # of what was never met: in the first level, in the others
_DISCOUNT = 0.75


@lru_cache(maxsize=1 << 15)
def plausibility(word: str, names: tuple[str, ...] = ()) -> float:
    """The logarithm of the word's likelihood in the language that accounts for it best; 0 for ASCII alone.

    Args:
        word: the word.
        names: the languages that come into question, as in `letters.json`; all where there are none.
    """
    if word.isascii():
        return 0.0
    composed = unicodedata.normalize("NFC", word)
    languages = _languages()
    return max(_likelihood(composed, languages[name]) for name in names or languages)


class _Language(Protocol):
    """How likely letters are in one language."""

    def letter(self, before: str, c: str, script: str, /) -> float | None:
        """The logarithm of a letter's likelihood, None where the language has none of this script."""

    def edge(self, before: str, /) -> float:
        """The same of a word's end after the letter `before`."""


@dataclass(frozen=True)
class _Alphabet:
    """A language whose letters are judged by the letter before them."""

    script: str
    pairs: Counter[str]
    letters: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    kinds_after: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for pair, n in self.pairs.items():
            self.letters[pair[1]] += n
            self.after[pair[0]] += n
            self.kinds_after[pair[0]] += 1

    def letter(self, before: str, c: str, script: str, /) -> float | None:
        if script != self.script:
            return _ASCII_LETTER if c.isascii() else None
        return self._log(before.lower() or _EDGE, c.lower())

    def edge(self, before: str, /) -> float:
        return self._log(before.lower(), _EDGE)

    def _log(self, before: str, c: str) -> float:
        """Witten and Bell's estimate: the fewer different letters follow, the more their counts are believed."""
        alone = (1 - _SELDOM) * self.letters[c] / self.letters.total() + _SELDOM
        seen, kinds = self.after[before], self.kinds_after[before]
        if not seen:
            return math.log(alone)
        return math.log((self.pairs[before + c] + kinds * alone) / (seen + kinds))


@dataclass(frozen=True)
class _Characters:
    """A language whose characters are judged by themselves."""

    name: str
    counts: Counter[str]

    def letter(self, _before: str, c: str, script: str, /) -> float | None:
        if c.isascii():
            return _ASCII_LETTER
        return self._log(c) if script in _EAST_ASIAN else None

    def edge(self, _before: str, /) -> float:
        return 0.0

    def _log(self, c: str) -> float:
        total, kinds = self.counts.total(), len(self.counts)
        counted = max(self.counts[c] - _DISCOUNT, 0) / total
        return math.log(counted + _DISCOUNT * kinds / total * self._never_met(c))

    def _never_met(self, c: str) -> float:
        standard, first, last, size = _FIRST_LEVEL[self.name]
        try:
            encoded = c.encode(standard)
        except UnicodeEncodeError:
            return _SELDOM / 1000
        return _IN_FIRST_LEVEL / size if first <= encoded[0] <= last else _IN_OTHERS / _OTHERS


@dataclass(frozen=True)
class _Uncounted:
    """A script whose letters nobody counted: each is as likely as the others."""

    script: str

    def letter(self, _before: str, c: str, script: str, /) -> float | None:
        return _UNCOUNTED_LETTER if script == self.script else _ASCII_LETTER if c.isascii() else None

    def edge(self, _before: str, /) -> float:
        return 0.0


def _likelihood(word: str, language: _Language) -> float:
    """The sum over a word's characters."""
    total, before, script_before, is_foreign = 0.0, "", "", False
    is_capitals = word.isupper()
    for c in word:
        script = _script(c)
        of_letter = language.letter(before, c, script) if script else None
        if of_letter is None:
            cost = _of_no_letter(c, word)
            is_foreign = cost <= _NOBODYS
            total += cost + (language.edge(before) if before else 0.0)
            total += _OTHER_SCRIPT if is_foreign and before else 0.0
            before = script_before = ""
            continue
        total += of_letter + (_OTHER_SCRIPT if is_foreign else 0.0)
        is_foreign = False
        if before and not (before + c).isascii():
            total += _OTHER_SCRIPT if script_before != script else 0.0
            total += _CAPITAL_INSIDE if c.isupper() and not is_capitals else 0.0
        before, script_before = c, script
    return total + (language.edge(before) if before else 0.0) + (_ALL_CAPITALS if is_capitals else 0.0)


def _of_no_letter(c: str, word: str) -> float:
    if c.isascii():
        return 0.0
    if c == UNREADABLE or unicodedata.category(c) in ("Cn", "Co", "Cc", "Cs"):
        return _IMPOSSIBLE
    is_paired = any(c in pair and set(pair) <= set(word) for pair in _PAIRED)
    return _PUNCTUATION if c in _SINGLE or is_paired else _NOBODYS


@lru_cache(maxsize=1 << 14)
def _script(c: str) -> str:
    """The script of a letter or its marks, as Unicode's names begin; "" where it is neither."""
    is_letter = c.isalpha() or unicodedata.category(c) in ("Mn", "Mc")
    return unicodedata.name(c, "").split(" ")[0] if is_letter else ""


@cache
def _languages() -> dict[str, _Language]:
    content = json.loads((Path(__file__).with_name("letters.json")).read_text(encoding="utf-8"))
    alphabets = {
        name: _Alphabet(script, _counts(line))
        for script, lines in content["pairs"].items()
        for name, line in lines.items()
    }
    characters = {name: _Characters(name, _counts(line)) for name, line in content["characters"].items()}
    return {**alphabets, **characters, **{script: _Uncounted(script) for script in _UNCOUNTED}}


def _counts(line: str) -> Counter[str]:
    """What `benchmarks.letters.written` wrote."""
    return Counter({text: int(n) for text, n in re.findall(r"(\D+?)(\d+) ?", line)})
