"""How do I use it elsewhere? Try a model on new images, and export it as one file."""

from __future__ import annotations

import streamlit as st

from core.runs import Run
from pages.ui import frame, state
from pages.ui.i18n import _
from pages.ui.portable import choose
from pages.ui.predict.card import card_of_bundle
from pages.ui.predict.export import take_home
from pages.ui.predict.trial import try_it


def main() -> None:
    """Draws the choice of a model, its answers to new images, and its export."""
    st.title(_("Predict & export"))
    model = choose(state.dataset())
    if model is None:
        return
    if not isinstance(model, Run):
        card_of_bundle(model)
    trial_tab, export_tab = st.tabs([_("Try it on photos"), _("Take it home")])
    with trial_tab:
        try_it(model)
    with export_tab:
        if isinstance(model, Run):
            take_home(model)
        else:
            st.info(_("This model comes from a bundle: the file is what you would take home."))


frame.enter(main)
