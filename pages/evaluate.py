"""How good is it, on which classes, and where does it fail?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.data.dataset import Dataset, Item
from core.errors import GraftError
from core.evaluation.metrics import Evaluation, cell, mistakes
from core.evaluation.predictions import Predictions
from core.runs import Run
from pages.ui import downloads, figures, frame, gallery, resources, state, text
from pages.ui.charts.quality import class_scores, confusion_matrix
from pages.ui.i18n import _

MOST_MISTAKES = 96


def main() -> None:
    """The page: which run, on which images, and what it is worth."""
    st.title(_("Evaluate"))
    dataset = state.dataset()
    runs = state.judgeable(dataset)
    if dataset is None and not runs:
        dataset = state.require_dataset()
    if not runs:
        st.info(_("No model has been made from these photos yet. Compare backbones, or fine-tune one, first."))
        st.page_link("pages/compare.py", label=_("Compare backbones"), icon=":material/leaderboard:")
        st.page_link("pages/finetune.py", label=_("Fine-tune one"), icon=":material/model_training:")
        return
    run, split = choose(runs, dataset)
    try:
        predictions, evaluation = resources.judged(run.predictions_path(split))
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    headline(evaluation, split)
    if dataset is None or run.dataset_id != dataset.id:
        st.info(_("The photos of this model have been deleted, so its numbers stand without their images."))
        dataset = None
    items = {item.sha256: item for item in dataset.items} if dataset else {}
    confusion(dataset, items, predictions, evaluation)
    per_class(evaluation)
    if dataset:
        worst(dataset, items, predictions)
    with st.container(horizontal=True):
        name = f"evaluation-{run.backbone}-{split}"
        downloads.document(_("Download the evaluation (JSON)"), evaluation.as_json, f"{name}.json")
        downloads.table(_("Download the classes (CSV)"), *class_table(evaluation), f"{name}.csv")
        st.page_link(
            "pages/predict.py",
            label=_("Next: predict and export"),
            icon=":material/package_2:",
            query_params={"run": state.run_key(run)},
            width="content",
        )


def choose(runs: list[Run], dataset: Dataset | None) -> tuple[Run, str]:
    """The run and the split to judge it on."""
    mixed = any(dataset is None or run.dataset_id != dataset.id for run in runs)
    chosen, names = state.chosen_run(runs), text.run_names(runs, with_photos=mixed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.selectbox(
            _("Model"),
            runs,
            index=runs.index(chosen),
            format_func=lambda run: names[run.path],
            width=420,
            key="evaluate-run",
        )
        state.show_run(run)
        split = st.segmented_control(
            _("Judge it on"),
            run.splits(),
            default=run.splits()[0],
            required=True,
            format_func=lambda name: text.split_name(name).capitalize(),
            key=f"evaluate-split-{state.run_key(run)}",
        )
    says = {
        "val": _("Validation images were not trained on, but the best epoch was chosen by them: slightly flattering."),
        "test": _("Test images were used for nothing else. Look at them once, when all choices are made."),
        "oof": _("Every training image, judged by a probe that was fitted without it."),
    }
    if run.kind == "probe":
        says["val"] = _(
            "Validation images were not trained on, and nothing was chosen by them unless you chose by them."
        )
    st.caption(says[split])
    return run, split


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
            confusion_matrix(evaluation.confusion, evaluation.classes, normalised=kind == "shares"),
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
            else _("**{true}**, recognised").format(true=text.literal(names[true]))
        )
        shown = [items[id_] for id_ in cell(predictions, true, predicted) if id_ in items]
        pictures = [gallery.Picture(dataset.thumbnail(item), item.name, item.name) for item in shown if dataset]
        gallery.grid(pictures, key=f"cell-{true}-{predicted}", page_size=12, width_px=110)


def per_class(evaluation: Evaluation) -> None:
    """Precision, recall and F1, one row a class, and their averages."""
    st.subheader(_("Class by class"))
    chart, table = st.columns([2, 3], gap="large")
    with chart:
        figure = class_scores(evaluation.per_class)
        figures.shown(figure, "per-class", _("Recall of each class"), "per_class", _("Class by class"))
    columns, rows = class_table(evaluation)
    with table:
        share = st.column_config.NumberColumn(format="percent")
        st.dataframe(
            pd.DataFrame(rows, columns=columns),
            hide_index=True,
            column_config=dict.fromkeys((*columns[1:4], *columns[5:]), share),
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
        )
        for mistake in shown
    ]
    gallery.grid(pictures, key="mistakes", page_size=18, width_px=150)


frame.enter(main)
