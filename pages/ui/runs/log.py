"""A fine-tuning's epochs to take along: as CSV, and for TensorBoard."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import GraftError
from core.runs import Run
from core.training.results.history import read_history
from core.training.results.logs import has_tensorboard, history_table, without_tensorboard, zipped_events
from pages.ui import downloads, state, text
from pages.ui.i18n import _


def log(run: Run) -> None:
    """A button with the files in it, which are made when they are asked for."""
    key = state.run_key(run)
    with st.popover(
        _("Log"), icon=":material/receipt_long:", type="tertiary", key=f"log-{key}", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        try:
            epochs = read_history(run.path)
        except GraftError as problem:
            st.caption(text.literal(str(problem)))
            return
        name = text.file_name("log", run.dataset_name, run.backbone, run.created[:16])
        downloads.numbers(_("Epochs (CSV)"), lambda: history_table(epochs), f"{name}.csv", f"log-csv-{key}")
        if has_tensorboard():
            make = partial(zipped_events, run, epochs, name)
            st.download_button(_("For TensorBoard (zip)"), make, f"{name}.zip", "application/zip",
                               key=f"log-events-{key}", type="tertiary", on_click="ignore")  # fmt: skip
        else:
            st.caption(without_tensorboard())
