"""A model's answers as a CSV file that grows: what is written is kept, and is not asked again.

A row says which model it is of, so that answers of two are never mixed in one file, and which photo, so that another
one of the same name is asked about.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import file_sha256, replacing
from core.tables import as_csv, as_meant, harmless
from core.tasks.answers import Answer
from core.tasks.using import NamedFile

_DIGITS = 6
_NAME, _SHARES, _PHOTO = 0, 3, -2  # where a row has them; its last cell is the model
_HEX_DIGITS = 16


class AnswerTable:
    """The answers in a file: those of an earlier call, and those that are added. A row that was cut off is dropped.

    Photos that could not be read are dropped, too, when the file is opened: they are asked about again.

    Args:
        path: the CSV file, which need not be there.
        classes: the model's, in its order.
        model: tells the model from others.

    Raises:
        DatasetError: the file is no such table, or another model's; or it cannot be read.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, classes: Sequence[str], model: str) -> None:
        self._path, self._classes, self._model = path, tuple(classes), model
        self._begin(self._kept() if path.exists() else [])

    def _begin(self, rows: Sequence[Sequence[str]]) -> None:
        """Begins the file anew with these rows."""
        self._answered = {as_meant(row[_NAME]): row[_PHOTO] for row in rows}
        with replacing(self._path) as file:
            file.write(as_csv(self._headings, []).encode())
            file.write(_written(rows))

    def unanswered(self, images: Sequence[NamedFile]) -> list[NamedFile]:
        """Those of some images that have no answer yet; one for another photo of their name is dropped."""
        contents = {image: _content_of(image) for image in images if _as_written(image.name) in self._answered}
        stale = {_as_written(image.name) for image in contents if self._is_other(image, contents[image])}
        if stale:
            self._begin([row for row in self._kept() if as_meant(row[_NAME]) not in stale])
        return [image for image in images if _as_written(image.name) not in self._answered]

    def _is_other(self, image: NamedFile, content: str) -> bool:
        return self._answered[_as_written(image.name)] != content

    def append(self, answers: Sequence[Answer], images: Sequence[NamedFile] = ()) -> None:
        """Adds answers, which are on the disk when this returns.

        Args:
            answers: n of them.
            images: what they are about, n files; () for what could not be unpacked.
        """
        contents = [_content_of(image) for image in images] or [""] * len(answers)
        rows = [self._row(answer, content) for answer, content in zip(answers, contents, strict=True)]
        with self._path.open("ab") as file:
            file.write(_written([harmless(cell) for cell in row] for row in rows))
            file.flush()
            os.fsync(file.fileno())
        told = zip(answers, contents, strict=True)
        self._answered |= {_as_written(answer.image): content for answer, content in told if not answer.error}

    @property
    def _headings(self) -> list[str]:
        return ["image", "label", "not_answered", *self._classes, "reason", "error", "photo", "model"]

    def _row(self, answer: Answer, content: str) -> list[str]:
        shares = [f"{answer.proba[name]:.{_DIGITS}f}" if answer.proba else "" for name in self._classes]
        why_not = (answer.reason, answer.error)
        return [answer.image, answer.given, answer.refusal, *shares, *why_not, content, self._model]

    def _kept(self) -> list[list[str]]:
        """The rows with an answer, as they are written."""
        rows = self._rows()
        if next(rows, None) != [harmless(heading) for heading in self._headings]:
            raise DatasetError(
                _("'{name}' is not a table of this model's answers. Name another file, or remove it.").format(
                    name=self._path.name
                )
            )
        whole = [row for row in rows if len(row) == len(self._headings)]
        if any(row[-1] != self._model for row in whole):
            raise DatasetError(
                _("'{name}' holds the answers of another model. Name another file, or remove it.").format(
                    name=self._path.name
                )
            )
        return [row for row in whole if row[_SHARES]]

    def _rows(self) -> Iterator[list[str]]:
        """The rows that end: what a crash cut off has no end."""
        try:
            content = self._path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as problem:
            raise DatasetError(
                _("'{name}' cannot be read ({reason}).").format(name=self._path.name, reason=problem)
            ) from problem
        yield from csv.reader(io.StringIO(content[: content.rfind("\n") + 1], newline=""))


def _content_of(image: NamedFile) -> str:
    """What tells a photo from others, whatever their names: digits of its sha256; "" where it cannot be read."""
    try:
        return file_sha256(Path(image.path))[:_HEX_DIGITS]
    except OSError:
        return ""


def _as_written(name: str) -> str:
    """A name as a file can hold it: bytes that are no text are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _written(rows: Iterator[list[str]] | Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "backslashreplace")
