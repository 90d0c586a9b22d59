"""Where photos come from: a zip, a folder of one's own, or a sample. Each is named entries that are read one by one."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import paths
from core.data.limits import Limits
from core.data.messages import rejected
from core.data.samples.open import open_sample
from core.data.sources.archive import Archive, BadEntry
from core.data.sources.source import Entry, Source
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report

SAMPLE_PREFIX = "sample:"


@contextmanager
def open_source(source: str | Path, limits: Limits, report: Report) -> Iterator[Source]:
    """Opens what a user names.

    Raises:
        RejectedError: an archive that is refused.
        DatasetError: there is no such file, folder or sample, or a sample could not be fetched.
    """
    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        yield open_sample(source.removeprefix(SAMPLE_PREFIX), limits, report)
        return
    path = Path(source).expanduser()
    if path.is_dir():
        if paths.is_public():
            raise DatasetError(_("Folders on this machine cannot be opened in a public app. Upload a zip file."))
        yield FolderSource(path, limits.for_own_files())
    elif path.is_file():
        report(Progress(0, 0, _("Checking the archive")))
        with Archive(path, limits) as archive:
            yield ZipSource(path, archive, limits)
    else:
        raise DatasetError(
            _("There is no file or folder '{name}'. Give a zip, a folder or a sample, such as sample:digits.").format(
                name=path.name
            )
        )


class ZipSource:
    """The entries of a judged archive."""

    kind = "upload"

    def __init__(self, path: Path, archive: Archive, limits: Limits) -> None:
        self.title = path.stem
        self.limits = limits
        self.entries = archive.entries
        self._path, self._archive = path, archive

    def read(self, index: int) -> bytes:
        """The unpacked bytes of an entry."""
        return self._archive.read(index)

    def digest(self) -> str:
        """The sha256 of the archive."""
        return paths.file_sha256(self._path)


class FolderSource:
    """The files below a folder. Links to folders are not followed, so that nothing goes in circles."""

    kind = "folder"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.title = path.resolve().name
        self.limits = limits
        self._root = path
        self.entries = self._entries()

    def read(self, index: int) -> bytes:
        """The bytes of a file."""
        path = self._root / self.entries[index].name
        try:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise BadEntry("not_an_image")
            if facts.st_size > self.limits.max_entry_bytes:
                raise BadEntry("file_too_large")
            return path.read_bytes()
        except OSError:
            raise BadEntry("corrupt_entry") from None

    def digest(self) -> str:
        """The sha256 over the files' names and contents."""
        digest = hashlib.sha256()
        for index, entry in enumerate(self.entries):
            digest.update(f"{entry.name}\0".encode("utf-8", "surrogateescape"))
            if not entry.is_folder:
                try:
                    digest.update(hashlib.sha256(self.read(index)).digest())
                except BadEntry as problem:
                    digest.update(problem.reason.encode())
        return digest.hexdigest()

    def _entries(self) -> list[Entry]:
        entries: list[Entry] = []
        for folder, folders, files in os.walk(self._root):
            folders.sort()
            inside = Path(folder).relative_to(self._root)
            entries += [Entry((inside / name).as_posix(), True) for name in folders]
            entries += [Entry((inside / name).as_posix(), False, _size(Path(folder, name))) for name in sorted(files)]
            if len(entries) > self.limits.max_entries:
                raise rejected("too_many_entries", limits=self.limits)
        return entries


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will say what is wrong
