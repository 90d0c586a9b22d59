"""Where a model looks over a whole set of photos, and whether their border gives classes away."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.errors import GraftError
from core.explaining.attention.record import Attention, Hidden, PhotoAttention
from core.explaining.overlay import STRENGTH, mean_map, overlaid, png
from core.jobs.store import Job
from core.numbers import count, interval, percent, signed_points
from core.runs import Run
from core.tasks.attention import AttentionRequest
from pages.ui import columns, downloads, jobs, progress, resources, state, text
from pages.ui.explain.choices import split_choice
from pages.ui.explain.legend import colours
from pages.ui.i18n import _
from pages.ui.portable import named

NUMBERS = (48, 96, 192, 384)
WIDTH_PX, PHOTO_PX = 128, 160
MOST_CLASSES = 24


def whole_set(model: Run | Path, dataset: Dataset | None) -> None:
    """Draws the choice of a split, the button, and what was measured last."""
    st.caption(
        _(
            "A model may know photos by what should not matter: a frame, a table, a watermark. Here you see where it "
            "looks on average when it says each class, and what it still knows when the border, or all but the border, "
            "of each photo is hidden."
        )
    )
    if dataset is None:
        st.info(_("There are no photos to look at. Choose some in the sidebar, or add them on the Data page."))
        return
    splits = [split for split in ("val", "test", "train") if dataset.split(split)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = split_choice(splits, "attention-split")
        n = st.segmented_control(_("Photos, at most"), NUMBERS, default=NUMBERS[1], required=True, key="attention-n")
        pressed = st.button(_("Look at them"), type="primary", icon=":material/grid_view:")
    request = AttentionRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        model=named(model),
        split=split,
        images=n,
    )
    if pressed:
        jobs.submit(request)
        st.rerun()
    _newest(request)


def _newest(request: AttentionRequest) -> None:
    """What was measured last of this model on these photos."""
    asked = (request.model, request.dataset)
    job = jobs.newest(AttentionRequest, lambda other: (other.model, other.dataset) == asked)
    if job is None or progress.panel(job).state != "done":
        return
    try:
        attention = resources.study(job, Attention)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    if AttentionRequest.of(job.spec).fingerprint != request.fingerprint:
        st.info(_("The photos have been edited since. Look again to see how it is now."))
    _result(job, attention)


def _result(job: Job, attention: Attention) -> None:
    sentence = text.unbroken(text.literal(attention.verdict))
    if attention.border_gives_away:
        st.warning(sentence, icon=":material/crop_free:")
    else:
        st.info(sentence, icon=":material/center_focus_strong:")
    st.caption(
        _(
            "{n} of the {of} {split} photos; 95 % intervals. The border is the outermost eighth, on each side, of what "
            "the model sees of a photo; what it does not see is grey."
        ).format(n=count(attention.n), of=count(attention.of), split=text.split_name(attention.split))
    )
    _hidden(attention)
    _classes(attention)
    _border(job, attention)
    downloads.document(_("Download what was measured (JSON)"), attention.as_json, "attention.json")


def _hidden(attention: Attention) -> None:
    """The accuracy on whole photos, and on photos with a part hidden."""
    parts: list[tuple[str, Hidden | None]] = [
        (_("Whole photos"), None), (_("Border hidden"), attention.border), (_("Centre hidden"), attention.centre),
    ]  # fmt: skip
    st.dataframe(
        {
            _("Seen"): [name for name, _hidden in parts],
            _("Accuracy"): [columns.in_percent((part or attention).accuracy) for _name, part in parts],
            _("Accuracy, 95 %"): [interval((part or attention).accuracy_ci) for _name, part in parts],
            _("Change, points"): [signed_points(-part.drop) if part else "" for _name, part in parts],
        },
        hide_index=True,
        column_config={
            _("Accuracy"): columns.percents(),
            _("Accuracy, 95 %"): columns.words(),
            _("Change, points"): columns.words(),
        },
    )


def _classes(attention: Attention) -> None:
    """The mean of the maps when the model says each class, as small multiples."""
    st.subheader(_("Where it looks when it says each class"))
    colours(_("least"))
    with st.container(horizontal=True, gap="medium"):
        for each in attention.classes[:MOST_CLASSES]:
            with st.container(width=WIDTH_PX):
                facts = {"n": text.images(each.n), "share": percent(each.border, 0)}
                st.image(
                    png(mean_map(each.cells)),
                    width="stretch",
                    caption=text.literal(text.shortened(each.label, 30)),
                    alt=_("Mean heat map of '{label}'").format(label=text.one_line(each.label)),
                )
                st.caption(_("{n}, {share} on the border").format(**facts))
    if len(attention.classes) > MOST_CLASSES:
        st.caption(_("The first {n} classes; the download has all.").format(n=MOST_CLASSES))


def _border(job: Job, attention: Attention) -> None:
    """The photos with most of the attention on their border."""
    st.subheader(_("Photos with the most on the border"))
    st.caption(attention.on_border)
    if not attention.photos_at_border:
        st.caption(_("No photo has clearly more there than its share of the area."))
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="top"):
        for photo in attention.photos_at_border:
            with st.container(width=PHOTO_PX):
                _photo(job, photo)


def _photo(job: Job, photo: PhotoAttention) -> None:
    predicted, true = (text.shortened(name, 24) for name in (photo.predicted, photo.true))
    words = _("{share} on the border: {label}").format(share=percent(photo.border, 0), label=predicted)
    if photo.predicted != photo.true:
        words = _("{words} (is {true})").format(words=words, true=true)
    try:
        over = overlaid(job.path / photo.picture, job.path / photo.map, STRENGTH)
    except (GraftError, OSError) as problem:
        st.error(text.literal(str(problem)))
        return
    st.image(over, width="stretch", caption=text.unbroken(text.literal(words)), alt=text.one_line(photo.photo))
