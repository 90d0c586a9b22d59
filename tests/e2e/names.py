"""Names that a page would obey, were they not shown as text, and photos that bear them."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ZipBuilder
from tests.hostile import FOLDERS, of_the_corpus

NAMES = (*FOLDERS, *of_the_corpus())[:24]  # as many as a legend has room for
PHOTOS = "<b>💥<i> $x$ [z](http:evil.example) =1+1"
EMPTY = "![empty](http:evil.example)"


def hostile_photos(small_zip: ZipBuilder) -> Path:
    """A zip that is called `PHOTOS`, of a class for each of `NAMES`, and with a folder `EMPTY` that holds none."""
    left_out = {f"{EMPTY}/**no photo**<b>.txt": b"no photo"}
    return small_zip(name=f"{PHOTOS}.zip", classes=NAMES, per_class=5, extra=left_out)
