"""How much photos can be spoilt before a model is wrong: asked for, and its figure."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.data.images.spoiling import KINDS, kind_name, level_name
from core.evaluation.robustness import Robustness
from core.i18n import ngettext
from core.numbers import count
from core.runs import Run
from core.tasks.judging.robustness import MOST_PHOTOS, PHOTOS, SPLITS, RobustnessRequest, Tried, read_robustness
from pages.ui import figures, jobs, progress, resources, state, text
from pages.ui.evaluate.charts_robustness import robustness_lines, robustness_table
from pages.ui.evaluate.judged import Judged
from pages.ui.evaluate.trial import trial
from pages.ui.figures import Files
from pages.ui.i18n import _


def robustness(judged: Judged) -> None:
    """Draws the fold."""
    key = f"robustness-{judged.key}"
    gone = _("The photos of this model have been deleted, so none can be spoilt.")
    trial(judged, key, _("How much can a photo be spoilt?"), ":material/blur_on:", gone, partial(_tried, judged, key))


def _tried(judged: Judged, key: str, run: Run) -> None:
    if judged.split not in SPLITS:
        st.caption(
            _("The model was trained on these photos, so they tell nothing here. Judge it on validation or test.")
        )
        return
    job = jobs.newest(RobustnessRequest, lambda request: (request.run, request.split) == (str(run.path), judged.split))
    if job is None or job.status().is_over:
        _form(judged, run, key)
    if job is not None:
        done = progress.outcome(job, Tried, lambda tried: read_robustness(job.path / tried.file))
        if done is not None:
            _shown(judged, done, key)


def _form(judged: Judged, run: Run, key: str) -> None:
    n = len(judged.dataset.split(judged.split)) if judged.dataset else 0
    most = min(max(n, 1), MOST_PHOTOS)
    st.caption(
        _(
            "Photos are blurred, made noisy, compressed, turned, darkened, brightened and made smaller, each at three "
            "levels, and predicted again. Each is compared with itself as it was."
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        photos = st.number_input(
            _("Photos"), 1, most, min(PHOTOS, most), key=f"photos-{key}", width=160,
            help=_("More give narrower intervals and take longer: each is predicted 22 times."),
        )  # fmt: skip
        if st.button(_("Spoil them"), icon=":material/blur_on:", key=f"spoil-{key}"):
            jobs.submit(
                RobustnessRequest(
                    workspace=state.workspace(), run=str(run.path), split=judged.split, photos=int(photos)
                )
            )
            st.rerun()


def _shown(judged: Judged, done: Robustness, key: str) -> None:
    names = {level: level_name(level.kind, level.level) for level in done.levels}
    st.markdown(text.unbroken(f"**{text.literal(done.verdict({kind: kind_name(kind) for kind in KINDS}, names))}**"))
    figures.shown(
        resources.figure(robustness_lines, done),
        f"lines-{key}",
        _("Accuracy by how much the photos are spoilt, for each way of spoiling them"),
        Files("robustness", partial(robustness_table, done), about=judged.about),
    )
    sample = ngettext(
        "{n} photo of {of}, chosen by chance. Bars are 95 % intervals; losses are told as found only where they hold "
        "after Holm's correction for all levels.",
        "{n} photos of {of}, chosen by chance. Bars are 95 % intervals; losses are told as found only where they hold "
        "after Holm's correction for all levels.",
        done.n,
    )
    st.caption(sample.format(n=count(done.n), of=count(done.of)))
