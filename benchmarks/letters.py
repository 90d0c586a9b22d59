"""Counts letters in everyday words, for judging how names of photos are to be read; writes `letters.json` anew.

    python -m benchmarks.letters annotations/ core/data/encodings/letters.json

The words are the names and keywords of emoji in the Unicode CLDR (Unicode License v3): the folder `annotations` of the
package `cldr-annotations-full`. They are about animals, plants, foods and things, as the classes of photos are.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

PAIRS = {  # of each alphabet's letters that come one after the other, by language
    "LATIN": ("de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs", "hu", "tr", "en"),
    "CYRILLIC": ("ru", "uk", "bg"),
    "GREEK": ("el",),
    "HEBREW": ("he",),
    "ARABIC": ("ar", "fa"),
    "THAI": ("th",),
}
CHARACTERS = {"zh": ("zh",), "zh-Hant": ("zh-Hant", "zh-Hant-HK"), "ja": ("ja",), "ko": ("ko",)}
FEWEST = 3  # of a pair; what is rarer are foreign words
_MARKS = ("Mn", "Mc")  # vowels and tones, as Thai has them
DOTS_LEFT_OFF = 10  # Russian may write "е" for "ё", and the annotations do; others write one "ё" in ten or so


def main() -> None:
    """Reads the folder named on the command line and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    pairs = {
        script: {name: written(_pairs(words(arguments.annotations, name)), FEWEST) for name in languages}
        for script, languages in PAIRS.items()
    }
    characters = {
        name: written(_characters(word for part in parts for word in words(arguments.annotations, part)), 1)
        for name, parts in CHARACTERS.items()
    }
    source = "names and keywords of emoji, Unicode CLDR, counted by benchmarks/letters.py; Unicode License v3"
    document = {"source": source, "pairs": pairs, "characters": characters}
    arguments.out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def words(annotations: Path, language: str) -> Iterator[str]:
    """The words of a language, in small letters; the same text is read once."""
    content = json.loads((annotations / language / "annotations.json").read_text(encoding="utf-8"))
    of_emoji = content["annotations"]["annotations"].values()
    texts = {text for emoji in of_emoji for kind in ("default", "tts") for text in emoji.get(kind, ())}
    for text in sorted(texts):
        spaced = (
            c if c.isalpha() or unicodedata.category(c) in _MARKS else " "
            for c in unicodedata.normalize("NFC", text).lower()
        )
        yield from "".join(spaced).split()


def _pairs(language: Iterable[str]) -> Counter[str]:
    """Letters with the one before; "_" stands before the first and after the last."""
    counts = Counter(f"{before}{c}" for word in language for before, c in zip(f"_{word}", f"{word}_", strict=True))
    dotted = {pair.replace("е", "ё"): n // DOTS_LEFT_OFF for pair, n in counts.items() if "е" in pair}
    return Counter({pair: max(n, dotted.get(pair, 0)) for pair, n in (Counter(dotted) | counts).items()})


def _characters(language: Iterable[str]) -> Counter[str]:
    return Counter(c for word in language for c in word if not c.isascii())


def written(counts: Counter[str], fewest: int) -> str:
    """Counts as one line, the frequent first: "er1041 en980"."""
    return " ".join(f"{text}{n}" for text, n in counts.most_common() if n >= fewest)


if __name__ == "__main__":
    main()
