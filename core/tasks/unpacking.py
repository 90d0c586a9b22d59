"""From what a user asks about to files: folders are looked through, and zips unpacked under names of our own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.data.intake.room import check_room
from core.data.limits import Limits
from core.data.messages import skip_text
from core.data.names import is_asked_about, is_hidden, is_junk, is_zip_name, parts_of
from core.data.sources.open import open_source
from core.data.sources.source import BadEntry, Entry, PhotoSource
from core.errors import DatasetError, RejectedError
from core.i18n import gettext as _
from core.progress import Progress, Report
from core.tasks.answers import Answer
from core.tasks.using import NamedFile


@dataclass(frozen=True)
class Unpacked:
    """What there is to classify.

    Attributes:
        files: it.
        failed: entries of zips that cannot be read, and why.
        left_out: how many other files were left out, since their names are not those of photos.
    """

    files: tuple[NamedFile, ...]
    failed: tuple[Answer, ...] = ()
    left_out: int = 0

    def with_failed(self, answers: Sequence[Answer]) -> list[Answer]:
        """The answers for the files, and after them why others have none."""
        return [*answers, *self.failed]


def unpacked(images: Sequence[NamedFile], folder: Path, report: Report, *, alone: bool = True) -> Unpacked:
    """The files that are asked about: those named, and the photos in the folders and zips among them.

    Args:
        images: files, folders and zips. A zip is known by the user's name for it.
        folder: where zips are unpacked; it is made where there are any.
        report: is told of entries.
        alone: whether photos are called as in their zip or folder where it is the only one; else its name is before
            theirs.

    Raises:
        RejectedError: a zip is refused whole.
        DatasetError: there is no photo in any of them, or no room on the disk.
    """
    taken = _Taken(folder)
    for image in images:
        if not _holds_photos(image):
            taken.files.append(image)
            continue
        with _opened(image, report) as source:
            taken.take(source, image, "" if alone and len(images) == 1 else image.name, report)
    if not taken.files and not taken.failed:
        raise DatasetError(_("There is no photo in '{name}'.").format(name=", ".join(image.name for image in images)))
    return Unpacked(tuple(taken.files), tuple(taken.failed), taken.left_out)


@contextmanager
def _opened(image: NamedFile, report: Report) -> Iterator[PhotoSource]:
    """A folder or a zip; what is no zip is told of in the words of who asks a model, and not of who trains one."""
    try:
        with open_source(image.path, Limits.here(), report) as source:
            yield source
    except RejectedError as problem:
        if problem.code != "not_a_zip":
            raise
        message = _("'{name}' is not a zip file. Bring photos, or a zip of them.").format(name=image.name)
        raise RejectedError(problem.code, message) from problem


def _holds_photos(image: NamedFile) -> bool:
    path = Path(image.path)
    is_folder = path.is_dir() and not path.is_symlink()  # a link in a folder is told of, not followed
    return is_folder or (is_zip_name(image.name) and path.is_file())


@dataclass
class _Taken:
    """What has been found so far; zips are unpacked into `folder`."""

    folder: Path
    files: list[NamedFile] = field(default_factory=list)
    failed: list[Answer] = field(default_factory=list)
    left_out: int = 0

    def take(self, source: PhotoSource, holder: NamedFile, within: str, report: Report) -> None:
        """Adds the photos of a folder, which stay where they are, or of a zip; `within` stands before their names."""
        entries = source.entries
        files = [n for n, entry in enumerate(entries) if not (entry.is_folder or _is_nothing(entry))]
        meant = [n for n in files if is_asked_about(parts_of(entries[n].name))]
        self.left_out += len(files) - len(meant)
        names = {n: f"{within}/{entries[n].name}" if within else entries[n].name for n in meant}
        if Path(holder.path).is_dir():
            path = Path(holder.path)
            self.files += [NamedFile(path=str(path / entries[n].name), name=name) for n, name in names.items()]
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        check_room(self.folder, sum(entries[n].size for n in meant), 0)
        for done, (n, name) in enumerate(names.items()):
            report(Progress(done, len(meant), _("Unpacking the photos")))
            self._unpack(source, n, name)

    def _unpack(self, source: PhotoSource, n: int, name: str) -> None:
        file = self.folder / str(len(self.files) + len(self.failed))
        try:
            file.write_bytes(source.read(n))
        except BadEntry as problem:
            self.failed.append(Answer(image=name, error=skip_text(problem.reason), reason=problem.reason))
        else:
            self.files.append(NamedFile(path=str(file), name=name))


def _is_nothing(entry: Entry) -> bool:
    """Whether systems leave such a file about."""
    parts = parts_of(entry.name)
    return not parts or is_junk(parts) or is_hidden(parts[:-1])
