"""How good a model is: its scores, its confusion matrix, each class, and its worst mistakes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.data.dataset import Dataset, Item
from core.evaluation.metrics import Evaluation, cell, mistakes
from core.evaluation.predictions import Predictions
from pages.ui import figures, gallery, resources, text
from pages.ui.charts.quality import class_scores, confusion_matrix
from pages.ui.i18n import _

MOST_MISTAKES = 96
LONG_NAME = 24
"""Class names with more characters are cut in the table, so that the numbers beside them are seen."""


def headline(evaluation: Evaluation, split: str) -> None:
    """The numbers that come first."""
    with st.container(horizontal=True, gap="large"):
        for name, share, ci in (
            (_("Accuracy"), evaluation.accuracy, evaluation.accuracy_ci),
            (_("Macro F1"), evaluation.macro_f1, evaluation.macro_f1_ci),
        ):
            interval = _("95 %: {ci}").format(ci=text.interval(ci))
            st.metric(name, text.percent(share), delta=interval, delta_color="off", delta_arrow="off", width="content")
        st.metric(_("Images"), f"{evaluation.n:,}", delta=text.split_name(split), delta_color="off", delta_arrow="off",
                  width="content")  # fmt: skip
    for note in evaluation.notes:
        st.info(text.literal(note))


def confusion(
    dataset: Dataset | None, items: dict[str, Item], predictions: Predictions, evaluation: Evaluation
) -> None:
    """The confusion matrix, and the images behind the cell that is selected."""
    st.subheader(_("Which classes are taken for which"))
    kinds = {"counts": _("Images"), "shares": _("Share of each true class")}
    kind = st.segmented_control(_("Show"), list(kinds), default="counts", required=True, format_func=kinds.__getitem__,
                                key="confusion-kind")  # fmt: skip
    matrix, beside = st.columns([3, 2], gap="large")
    with matrix:
        chosen = figures.shown(
            resources.figure(confusion_matrix, evaluation.confusion, evaluation.classes, kind == "shares"),
            f"confusion-{kind}-{len(predictions)}",
            _("Confusion matrix: true classes in rows, predicted ones in columns"),
            "confusion",
            on_select="rerun",
            selection_mode="points",
        )
    with beside:
        points = chosen["selection"]["points"]
        if not points:
            st.caption(_("Select a cell to see its images."))
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
        shown = [items[id_] for id_ in cell(predictions, true, predicted) if id_ in items]
        pictures = [
            gallery.Picture(dataset.thumbnail(item), item.name, item.name, dataset.path(item))
            for item in shown
            if dataset
        ]
        gallery.grid(pictures, key=f"cell-{true}-{predicted}", page_size=12, width_px=110)


def per_class(evaluation: Evaluation) -> None:
    """Precision, recall and F1, one row a class, and their averages."""
    st.subheader(_("Class by class"))
    chart, table = st.columns([2, 3], gap="large")
    with chart:
        figure = resources.figure(class_scores, evaluation.per_class)
        figures.shown(figure, "per-class", _("Recall of each class"), "per_class", _("Class by class"))
    columns, rows = class_table(evaluation)
    long_names = max(map(len, evaluation.classes)) > LONG_NAME
    with table:
        share = st.column_config.NumberColumn(format="percent")
        st.dataframe(
            pd.DataFrame(rows, columns=columns),
            hide_index=True,
            column_config={
                columns[0]: st.column_config.Column(width="medium" if long_names else None),
                **dict.fromkeys((*columns[1:4], *columns[5:]), share),
            },
        )
        macro, weighted = evaluation.macro, evaluation.weighted
        averages = [
            (_("Macro (classes count alike)"), macro.precision, macro.recall, macro.f1),
            (_("Weighted (images count alike)"), weighted.precision, weighted.recall, weighted.f1),
        ]
        st.dataframe(
            pd.DataFrame(averages, columns=(_("Average"), *columns[1:4])),
            hide_index=True,
            column_config=dict.fromkeys(columns[1:4], share),
        )


def class_table(evaluation: Evaluation) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The headings, and a row for each class."""
    columns = (_("Class"), _("Precision"), _("Recall"), _("F1"), _("Images"), _("Recall from"), _("to"))
    rows = [
        (score.name, score.precision, score.recall, score.f1, score.support, *(score.recall_ci or (None, None)))
        for score in evaluation.per_class
    ]
    return columns, rows


def worst(dataset: Dataset, items: dict[str, Item], predictions: Predictions) -> None:
    """The mistakes it was surest of."""
    st.subheader(_("The most confident mistakes"))
    shown = [mistake for mistake in mistakes(predictions, MOST_MISTAKES) if mistake.id in items]
    if not shown:
        st.caption(_("None: every image of this split is right."))
        return
    st.caption(_("Often these are labelled wrongly, show two things at once, or are not like the training images."))
    names = predictions.class_names
    pictures = [
        gallery.Picture(
            dataset.thumbnail(items[mistake.id]),
            _("is {true} ({p_true}), taken for {predicted} ({p_predicted})").format(
                true=text.shortened(names[mistake.true], 20),
                p_true=text.percent(mistake.p_true, 0),
                predicted=text.shortened(names[mistake.predicted], 20),
                p_predicted=text.percent(mistake.p_predicted, 0),
            ),
            items[mistake.id].name,
            dataset.path(items[mistake.id]),
        )
        for mistake in shown
    ]
    gallery.grid(pictures, key="mistakes", page_size=18, width_px=150)
