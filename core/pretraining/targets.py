"""The teachers' answers to every view, computed when they are first needed and kept on disk as float16.

One file holds one output of one teacher for one view. Several trainings may share a folder: one of them computes a
view, the others wait for it. A damaged file is computed anew.
"""

import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from filelock import FileLock
from torch import Tensor

from core.i18n import gettext as _
from core.paths import replacing
from core.pretraining.images import read_array
from core.pretraining.teachers import Teacher
from core.pretraining.views import Views, draw_views

Answer = dict[str, dict[str, Tensor]]
"""output (`embedding`, `logits`) -> teacher -> (rows, width) float16; a teacher without an output is missing there."""

IN_MEMORY = 2  # views


class Answers:
    """The teachers' answers to each view of one source's images: `answers(view)`.

    Args:
        teachers: the teachers.
        pixels: (n, side, side, 3) uint8, on the device where views are drawn and answers used.
        plan: view -> the rows of that view, of which an image may have several: row i shows image i modulo n.
        cache: the folder of the files.
        name: of the files; it must contain all that the plan depends on.
        input_px: the size at which teachers see a view.
        report: called when a teacher has answered a view.
    """

    def __init__(
        self,
        teachers: list[Teacher],
        pixels: Tensor,
        plan: Callable[[int], Views],
        cache: Path,
        *,
        name: str,
        input_px: int,
        report: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.teachers = teachers
        self.pixels = pixels
        self.plan = plan
        self.cache = cache
        self.name = f"{name}.{input_px}px"
        self.input_px, self.report = input_px, report
        self._of = lru_cache(IN_MEMORY)(self._read)

    def __call__(self, view: int) -> Answer:
        """Every teacher's outputs for one view."""
        return self._of(view)

    def _read(self, view: int) -> Answer:
        answer: Answer = {"embedding": {}, "logits": {}}
        for teacher in self.teachers:
            for output, values in self._of_teacher(teacher, view).items():
                answer[output][teacher.name] = torch.from_numpy(values).to(self.pixels.device)
        return answer

    def _of_teacher(self, teacher: Teacher, view: int) -> dict[str, npt.NDArray[np.float16]]:
        """A teacher's outputs for a view, from disk where they are whole."""
        stem = f"{teacher.key}.{self.name}.view{view}"
        paths = {output: self.cache / f"{stem}.{output}.npy" for output in teacher.outputs}
        rows = len(self.plan(view))
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(self.cache / f"{stem}.lock"):
            stored = {output: read_array(path, (rows, teacher.outputs[output])) for output, path in paths.items()}
            answers = {output: values for output, values in stored.items() if values is not None}
            if answers.keys() != paths.keys():
                answers = self._ask(teacher, view)
                for output, values in answers.items():
                    with replacing(paths[output]) as file:
                        np.save(file, values)
        return answers

    def _ask(self, teacher: Teacher, view: int) -> dict[str, npt.NDArray[np.float16]]:
        views, start, started = self.plan(view), 0, time.monotonic()
        rows = {output: np.empty((len(views), width), np.float16) for output, width in teacher.outputs.items()}
        for targets in teacher(self._batches(views, teacher.batch_size)):
            count = len(targets["embedding"])
            for output, values in targets.items():
                rows[output][start : start + count] = values
            start += count
        message = _("{teacher}: view {view} of {name} answered in {seconds} s")
        self.report(
            message.format(teacher=teacher.name, view=view, name=self.name, seconds=round(time.monotonic() - started))
        )
        return rows

    def _batches(self, views: Views, size: int) -> Iterator[Tensor]:
        for start in range(0, len(views), size):
            rows = np.arange(start, min(start + size, len(views)))
            yield draw_views(self.pixels, rows % len(self.pixels), views.of(rows), self.input_px)
