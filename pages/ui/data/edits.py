"""All the user's edits of a dataset: what they bring, and how to take them along or back."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.data.edits import COLUMNS, EXCLUDE, RELABEL, rows_of
from core.health.effect import Effect
from core.health.words import effect_text
from core.tasks.requests import EditEffectRequest, PackRequest
from core.tasks.results import Packed
from pages.ui import downloads, progress, state, text
from pages.ui.data.desk import Desk
from pages.ui.i18n import _


def summary(dataset: Dataset, desk: Desk) -> None:
    """The edits there are, what they bring, and how to take them along or back."""
    if not desk.edits:
        st.caption(
            _("Nothing was edited. In the other tabs you can leave photos out or change their class; the upload stays.")
        )
        return
    _take_back(desk)
    _effect(dataset)
    with st.container(horizontal=True):
        downloads.table(
            _("Download the edits (CSV)"), COLUMNS, rows_of(desk.original, desk.edits.values()), "edits.csv"
        )
        _cleaned(dataset)
        if st.button(_("Discard all edits"), icon=":material/delete_sweep:"):
            desk.save(dict.fromkeys(desk.edits))


def _take_back(desk: Desk) -> None:
    """The table of edits; rows that are selected can be taken back."""
    actions = {EXCLUDE: _("leave out"), RELABEL: _("change the class")}
    chosen = st.dataframe(
        {
            _("Photo"): [edit.name for edit in desk.edits.values()],
            _("Split"): [text.split_name(desk.items[at].split) for at in desk.edits],
            _("Class"): [desk.original.classes[desk.items[at].label] for at in desk.edits],
            _("What to do"): [actions[edit.action] for edit in desk.edits.values()],
            _("New class"): [edit.label for edit in desk.edits.values()],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"edits-{desk.original.id}-{len(desk.edits)}",
    )
    there = list(desk.edits)
    rows = [there[row] for row in chosen["selection"]["rows"] if row < len(there)]
    label = _("Take back {n} of them").format(n=len(rows)) if rows else _("Take back: select rows above")
    if st.button(label, icon=":material/undo:", disabled=not rows):
        desk.save(dict.fromkeys(rows))


def _effect(dataset: Dataset) -> None:
    request = EditEffectRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)
    effect = progress.result(progress.panel(state.once(request)), Effect)
    if effect is not None:
        st.info(text.literal(effect_text(effect)), icon=":material/insights:")


def _cleaned(dataset: Dataset) -> None:
    request = PackRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)
    job = state.latest(request)
    if job is None:
        if st.button(_("Make a zip of the edited photos"), icon=":material/folder_zip:"):
            state.submit(request)
            st.rerun()
        return
    packed = progress.result(progress.panel(job), Packed)
    if packed is not None:
        downloads.archive(_("Download the edited photos ({size})"), job.path / packed.file, "photos.zip")
