"""Everything that is shown of a model's predictions for some photos, whether these are a split or another set."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.evaluation.abstention.kept import note_test_seen
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from pages.ui import downloads, text
from pages.ui.evaluate.abstaining import abstaining
from pages.ui.evaluate.closely import closely, document
from pages.ui.evaluate.judged import Judged
from pages.ui.evaluate.quality import class_table, confusion, headline, per_class, worst
from pages.ui.evaluate.slices import slices
from pages.ui.evaluate.strangers import strangers
from pages.ui.i18n import _


def numbers_first(judged: Judged, predictions: Predictions, evaluation: Evaluation) -> None:
    """The numbers, the confusion matrix, each class, and the folds."""
    if judged.run is not None and judged.split == "test":
        note_test_seen(judged.run.path)
    headline(evaluation, judged.split)
    confusion(judged, predictions, evaluation)
    per_class(evaluation, judged.about)
    closely(judged.file, judged.about, judged.temperature, of_probe=judged.of_probe)
    abstaining(judged)
    strangers(judged)
    slices(judged)


def photos_last(judged: Judged, predictions: Predictions, evaluation: Evaluation) -> None:
    """The worst mistakes, and what can be taken along."""
    if judged.dataset:
        worst(judged, judged.dataset, predictions)
    with st.container(horizontal=True, vertical_alignment="center"):
        name = text.file_name("evaluation", judged.about)
        made = partial(document, evaluation, judged.file, judged.temperature)
        downloads.document(_("Download the evaluation (JSON)"), made, f"{name}.json")
        downloads.table(_("Download the classes (CSV)"), *class_table(evaluation), f"{name}.csv")
