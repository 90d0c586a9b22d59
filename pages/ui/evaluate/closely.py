"""A closer look at a model, in folds: every score, its curves, and whether its probabilities mean what they say.

What a fold shows is computed when it is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from core import numbers
from core.evaluation.calibration import Reliability
from core.evaluation.detail import Detail
from core.evaluation.metrics import Evaluation
from core.evaluation.ranking import Ranking
from core.evaluation.scores import Score
from pages.ui import downloads, figures, resources, text
from pages.ui.evaluate.charts import (
    MOST_CURVES,
    ranking_curves,
    ranking_table,
    reliability_diagram,
    reliability_table,
)
from pages.ui.figures import Files
from pages.ui.i18n import _


def closely(file: Path, about: str, temperature: float, *, of_probe: bool) -> None:
    """Draws the folds.

    Args:
        file: the predictions.
        about: begins the names of the figures' files, and stands for the model.
        temperature: by which the model's scores were divided; 1 where they were not.
        of_probe: whether that was fitted by the cross-validation of a probe, else on the validation photos.
    """
    calibrated = _calibrated(of_probe)
    folds: tuple[tuple[str, str, Callable[[Detail, str], None]], ...] = (
        (_("Every score, with its interval"), ":material/table_chart:", _scores),
        (_("Which threshold? ROC and precision-recall curves"), ":material/show_chart:", _curves),
        (
            _("Do its probabilities mean what they say?"),
            ":material/straighten:",
            partial(_probabilities, calibrated),
        ),
    )
    for number, (title, icon, draw) in enumerate(folds):
        with st.expander(title, icon=icon, key=f"closely-{number}-{about}", on_change="rerun") as fold:
            if fold.open:
                draw(resources.detail(file, temperature), about)


def document(evaluation: Evaluation, file: Path, temperature: float) -> dict[str, object]:
    """All that is known of the predictions in a file, as `evaluate --json` prints it."""
    return {**evaluation.as_json(), **resources.detail(file, temperature).as_json()}


def _scores(detail: Detail, about: str) -> None:
    st.dataframe(
        {
            _("Score"): [score.label for score in detail.scores],
            _("Value"): [_written(score, score.value) for score in detail.scores],
            _("95 % interval"): [_ends(score) for score in detail.scores],
        },
        hide_index=True,
        height="content",
        key=f"scores-{about}",
    )
    st.caption(
        _(
            "Balanced accuracy is the mean recall of the classes. Matthews correlation and Cohen's kappa are 0 for "
            "what chance gives and 1 for a perfect model. For log loss and the Brier score (0 to 2) less is better: "
            "they count how far the probabilities are from the truth."
        )
    )
    downloads.table(_("Download the scores (CSV)"), *score_table(detail), text.file_name("scores", about) + ".csv")


def score_table(detail: Detail) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The headings, and a row for each score."""
    rows: list[tuple[object, ...]] = [
        (score.label, "–" if score.value is None else score.value, *(score.ci or ("–", "–"))) for score in detail.scores
    ]
    return (_("Score"), _("Value"), _("95 % from"), _("95 % to")), rows


def _written(score: Score, value: float | None) -> str:
    if value is None:
        return "–"
    return numbers.percent(value) if score.is_share else numbers.decimal(value, 3)


def _ends(score: Score) -> str:
    if score.ci is None:
        return "–"
    return numbers.interval(score.ci) if score.is_share else numbers.decimal_interval(score.ci)


def _curves(detail: Detail, about: str) -> None:
    ranking = detail.ranking
    if ranking is None:
        st.caption(_("All photos of this split are of one class, so there is nothing to tell it from."))
        return
    _drawn(ranking, about)


def _drawn(ranking: Ranking, about: str) -> None:
    kinds = {"roc": _("ROC"), "pr": _("Precision and recall")}
    kind = st.segmented_control(_("Curves"), list(kinds), default="roc", required=True, format_func=kinds.__getitem__,
                                key=f"curves-kind-{about}")  # fmt: skip
    explained = {
        "roc": _(
            "If a photo counts as a class from some probability on: how many of the class are found, against how many "
            "others are taken for it. The area is the chance that a photo of the class gets a higher probability than "
            "one of another. Point at a curve to see its threshold."
        ),
        "pr": _(
            "If a photo counts as a class from some probability on: how many of those are of the class, against how "
            "many of the class are found. It says more than ROC where a class is rare. Point at a curve to see its "
            "threshold."
        ),
    }
    st.caption(explained[kind])
    figures.shown(
        resources.figure(ranking_curves, ranking, kind),
        f"ranking-{kind}-{about}",
        kinds[kind],
        Files(f"curves-{kind}", partial(ranking_table, ranking), about=about),
    )
    if len(ranking.classes) > MOST_CURVES:
        st.caption(_("The {n} classes with the least areas; the figure's table has all.").format(n=MOST_CURVES))


def _probabilities(calibrated: str, detail: Detail, about: str) -> None:
    found, before = detail.reliability, detail.before
    st.markdown(text.unbroken(f"**{_verdict(found)}** {_error(found)}"))
    if before is not None:
        st.markdown(text.unbroken(calibrated.format(temperature=numbers.significant(detail.temperature))))
    _before_and_after(found, before, about)
    figures.shown(
        resources.figure(reliability_diagram, found, before),
        f"reliability-{about}",
        _("How many photos are right, by how sure the model is"),
        Files("reliability", partial(reliability_table, found), about=about),
    )
    st.caption(_("Each dot stands for about as many photos; its bar is the 95 % interval of the share that is right."))


def _before_and_after(found: Reliability, before: Reliability | None, about: str) -> None:
    """The two numbers, each with its interval, of the model as it is and as it was before its calibration."""
    rows = [(_("as it is"), found), *([(_("before calibration"), before)] if before else [])]
    st.dataframe(
        {
            _("Probabilities"): [name for name, _each in rows],
            _("Expected calibration error (95 % interval)"): [
                f"{numbers.percent(each.error)} ({numbers.interval(each.error_ci)})" for _name, each in rows
            ],
            _("Brier score (95 % interval)"): [
                f"{numbers.decimal(each.brier, 3)} ({numbers.decimal_interval(each.brier_ci)})" for _name, each in rows
            ],
        },
        hide_index=True,
        height="content",
        key=f"calibration-{about}",
    )


def _calibrated(of_probe: bool) -> str:
    """How the probabilities were calibrated, with a place for the {temperature}."""
    if of_probe:
        return _(
            "Its scores were divided by {temperature}, the temperature that was fitted on the training photos, each "
            "judged by a probe that had not seen it."
        )
    return _(
        "At the end of the training its scores were divided by {temperature}, the temperature that was fitted on the "
        "validation photos."
    )


def _verdict(found: Reliability) -> str:
    return {
        "fine": _("They do, as far as these photos can tell."),
        "too_sure": _("It is too sure of itself."),
        "too_unsure": _("It is less sure than it could be."),
        "uneven": _("Partly: it is too sure of some photos, and not sure enough of others."),
    }[found.verdict]


def _error(found: Reliability) -> str:
    return _(
        "How sure it is and how often it is right differ by {error} on average (expected calibration error, 95 % "
        "interval {ci}); of a model whose probabilities are just right, chance alone makes up to {by_chance}."
    ).format(
        error=numbers.percent(found.error),
        ci=numbers.interval(found.error_ci),
        by_chance=numbers.percent(found.by_chance),
    )
