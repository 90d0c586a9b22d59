"""How good is it, on which classes, and where does it fail?"""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from pages.ui import downloads, frame, resources, state, text
from pages.ui.evaluate.choice import choose
from pages.ui.evaluate.quality import class_table, confusion, headline, per_class, worst
from pages.ui.i18n import _


def main() -> None:
    """Draws the choice of a run and a split, and how good the run is on it."""
    st.title(_("Evaluate"))
    dataset = state.dataset()
    runs = state.judgeable(dataset)
    if dataset is None and not runs:
        dataset = state.require_dataset()
    if not runs:
        st.info(_("No model has been made from these photos yet. Compare backbones, or fine-tune one, first."))
        state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        state.link("finetune", _("Fine-tune one"), ":material/model_training:")
        return
    chosen = choose(runs, dataset)
    if chosen is None:
        return
    run, split = chosen
    try:
        predictions, evaluation = resources.evaluated(run.predictions_path(split))
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    headline(evaluation, split)
    if dataset is None or run.dataset_id != dataset.id:
        st.info(_("The photos of this model have been deleted, so its numbers stand without them."))
        dataset = None
    items = {item.sha256: item for item in dataset.items} if dataset else {}
    about = f"{run.dataset_name}-{run.backbone}-{split}"
    confusion(dataset, items, predictions, evaluation, about)
    per_class(evaluation, about)
    if dataset:
        worst(dataset, items, predictions)
    with st.container(horizontal=True, vertical_alignment="center"):
        name = text.file_name("evaluation", run.dataset_name, run.backbone, split)
        downloads.document(_("Download the evaluation (JSON)"), evaluation.as_json, f"{name}.json")
        downloads.table(_("Download the classes (CSV)"), *class_table(evaluation), f"{name}.csv")
        state.link("predict", _("Next: predict and export"), ":material/package_2:", run=state.run_key(run))


frame.enter(main)
