"""A model that looks at several views of each photo and averages what it makes of them, where someone chose so.

    <run>/views.json            {"views": "flip"}

A rule for not answering is fitted to the answers for single views, and its promise holds for these alone: a model has
the one or the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.images.viewing import check_views
from core.data.images.views import ONE, VIEWS, view_of
from core.errors import EvaluationError, GraftError
from core.evaluation.abstention.kept import kept_rule
from core.i18n import gettext as _
from core.paths import write_json
from core.progress import Progress, Report, silent
from core.records import Record, kept_record

if TYPE_CHECKING:
    from PIL import Image

    from core.models.classifier import Classifier, Seen

FILE = "views.json"
AT_ONCE = 256
"""Photos whose views are looked at together: the features of ten views of very many would fill the memory."""
_DECODED = 4
"""Photos whose pixels are kept while their views are drawn; a photo's views follow one another."""


@dataclass(frozen=True, kw_only=True)
class Chosen(Record):
    """How a model looks at photos.

    Attributes:
        views: a key of `core.data.images.views.VIEWS`.
    """

    views: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_views(self.views)


def keep_views(run: Path, views: str) -> None:
    """From here on the model of the run in a directory looks at photos in this way.

    Raises:
        EvaluationError: there is no such way, or the run has a rule for not answering.
    """
    chosen = Chosen(views=views)
    if views == ONE:
        (run / FILE).unlink(missing_ok=True)
        return
    if kept_rule(run) is not None:
        raise _has_rule()
    write_json(run / FILE, chosen.to_json())


def kept_views(run: Path) -> str:
    """How the model of the run in a directory looks at photos; in one view where it has a rule for not answering.

    Raises:
        EvaluationError: what is kept cannot be read.
    """
    damaged = EvaluationError(_("How this model looks at photos is damaged on the disk. Choose it again."))
    chosen = kept_record(run / FILE, Chosen, damaged)
    return chosen.views if chosen is not None and kept_rule(run) is None else ONE


def with_views(classifier: Classifier, views: str) -> Classifier:
    """The same model, which looks in this way from here on; "" leaves it as it is.

    Raises:
        EvaluationError: there is no such way, or the model has a rule for not answering.
    """
    if views and check_views(views) != ONE and classifier.caution.rule is not None:
        raise _has_rule()
    classifier.views = views or classifier.views
    return classifier


def look(
    classifier: Classifier,
    images: Sequence[Path],
    report: Report = silent,
    problems: dict[int, GraftError] | None = None,
) -> Seen:
    """What a model makes of n images in the way in which it looks: probabilities are means over the views.

    Features are those of the plain view. Arguments and errors are those of `Classifier.look`.
    """
    n_views = VIEWS[classifier.views]
    if n_views == 1 or not images:
        return classifier.look(images, report, problems)
    seen = look_at_each(classifier, images, n_views, report, problems)
    each = seen.proba.reshape(len(images), n_views, -1)
    return replace(seen, features=seen.features[::n_views], proba=mean_of_first(each, n_views))


def look_at_each(
    classifier: Classifier,
    images: Sequence[Path],
    n_views: int,
    report: Report = silent,
    problems: dict[int, GraftError] | None = None,
) -> Seen:
    """What a model makes of the first views of each image: (n × n_views) rows, an image's views one after the other."""
    parts: list[Seen] = []
    for start in range(0, max(len(images), 1), AT_ONCE):
        some = images[start : start + AT_ONCE]
        failed: dict[int, GraftError] = {}
        tell = partial(_of_all, report, start * n_views, len(images) * n_views)
        parts.append(classifier.look(_drawn(classifier, some, n_views), tell, None if problems is None else failed))
        for row, problem in failed.items():
            assert problems is not None
            problems.setdefault(start + row // n_views, problem)
    if len(parts) == 1:
        return parts[0]
    features, proba = (np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "proba"))
    return replace(parts[0], features=features, proba=proba)


def mean_of_first(each: NDArray[np.float32], n_views: int) -> NDArray[np.float32]:
    """(n, c) the mean over the first views of (n, views, c)."""
    return np.asarray(each[:, :n_views].mean(axis=1, dtype=np.float64), np.float32)


def _drawn(classifier: Classifier, images: Sequence[Path], n_views: int) -> list[partial[Image.Image]]:
    @lru_cache(maxsize=_DECODED)
    def decoded(row: int) -> Image.Image:
        return classifier.decoded(images[row])

    def drawn(row: int, number: int) -> Image.Image:
        return view_of(decoded(row), number)

    return [partial(drawn, row, number) for row in range(len(images)) for number in range(n_views)]


def _of_all(report: Report, before: int, total: int, step: Progress) -> None:
    report(replace(step, done=min(before + step.done, total), total=total))


def _has_rule() -> EvaluationError:
    return EvaluationError(
        _(
            "This model has a rule for not answering, which was fitted to its answers for single views. Take the rule "
            "away first, or leave the model its one view."
        )
    )
