"""A model tried on new images."""

from __future__ import annotations

import contextlib
from pathlib import Path

import streamlit as st

from core.bundle.archive import read_manifest
from core.data.images.viewing import views_name
from core.data.images.views import ONE, VIEWS
from core.errors import GraftError
from core.jobs.store import Job
from core.models.views import kept_views
from core.runs import STRANGERS_REPORT, Run
from core.tasks.answers import read_answers
from core.tasks.results import Predicted, result_of
from core.tasks.using import PredictRequest
from pages.ui import jobs, progress, state
from pages.ui.i18n import _
from pages.ui.portable import named
from pages.ui.predict import answers, photos
from pages.ui.strangers import to_learn


def try_it(model: Run | Path) -> None:
    """New images, and what the model says of them."""
    name = named(model)
    _looks(model)
    asked = photos.asked()
    if asked:
        jobs.submit(
            PredictRequest(
                workspace=state.workspace(), model=name, images=asked, previews=answers.PICTURED, delete_source=True
            )
        )
        photos.done()
        st.rerun()
    job = jobs.newest(PredictRequest, lambda request: request.model == name)
    if isinstance(model, Run):
        _offer(model)
    if job is None or not _is_readable(job):
        st.caption(_("Bring a few photos."))
        return
    told = progress.outcome(job, Predicted, lambda predicted: (predicted, read_answers(job.path / predicted.file)))
    if told is not None:
        answers.shown(job, model, *told)


def _looks(model: Run | Path) -> None:
    """How the model looks at photos, where more than one view was chosen for it."""
    with contextlib.suppress(GraftError):  # the answer says what is wrong
        views = kept_views(model.path) if isinstance(model, Run) else read_manifest(model).views
        if views != ONE:
            way = _("This model looks at {n} views of each photo ({way}), as was chosen on the Evaluate page.")
            st.caption(way.format(n=VIEWS[views], way=views_name(views)))


def _offer(run: Run) -> None:
    """The way to a model that knows strangers, where it does not and the photos that it was made from are here."""
    dataset = state.dataset()
    if (run.path / STRANGERS_REPORT).is_file() or dataset is None or dataset.fingerprint != run.fingerprint:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Photos that are none of its classes get one of them, too."), width="content")
        to_learn(run, f"learn-{state.run_key(run)}", primary=False)


def _is_readable(job: Job) -> bool:
    """Whether a prediction's answers are as this Graft writes them; of an earlier one the images are gone, too."""
    status = job.status()
    try:
        return status.state != "done" or bool(result_of(status, Predicted))
    except GraftError:
        return False
