"""A model's answers for files: one that cannot be read gets an error instead of a label, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.images.enlarge import LARGE_PX
from core.data.images.small import thumbnail_of
from core.data.intake.judging import examine
from core.data.limits import Limits
from core.data.messages import skip_text
from core.errors import GraftError
from core.models.views import look
from core.progress import Progress, Report
from core.tasks.answer_table import AnswerTable
from core.tasks.answers import Answer
from core.tasks.using import NamedFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.models.caution import Doubts
    from core.models.classifier import Classifier

_AT_ONCE = 512
"""Images whose answers are kept together: so few that little is lost, so many that an engine's start is worth it."""


def answers_of(
    classifier: Classifier,
    images: Sequence[NamedFile],
    judging: Report,
    predicting: Callable[[], Report],
    large: Mapping[int, Path],
) -> list[Answer]:
    """An answer for each of n files, in their order.

    Args:
        classifier: the model.
        images: the files; they may be anything.
        judging: is told of files that were looked at.
        predicting: gives what is told of images that were classified, when the first is about to be.
        large: where a picture of a screen's size is kept of some, by their index; a small one is kept beside it.
    """
    answers = _unanswered(images, large, judging)
    readable = [n for n, answer in enumerate(answers) if not answer.error]
    problems: dict[int, GraftError] = {}
    seen = look(classifier, [Path(images[n].path) for n in readable], predicting(), problems)
    doubts = classifier.caution.doubts(seen.features, seen.proba)
    for row, n in enumerate(readable):
        problem = problems.get(row)
        answers[n] = (
            replace(answers[n], error=str(problem), preview="", large="")
            if problem is not None
            else _answered(answers[n], classifier.classes, seen.proba[row], doubts, row)
        )
    return answers


def answer_into(
    table: AnswerTable, classifier: Classifier, images: Sequence[NamedFile], report: Report
) -> list[Answer]:
    """Adds the answers for images to a table, some hundreds at a time: what was added is kept whatever comes after.

    Args:
        table: of this classifier's answers.
        classifier: the model.
        images: the files that have no answer yet.
        report: is told of images.

    Returns:
        the answers of those that could not be read, which say why.
    """
    failed: list[Answer] = []
    for start in range(0, len(images), _AT_ONCE):
        some = images[start : start + _AT_ONCE]
        halves = partial(_of_all, report, len(images), 2 * start)
        answers = answers_of(classifier, some, partial(halves, 0), partial(partial, halves, len(some)), {})
        table.append(answers, some)
        failed += [answer for answer in answers if answer.error]
    return failed


def _of_all(report: Report, total: int, before: int, looked_at: int, step: Progress) -> None:
    """Tells of a step of some images as one of all; one that was looked at is half done."""
    report(Progress((before + looked_at + step.done) // 2, total, step.message))


def _unanswered(images: Sequence[NamedFile], large: Mapping[int, Path], report: Report) -> list[Answer]:
    """What can be said of images before the model has seen them: why some cannot be read, and pictures of others."""
    photos = [(Path(image.path), image.name) for image in images]
    files = examine(photos, large, Limits.here(), report, LARGE_PX)
    return [
        Answer(image=image.name, error=skip_text(file.reason, (file.width, file.height)), reason=file.reason)
        if file.reason
        else _pictured(Answer(image=image.name), large.get(n))
        for n, (image, file) in enumerate(zip(images, files, strict=True))
    ]


def pictured(
    answers: Sequence[Answer], images: Sequence[NamedFile], chosen: Sequence[int], folder: Path, report: Report
) -> list[Answer]:
    """Answers with pictures of some of their images.

    Args:
        answers: those of the images.
        images: the files.
        chosen: the indices of those that get a picture.
        folder: where the pictures are kept.
        report: is told of images.
    """
    large = {row: folder / f"{n}-large.jpg" for row, n in enumerate(chosen)}
    examine([(Path(images[n].path), images[n].name) for n in chosen], large, Limits.here(), report, LARGE_PX)
    files = dict(zip(chosen, large.values(), strict=True))
    return [_pictured(answer, files.get(n)) for n, answer in enumerate(answers)]


def _pictured(answer: Answer, large: Path | None) -> Answer:
    """An answer with the picture that there is of its image, and a small one beside it."""
    if large is None:
        return answer
    small = large.with_name(large.name.replace("-large", ""))
    thumbnail_of(large, small)
    return replace(answer, preview=small.name, large=large.name)


def _answered(answer: Answer, classes: Sequence[str], proba: NDArray[np.float32], doubts: Doubts, row: int) -> Answer:
    """What the model says of the image in a row, with what it doubts."""
    answer = replace(
        answer,
        label=classes[int(proba.argmax())],
        proba=dict(zip(classes, map(float, proba), strict=True)),
    )
    if doubts.decisions is not None:
        decisions = doubts.decisions
        possible = tuple(name for name, left in zip(classes, decisions.possible[row], strict=True) if left)
        answer = replace(
            answer,
            label=classes[int(decisions.labels[row])],
            abstained=not decisions.answered[row],
            possible=possible if decisions.gives_sets else None,
        )
    if doubts.strange is None or doubts.percentiles is None:
        return answer
    return replace(answer, stranger=bool(doubts.strange[row]), percentile=float(doubts.percentiles[row]))
