"""How good is it, on which classes, and where does it fail?"""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from pages.ui import frame, resources, state, text
from pages.ui.evaluate.against import against
from pages.ui.evaluate.choice import OTHER, choose
from pages.ui.evaluate.judged import Judged
from pages.ui.evaluate.other_set import other_set
from pages.ui.evaluate.robustness import robustness
from pages.ui.evaluate.views import views
from pages.ui.evaluate.whole import numbers_first, photos_last
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
    if split == OTHER:
        other_set(run)
        return
    try:
        predictions, evaluation = resources.evaluated(run.predictions_path(split))
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    if dataset is None or run.dataset_id != dataset.id:
        st.info(_("The photos of this model have been deleted, so its numbers stand without them."))
        dataset = None
    judged = Judged.on_split(run, split, dataset)
    numbers_first(judged, predictions, evaluation)
    against(judged, runs)
    robustness(judged)
    views(judged)
    photos_last(judged, predictions, evaluation)
    state.link("predict", _("Next: predict and export"), ":material/package_2:", run=state.run_key(run))


frame.enter(main)
