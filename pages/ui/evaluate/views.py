"""Several views of each photo, averaged: what that brings a model, and the choice of how it looks from then on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.data.images.viewing import views_name
from core.data.images.views import ONE, VIEWS
from core.errors import GraftError
from core.models.views import keep_views, kept_views
from core.runs import Run
from core.tasks.judging.tta import TtaRequest, Viewed, ViewsTried, read_views
from pages.ui import jobs, progress, state, text
from pages.ui.evaluate.judged import Judged
from pages.ui.evaluate.trial import trial
from pages.ui.i18n import _


def views(judged: Judged) -> None:
    """Draws the fold."""
    key = f"views-{judged.key}"
    gone = _("The photos of this model have been deleted, so it cannot be tried.")
    trial(judged, key, _("Would several views of each photo help?"), ":material/flip:", gone, partial(_tried, key))


def _tried(key: str, run: Run) -> None:
    st.caption(
        _(
            "A model may look at each photo as it is and mirrored, or also at cuts out of it, and take the mean of "
            "what it makes of them (test-time augmentation). It is tried on the validation photos."
        )
    )
    job = jobs.newest(TtaRequest, lambda request: request.run == str(run.path))
    if (job is None or job.status().is_over) and st.button(
        _("Try it") if job is None else _("Try it again"), icon=":material/flip:", key=f"try-{key}"
    ):
        jobs.submit(TtaRequest(workspace=state.workspace(), run=str(run.path)))
        st.rerun()
    if job is not None:
        tried = progress.outcome(job, Viewed, lambda viewed: read_views(job.path / viewed.file))
        if tried is not None:
            _brought(tried)
    _choice(run, key)


def _brought(tried: ViewsTried) -> None:
    for way in tried.ways:
        st.markdown(text.unbroken(f"- {text.literal(tried.sentence(way))}"))


def _choice(run: Run, key: str) -> None:
    """How the model looks where it predicts."""
    try:
        kept = kept_views(run.path)
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        kept = ONE
    chosen = st.segmented_control(
        _("Where it predicts new photos, this model looks at"),
        list(VIEWS),
        default=kept,
        required=True,
        format_func=views_name,
        key=f"kept-{key}",
        help=_("The numbers on this page are those of one view, and a bundle looks at one, too."),
    )
    if chosen == kept:
        return
    try:
        keep_views(run.path, str(chosen))
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
    else:
        st.toast(_("From here on it predicts with: {way}.").format(way=views_name(str(chosen))))
