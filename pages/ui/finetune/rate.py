"""Learning rates that are tried before a training: the button, the curve, and the rate that is taken from it."""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from core.tables import Table
from core.tasks.forecasting import LrRangeRequest
from core.training.config import FinetuneConfig
from core.training.planning.rates import RangeTest
from pages.ui import figures, jobs, progress, state, text
from pages.ui.figures import Files
from pages.ui.finetune.charts_rate import rate_curve
from pages.ui.i18n import _


def used(name: str) -> float | None:
    """The rate that the user took from a test for the field of this name; None where there is none."""
    lr: float | None = state.remembered(_memory(name), None)
    return lr


def trial(config: FinetuneConfig, name: str) -> None:
    """Draws the button that tries rates, and then the curve with the way to take what it suggests.

    Args:
        config: what is trained, and how.
        name: of the field that the rate is for.
    """
    dataset = state.require_dataset()
    request = LrRangeRequest(
        workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint, config=config
    )
    job = jobs.latest(request)
    if job is None:
        about = _("Tries ever greater rates on a few batches with a copy of the network: about a minute.")
        if st.button(_("Try learning rates"), icon=":material/speed:", key=f"rates-{name}", help=about):
            jobs.submit(request)
            st.rerun()
        return
    if progress.panel(job).state != "done":
        return
    try:
        test = RangeTest.load(job.path)
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return
    _shown(test, name, job.id)


def _shown(test: RangeTest, name: str, job_id: str) -> None:
    figures.shown(
        rate_curve(test),
        f"rates-{job_id}",
        _("Loss by learning rate"),
        Files("learning-rates", lambda: _table(test)),
    )
    st.caption(_("Suggested: {lr:.1e}. {why}").format(lr=test.suggestion, why=test.why))
    st.button(
        _("Use it"), icon=":material/check:", key=f"use-rate-{job_id}", on_click=_use, args=(name, test.suggestion)
    )


def _use(name: str, lr: float) -> None:
    state.remember(_memory(name), lr)


def _memory(name: str) -> str:
    return f"lr-taken-{name}"


def _table(test: RangeTest) -> Table:
    rows = zip(test.lrs, test.losses, test.smoothed, strict=True)
    return (_("learning rate"), _("loss"), _("loss, smoothed")), tuple(rows)
