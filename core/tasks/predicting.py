"""The verb that classifies images: files, folders of them, and zips."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.images.views import VIEWS
from core.models.views import with_views
from core.progress import TO_COME, Phase, Plan, Report
from core.tasks.answering import answers_of, pictured
from core.tasks.answers import Answer, save_answers
from core.tasks.common import drop_uploads, model_of
from core.tasks.results import Predicted
from core.tasks.unpacking import unpacked
from core.tasks.using import PredictRequest

if TYPE_CHECKING:
    from core.models.classifier import Classifier
    from core.tasks.unpacking import Unpacked

_ANSWERS = "answers.json"
_PHOTOS = "photos"


def predict(job_dir: Path, request: PredictRequest, report: Report) -> Predicted:
    """Classifies images; one that cannot be read gets an error instead of a label, and does not stop the others.

    Raises:
        GraftError: the model cannot be read, a zip is refused whole, or there is no photo in what was named.
    """
    from core.models.caution import expected_alarms
    from core.models.load import classifier_of

    plan = Plan(report, {"load": (Phase("load", 1.5),), "unpack": (Phase("unpack", 0.1),), "answer": (TO_COME,)})
    model = model_of(request, request.model)
    classifier = with_views(classifier_of(model, plan.begin("load")), request.tta)
    try:
        asked = unpacked(request.images, job_dir / _PHOTOS, plan.begin("unpack"))
        answers = asked.with_failed(_answers(job_dir, request, classifier, asked, plan.begin("answer")))
    finally:
        shutil.rmtree(job_dir / _PHOTOS, ignore_errors=True)
    save_answers(answers, job_dir / _ANSWERS)
    drop_uploads(request, (image.path for image in request.images))
    failed = sum(bool(answer.error) for answer in answers)
    return Predicted(
        file=_ANSWERS, images=len(answers), failed=failed, left_out=asked.left_out, expected=expected_alarms(model)
    )


def _answers(
    job_dir: Path, request: PredictRequest, classifier: Classifier, asked: Unpacked, report: Report
) -> Sequence[Answer]:
    """The answers for what could be unpacked, with pictures of those that the user will look at first."""
    n, most = len(asked.files), request.previews
    judging, predicting = Phase("judge", 0.3 + 0.02 * n), Phase("predict", 0.2 + 0.03 * n * VIEWS[classifier.views])
    picturing = (Phase("picture", 0.3 + 0.03 * most),) if most and n > most else ()
    plan = Plan(report, {"judge": (judging,), "predict": (predicting,), "picture": picturing})
    large = {row: job_dir / f"{row}-large.jpg" for row in range(n)} if n <= most else {}
    answers = answers_of(classifier, asked.files, plan.begin("judge"), lambda: plan.begin("predict"), large)
    if not picturing:
        return answers
    doubtful = sorted((row for row in range(n) if answers[row].label), key=lambda row: -answers[row].doubt)[:most]
    return pictured(answers, asked.files, doubtful, job_dir, plan.begin("picture"))
