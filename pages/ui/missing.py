"""What an address names and the page cannot show: said plainly, with the way to what there is."""

from __future__ import annotations

import streamlit as st

from core.jobs.store import Job
from pages.ui import jobs, state
from pages.ui.i18n import _
from pages.ui.text import literal, shortened

WITH_MODEL, WITH_JOB = ("evaluate", "explain", "predict"), ("", "compare", "finetune")


def note(page: str) -> None:
    """Draws why something of the address is not shown, where that is so.

    Args:
        page: its path in the address.
    """
    place = state.place()
    if page in WITH_MODEL and place.run:
        _model(place.run)
    elif state.missing_dataset():
        _dataset()
    elif page in WITH_JOB and place.job:
        _job(jobs.opened(place.job), page or "data", place.dataset)


def _model(key: str) -> None:
    run = next((run for run in state.runs() if state.run_key(run) == key), None)
    shown = state.dataset()
    if run is None:
        _warn(_("The model of this address has been deleted, or is in another workspace. Choose another below."))
        state.link("runs", _("See what there is"), ":material/history:", run="")
    elif run not in state.judgeable(shown):
        name = literal(shortened(run.dataset_name))
        _warn(_("The model of this address was made from other photos, '{name}'.").format(name=name))
        state.link("evaluate", _("See it with its photos"), ":material/fact_check:", dataset=run.dataset_id, run=key)


def _dataset() -> None:
    sentence = _("The photos of this address have been deleted, or are in another workspace.")
    shown = state.dataset()
    if shown is not None:
        sentence += " " + _("You see '{name}' instead.").format(name=literal(shortened(shown.name)))
    _warn(sentence)


def _job(job: Job | None, page: str, dataset_id: str) -> None:
    if job is None:
        _warn(_("The run of this address has been deleted, or is in another workspace."))
        state.link("runs", _("See what there is"), ":material/history:")
        return
    if jobs.page_of(job) == page and jobs.dataset_of(job) not in ("", dataset_id):
        title = literal(shortened(job.spec.title, 80))
        _warn(_("'{title}', which this address names, is about other photos.").format(title=title))
        state.link(page, _("See it with its photos"), ":material/open_in_new:", **jobs.address_of(job))


def _warn(sentence: str) -> None:
    st.warning(sentence, icon=":material/link_off:")
