"""How good a model is: its scores, its confusion matrix, each class, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.column_config import Column

from core import numbers
from core.data.dataset import Dataset
from core.evaluation.intervals import Interval
from core.evaluation.metrics import Averages, ClassScore, Evaluation, cell, mistakes
from core.evaluation.predictions import Predictions
from pages.ui import columns, figures, gallery, resources, text
from pages.ui.charts.quality import MOST_CLASSES, class_scores, confusion_matrix, confusion_table
from pages.ui.evaluate.judged import Judged
from pages.ui.figures import Files
from pages.ui.i18n import _
from pages.ui.why import why

MOST_MISTAKES = 96
LONG_NAME = 24
"""Class names with more characters are cut in the table, so that the numbers beside them are seen."""


def headline(evaluation: Evaluation, split: str) -> None:
    """The numbers that come first."""
    with st.container(key="metrics-of-model", horizontal=True, gap="large"):
        for name, value, below in (
            (_("Accuracy"), numbers.percent(evaluation.accuracy), _confidence(evaluation.accuracy_ci)),
            (_("Macro F1"), numbers.percent(evaluation.macro_f1), _confidence(evaluation.macro_f1_ci)),
            (_("Photos"), numbers.count(evaluation.n), text.split_name(split)),
        ):
            st.metric(name, value, delta=below, delta_color="off", delta_arrow="off", width="content")
    for note in evaluation.notes:
        st.info(text.literal(note))


def _confidence(ci: Interval) -> str:
    return _("95 %: {ci}").format(ci=numbers.interval(ci))


def confusion(judged: Judged, predictions: Predictions, evaluation: Evaluation) -> None:
    """The confusion matrix, and the images behind the cell that is selected."""
    st.subheader(_("Which classes are taken for which"))
    kinds = {"counts": _("Photos"), "shares": _("Share of each true class")}
    kind = st.segmented_control(_("Show"), list(kinds), default="counts", required=True, format_func=kinds.__getitem__,
                                key="confusion-kind")  # fmt: skip
    matrix, beside = st.columns([3, 2], gap="large")
    with matrix:
        chosen = figures.shown(
            resources.figure(confusion_matrix, evaluation.confusion, evaluation.classes, kind == "shares"),
            f"confusion-{kind}-{len(predictions)}",
            _("Confusion matrix: true classes in rows, predicted ones in columns"),
            Files("confusion", partial(confusion_table, evaluation.confusion, evaluation.classes), about=judged.about),
            on_select="rerun",
            selection_mode="points",
        )
    with beside:
        points = chosen["selection"]["points"]
        if not points:
            st.caption(_("Select a cell to see its photos."))
            return
        true, predicted = points[0]["customdata"][:2]
        names = evaluation.classes
        st.markdown(
            _("**{true}** taken for **{predicted}**").format(
                true=text.literal(names[true]), predicted=text.literal(names[predicted])
            )
            if true != predicted
            else _("**{true}**, right").format(true=text.literal(names[true]))
        )
        dataset, items, key = judged.dataset, judged.items, f"cell-{true}-{predicted}"
        shown = [items[id_] for id_ in cell(predictions, true, predicted) if id_ in items]
        pictures = [
            gallery.Picture(dataset.thumbnail(item), item.name, item.name, dataset.path(item))
            for item in shown
            if dataset
        ]
        gallery.grid(pictures, key=key, page_size=12, width_px=110)
        why(judged.run, dataset, [item.sha256 for item in shown], key)


def per_class(evaluation: Evaluation, about: str) -> None:
    """Precision, recall and F1, one row a class, and their averages; `about` begins the names of the figure's files."""
    st.subheader(_("Class by class"))
    chart, table = st.columns([2, 3], gap="large")
    with chart:
        figure = resources.figure(class_scores, evaluation.per_class)
        files = Files("per_class", partial(class_table, evaluation), _("Class by class"), about)
        figures.shown(figure, "per-class", _("Recall of each class"), files)
        if len(evaluation.per_class) > MOST_CLASSES:
            st.caption(_("The {n} classes with the lowest recall; the table has all.").format(n=MOST_CLASSES))
    with table:
        _class_scores(evaluation)


def _class_scores(evaluation: Evaluation) -> None:
    scores = evaluation.per_class
    percents = dict.fromkeys((_("Precision"), _("Recall"), _("F1")), columns.percents())
    st.dataframe(
        {
            _("Class"): [score.name for score in scores],
            **_in_percent(scores),
            _("Photos"): [score.support for score in scores],
            _("Recall, 95 %"): [numbers.interval(score.recall_ci) for score in scores],
        },
        hide_index=True,
        column_config={
            _("Class"): Column(width="medium" if max(map(len, evaluation.classes)) > LONG_NAME else None),
            **percents,
            _("Photos"): columns.counts(),
            _("Recall, 95 %"): columns.words(),
        },
    )
    averages = [_("Macro (classes count alike)"), _("Weighted (photos count alike)")]
    both = (evaluation.macro, evaluation.weighted)
    st.dataframe({_("Average"): averages, **_in_percent(both)}, hide_index=True, column_config=percents)


def _in_percent(scores: Sequence[ClassScore | Averages]) -> dict[str, list[float | None]]:
    return {
        _("Precision"): [columns.in_percent(score.precision) for score in scores],
        _("Recall"): [columns.in_percent(score.recall) for score in scores],
        _("F1"): [columns.in_percent(score.f1) for score in scores],
    }


def class_table(evaluation: Evaluation) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The headings, and a row for each class."""
    headings = (
        _("Class"), _("Precision"), _("Recall"), _("F1"), _("Photos"), _("Recall, 95 % from"), _("Recall, 95 % to"),
    )  # fmt: skip
    rows = [
        (score.name, score.precision, score.recall, score.f1, score.support, *(score.recall_ci or (None, None)))
        for score in evaluation.per_class
    ]
    return headings, rows


def worst(judged: Judged, dataset: Dataset, predictions: Predictions) -> None:
    """The mistakes it was surest of, and the way to where it looks in them."""
    items = judged.items
    st.subheader(_("The most confident mistakes"))
    shown = [mistake for mistake in mistakes(predictions, MOST_MISTAKES) if mistake.id in items]
    if not shown:
        st.caption(_("None: every photo of this split is right."))
        return
    st.caption(_("Often these are labelled wrongly, show two things at once, or are not like the training photos."))
    names = predictions.class_names
    pictures = [
        gallery.Picture(
            dataset.thumbnail(items[mistake.id]),
            _("is {true} ({p_true}), taken for {predicted} ({p_predicted})").format(
                true=text.shortened(names[mistake.true], 20),
                p_true=numbers.percent(mistake.p_true, 0),
                predicted=text.shortened(names[mistake.predicted], 20),
                p_predicted=numbers.percent(mistake.p_predicted, 0),
            ),
            items[mistake.id].name,
            dataset.path(items[mistake.id]),
        )
        for mistake in shown
    ]
    gallery.grid(pictures, key="mistakes", page_size=18, width_px=150)
    why(judged.run, dataset, [mistake.id for mistake in shown], "mistakes")
