"""Where a dataset came from, kept beside it where names or tables did not say their encoding, to be read otherwise.

    <dataset>/origin.json

A guess at an encoding may be wrong, and only the bytes of the source can be read once more.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core import paths
from core.data.encodings.guess import Guess
from core.errors import GraftError
from core.records import Record

FILE = "origin.json"


@dataclass(frozen=True, kw_only=True)
class Origin(Record):
    """What was taken in, and how.

    Attributes:
        source: the path of a zip or folder; an upload goes after a while.
        group_pattern: where the group is in a photo's name; "" for no groups.
        class_pattern: where the class is in a photo's name; "" for what folders and tables say.
        seed: of the splits that were made.
        names: how names were read; None where they say it.
        tables: how tables were read; None where they say it.
    """

    source: str
    group_pattern: str = ""
    class_pattern: str = ""
    seed: int = 0
    names: Guess | None = None
    tables: Guess | None = None

    @property
    def is_there(self) -> bool:
        """Whether the source can still be read."""
        return Path(self.source).exists()


def read_origin(root: Path) -> Origin | None:
    """The origin of the dataset in the directory `root`; None where there is nothing to read otherwise."""
    try:
        return Origin.from_json(paths.read_json(root / FILE))
    except (OSError, ValueError, GraftError):
        return None


def write_origin(root: Path, origin: Origin) -> None:
    """Keeps the origin of a dataset, where there is something to read otherwise."""
    if origin.names is not None or origin.tables is not None:
        paths.write_json(root / FILE, origin.to_json())


def moved(root: Path, source: str) -> None:
    """Notes that the source of the dataset in `root` is now at another place, such as the same file uploaded again."""
    origin = read_origin(root)
    if origin is not None and origin.source != source:
        with suppress(OSError):  # a home that cannot be written: the dataset is there all the same
            write_origin(root, replace(origin, source=source))
