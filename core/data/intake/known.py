"""Photos that another dataset of the workspace has already: taken over with what is known of them, and not decoded.

Those of more than 8 bits are not, since here they may be scaled otherwise; nor those of an older version's datasets,
which knew less of them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from core.data.dataset import MANIFEST, blob_path, read_dataset, thumbnail_path
from core.data.images.worker import Decoded
from core.data.intake.staging import is_current
from core.data.limits import Limits
from core.errors import DatasetError

_MOST_DATASETS = 50  # that are looked into, the newest first


class KnownPhotos:
    """The photos of the datasets in a folder; a dataset's records are read when one of its photos is wanted first."""

    def __init__(self, folder: Path) -> None:
        manifests = [manifest for manifest in folder.glob(f"[0-9a-f]*/{MANIFEST}") if manifest.is_file()]
        manifests.sort(key=lambda manifest: (-manifest.stat().st_mtime, manifest.parent.name))
        self._roots = [manifest.parent for manifest in manifests[:_MOST_DATASETS]]
        self._photos: dict[Path, dict[str, Decoded]] = {}  # of each dataset that was read, by sha256

    def take(self, sha256: str, n_bytes: int, stage: Path, limits: Limits) -> Decoded | None:
        """Puts a photo and its thumbnail below `stage`; None where it is not known, or not all of it."""
        for root in self._roots:
            blob, small = blob_path(root, sha256), thumbnail_path(root, sha256)
            if not small.is_file():
                continue
            known = self._photos_of(root).get(sha256)
            if known is None or not _accepted(known, limits):
                continue
            try:
                if blob.stat().st_size != n_bytes:
                    continue
                link_or_copy(small, thumbnail_path(stage, sha256))
                link_or_copy(blob, blob_path(stage, sha256))
            except OSError:  # it was deleted meanwhile, or the disk is full, which writing it anew will tell
                continue
            return known
        return None

    def _photos_of(self, root: Path) -> dict[str, Decoded]:
        if root not in self._photos:
            try:
                items = read_dataset(root).items if is_current(root) else ()
            except DatasetError:
                items = ()
            usable = [item for item in items if item.phash and not item.deep]
            self._photos[root] = {i.sha256: Decoded("", i.format, i.width, i.height, i.phash) for i in usable}
        return self._photos[root]


def _accepted(known: Decoded, limits: Limits) -> bool:
    fits = (
        known.width * known.height <= limits.most_pixels(known.format)
        and max(known.width, known.height) <= limits.max_side
    )
    return fits and known.format in limits.formats


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for a file that is never changed, or its copy where the disk has no such names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(source, target)
