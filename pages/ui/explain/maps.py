"""Photos with their heat maps, and how far these can be believed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.errors import GraftError
from core.explaining.overlay import STRENGTH, overlaid
from core.explaining.records import HeatMap, method_label
from core.i18n import ngettext
from core.jobs.store import Job
from core.numbers import percent
from core.runs import Run
from core.tasks.explained import Explained, Explanation, read_explanations
from core.tasks.explaining import ANSWERED, OF_DATASET, ExplainRequest
from pages.ui import gallery, jobs, progress, state, text
from pages.ui.desk import Desk
from pages.ui.explain.legend import colours
from pages.ui.explain.nearest import nearest
from pages.ui.i18n import _, redrawn
from pages.ui.portable import named, no_neighbours

WIDTH_PX, WORDS_PX = 240, 270


def newest(model: Run | Path, dataset: Dataset | None, source: str) -> None:
    """The heat maps of this model that were asked for last.

    Args:
        model: the model.
        dataset: the photos that are looked at.
        source: where the photos of the maps are from, as of `ExplainRequest.source`.
    """
    job = jobs.newest(ExplainRequest, lambda asked: asked.model == named(model) and asked.source == source)
    if job is None:
        st.caption(_("Nothing has been asked of this model about such photos yet. Press the button above."))
        return
    explanations = progress.outcome(job, Explained, lambda explained: read_explanations(job.path / explained.file))
    if explanations is None:
        return
    if failed := sum(bool(explanation.error) for explanation in explanations):
        sentence = ngettext(
            "{n} of {all} photo cannot be read.", "{n} of {all} photos cannot be read.", len(explanations)
        )
        st.warning(sentence.format(n=failed, all=len(explanations)))
    if source != ANSWERED:  # of those the choice says as much
        st.caption(text.literal(_shown(ExplainRequest.of(job.spec), dataset)))
    if isinstance(model, Path):
        st.caption(no_neighbours())
    is_own = isinstance(model, Run) and dataset is not None and model.dataset_id == dataset.id
    _rows(job, explanations, state.original(dataset) if is_own and dataset is not None else None)


def _shown(request: ExplainRequest, dataset: Dataset | None) -> str:
    """Which photos the maps below are of."""
    if request.source == OF_DATASET:
        name = dataset.name if dataset is not None and dataset.id == request.dataset else ""
        if name:
            return _("{photos} of '{name}'.").format(
                photos=text.images(len(request.photos)), name=text.shortened(name, 60)
            )
        return _("{photos} of another set.").format(photos=text.images(len(request.photos)))
    return _("{photos} of your own.").format(photos=text.images(len(request.images)))


@redrawn()
def _rows(job: Job, explanations: tuple[Explanation, ...], original: Dataset | None) -> None:
    """One row a photo; the strength of the colours is theirs together."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        strength = st.slider(_("Strength of the colours"), 0.0, 1.0, STRENGTH, 0.05, format="percent", width=260)
        colours(_("speaks least for it"))
    desk = Desk.open(original) if original is not None else None
    for number, explanation in enumerate(explanations):
        with st.container(border=True):
            if explanation.error:
                st.error(text.literal(f"{text.shortened(explanation.photo)}: {explanation.error}"))
            else:
                _row(job, number, explanation, strength)
                if desk is not None:
                    nearest(desk, explanation, f"{job.id}-{number}")


def _row(job: Job, number: int, explanation: Explanation, strength: float) -> None:
    try:
        heat = HeatMap.load(job.path / explanation.map)
        picture = job.path / explanation.picture
        over = overlaid(picture, job.path / explanation.map, strength)
    except (GraftError, OSError) as problem:
        st.error(text.literal(str(problem)))
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="top"):
        name = text.shortened(explanation.photo, 60)
        small = job.path / explanation.framed if explanation.framed else picture
        original = gallery.Picture(small, name, explanation.photo, picture)
        gallery.tile([original], 0, f"explained-{job.id}-{number}", WIDTH_PX, text.literal(name))
        with st.container(width=WIDTH_PX):
            alt = _("The same with a heat map: what speaks for '{label}' is {place}").format(
                label=text.one_line(explanation.label), place=heat.where
            )
            st.image(over, width="stretch", alt=alt, caption=method_label(explanation.method))
        with st.container(width=WORDS_PX):
            _words(explanation, heat)
            st.download_button(
                _("Download the picture (PNG)"),
                partial(overlaid, picture, job.path / explanation.map, strength),
                f"{text.file_name('heat', Path(explanation.photo).stem, explanation.label)}.png",
                "image/png",
                key=f"png-{job.id}-{number}",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )


def _words(explanation: Explanation, heat: HeatMap) -> None:
    """What the model says of a photo, where it looks, and how far to believe that."""
    label = text.literal(text.shortened(explanation.label, 60))
    st.markdown(f"**{label}**, {percent(explanation.proba[explanation.label])}")
    if explanation.predicted != explanation.label:
        likeliest = text.literal(text.shortened(explanation.predicted, 60))
        share = percent(explanation.proba[explanation.predicted])
        st.markdown(_("The model says **{label}** ({share}).").format(label=likeliest, share=share))
    if explanation.true and explanation.true != explanation.predicted:
        true = text.literal(text.shortened(explanation.true, 60))
        st.markdown(_("This is wrong: the photo is labelled **{label}**.").format(label=true))
    st.markdown(_("What speaks most for it is {place}.").format(place=heat.where))
    if not heat.sees_all:
        st.caption(
            _("It sees what is within the frame, {share} of the photo.").format(share=percent(heat.seen_area, 0))
        )
    if explanation.faithfulness is not None:
        st.markdown(text.unbroken(text.literal(explanation.faithfulness.verdict)))
