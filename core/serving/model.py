"""A model that is asked again and again: it and the processes that judge photos stay ready. This file knows no HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.data.images.decoding import Decoders, decoders_for, decoding_with
from core.data.images.levels import Levels
from core.data.images.small import THUMBNAIL_PX
from core.data.images.worker import Decoded
from core.data.limits import Limits
from core.models.classifier import Classifier
from core.progress import silent
from core.tasks.answering import answers_of
from core.tasks.answers import Answer
from core.tasks.using import NamedFile


@dataclass(frozen=True)
class Upload:
    """A photo that came with a request.

    Attributes:
        name: what the client calls it; "" where it does not say. It is given back, and is used for nothing else.
        content: its bytes.
    """

    name: str
    content: bytes


class ReadyModel:
    """A classifier that answers for bytes. Used as a context manager, by one thread at a time.

    The bytes are written to files with names of our own in a folder of our own, since a photo is first decoded in a
    process that it may hang or crash, and are gone when the answer is there.

    Args:
        classifier: the model.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self._decoders = decoders_for(Limits.public(), 1)

    def __enter__(self) -> Self:
        self._decoders.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._decoders.__exit__(*error)

    def answers(self, uploads: Sequence[Upload]) -> list[Answer]:
        """An answer for each photo, in their order; of one that cannot be read, why."""
        with tempfile.TemporaryDirectory(prefix="graft-serve-") as folder:
            files = [_written(upload, Path(folder) / str(n)) for n, upload in enumerate(uploads)]
            with decoding_with(lambda _limits, _processes: _Lent(self._decoders)):
                return answers_of(self.classifier, files, silent, lambda: silent, {})


def _written(upload: Upload, file: Path) -> NamedFile:
    file.write_bytes(upload.content)
    return NamedFile(path=str(file), name=upload.name)


class _Lent:
    """Decoders for one request, which others go on to use."""

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders
        self.finished = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...

    def submit(
        self, photo: Path, out: Path | None, levels: Levels | None = None, side_px: int = THUMBNAIL_PX
    ) -> Future[Decoded]:
        """As of `Decoders`."""
        future = self._decoders.submit(photo, out, levels, side_px)
        future.add_done_callback(self._count)
        return future

    def _count(self, _future: Future[Decoded]) -> None:
        self.finished += 1
