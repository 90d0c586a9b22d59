"""A dataset as a zip that can be taken in again: split, class, photo. Names are made safe for every system.

Where folders cannot tell everything (groups, or class names that no system takes for a folder), a table does.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core import paths
from core.data.dataset import Dataset
from core.data.images.scrub import scrubbed
from core.i18n import gettext as _
from core.progress import Progress, Report, silent
from core.tables import as_csv

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST = 100
TABLE, COLUMNS = "labels.csv", ("filename", "label", "split", "group")
_SUFFIX = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "GIF": ".gif",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "HEIF": ".heic",
}


def pack(dataset: Dataset, out: Path, report: Report = silent) -> Path:
    """Writes the dataset's photos to `out`, whole or not at all; pixels as they came, metadata (such as GPS) left out.

    Args:
        dataset: the photos; as edited, where `open_dataset` gave it.
        out: the zip to write.
        report: told of photos.
    """
    folders = safe_names(dataset.classes)
    taken: set[str] = set()
    rows: list[tuple[str, ...]] = []
    with paths.replacing(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, item in enumerate(dataset.items):
            if done % 32 == 0:
                report(Progress(done, len(dataset.items), _("Writing the photos")))
            stem = safe_name(PurePosixPath(item.name.replace("\\", "/")).stem)
            content, format_name = scrubbed(dataset.path(item), item.format)
            suffix = _SUFFIX[format_name]
            place = f"{item.split}/{folders[item.label]}"
            name = f"{place}/{stem}{suffix}"
            if name.casefold() in taken:
                name = f"{place}/{stem}-{item.sha256[:12]}-{done}{suffix}"
            taken.add(name.casefold())
            archive.writestr(name, content)
            rows.append((name, dataset.classes[item.label], item.split, item.group))
        if folders != dataset.classes or any(item.group for item in dataset.items):
            archive.writestr(TABLE, as_csv(COLUMNS, rows))
    report(Progress(len(dataset.items), len(dataset.items), _("Written")))
    return out


def safe_names(names: Sequence[str]) -> tuple[str, ...]:
    """`names` as folder names that differ on every system, also where case does not count."""
    folders: dict[str, str] = {}  # by what they are where case does not count
    for name in names:
        folder, n = safe_name(name), 1
        while folder.casefold() in folders:
            n += 1
            folder = f"{safe_name(name)} ({n})"
        folders[folder.casefold()] = folder
    return tuple(folders.values())


def safe_name(name: str) -> str:
    """`name` as a file or folder may be called on Linux, macOS and Windows."""
    safe = _UNSAFE.sub("_", name)[:_LONGEST].rstrip(". ").lstrip(" ")
    return f"_{safe}" if not safe or _RESERVED.fullmatch(safe) or safe.startswith(".") else safe
