"""`evaluate --on`: a model judged by other labelled photos than its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import inputs
from core.cli.frame import print_json, working
from core.data.library import is_dataset_id
from core.errors import EvaluationError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.evaluation.predictions import Predictions
    from core.tasks.judging.other import OtherJudged


def judge_on(model: Path, on: str, rename: Sequence[str], *, as_json: bool) -> None:
    """Judges a model and prints what came of it.

    Args:
        model: a run, or a bundle.
        on: a zip, a folder, a sample, or a dataset's id.
        rename: classes of these photos by the model's names, as in "caat=cat".
        as_json: whether one JSON document is printed.
    """
    from core.cli.judging import show
    from core.evaluation.detail import look_closely
    from core.evaluation.metrics import evaluate
    from core.evaluation.predictions import Predictions
    from core.tasks.judging.other import JudgeRequest, judge

    request = JudgeRequest(
        model=str(_model(model).absolute()),
        photos=on if is_dataset_id(on) and not Path(on).exists() else inputs.source(on),
        rename=_renamed(rename),
    )
    with tempfile.TemporaryDirectory() as folder, working() as report:
        done = judge(Path(folder), request, report)
        predictions = Predictions.load(Path(folder) / done.file)
    result = evaluate(predictions)
    detail = look_closely(predictions, result, done.temperature)
    beside = done.beside_own(predictions)
    if as_json:
        print_json({
            **result.as_json(), **detail.as_json(),
            "on": {
                "name": done.name, "left_out": done.left_out, "unreadable": done.unreadable,
                "suggested": dict(done.suggested), "notes": list(done.notes), "own_split": done.own_split,
                "against_own": beside.as_json() if beside else None, "leaks": done.leaks.to_json(),
                "skipped": dict(done.skipped), **_doubts(done, predictions),
            },
        })  # fmt: skip
        return
    show.evaluation(result, detail)
    show.other(done, predictions)


def _doubts(done: OtherJudged, predictions: Predictions) -> dict[str, object]:
    """What the model's rule does there, and how many photos it takes for strangers."""
    from core.evaluation.abstention.outcome import outcome

    rule, alarms, expected = done.rule, done.alarms, done.expected
    known: dict[str, object] | None = None
    if alarms:
        known = {"n": alarms.n, "rate": alarms.rate, "ci": list(alarms.rate_ci)}
    if alarms and expected:
        known = {
            **(known or {}),
            "expected": expected.rate,
            "expected_ci": list(expected.ci),
            "p": expected.p_of(alarms),
        }
    return {
        "abstention": {"rule": rule.to_json(), "here": outcome(rule, predictions).to_json()} if rule else None,
        "strangers": known,
    }


def _model(given: Path) -> Path:
    """A run's directory, or the bundle itself."""
    return given if given.is_file() or (given / "manifest.json").is_file() else inputs.run(given).path


def _renamed(pairs: Sequence[str]) -> Mapping[str, str]:
    names = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(names.values()):
        raise EvaluationError(_("Write --rename as THEIRS=OURS: the class of the photos, then the model's."))
    return names
