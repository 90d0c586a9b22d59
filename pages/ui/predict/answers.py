"""What a model says of photos: the ones it doubts first, each with its photo and its likeliest classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import numbers
from core.explaining.alike import NEIGHBOURS
from core.i18n import ngettext
from core.jobs.store import Job
from core.runs import Run
from core.strangers.words import none_of_these_in_words
from core.tasks.answers import Answer, alarms_among
from core.tasks.explaining import ExplainRequest
from core.tasks.results import Predicted
from core.tasks.using import NamedFile
from pages.ui import downloads, figures, gallery, jobs, resources, state, text
from pages.ui.charts.quality import probability_bars
from pages.ui.i18n import _
from pages.ui.portable import named, no_neighbours

PICTURED = 48
"""Photos that have a picture: those that the model doubts most."""

_A_PAGE = 12
_WIDTH_PX = 220


def shown(job: Job, model: Run | Path, predicted: Predicted, answers: Sequence[Answer]) -> None:
    """The table to take home, what could not be read, and one row a photo: the photo, the answer, the probabilities.

    Args:
        job: the prediction.
        model: what predicted.
        predicted: what came of it.
        answers: in the order of the images.
    """
    headings, cells = table(answers)
    failed = [answer for answer in answers if answer.error]
    answered = [answer for answer in answers if not answer.error]
    _counted(predicted, len(answers))
    alarms = alarms_among(answers)
    if alarms and alarms.n > 1 and predicted.expected:
        st.markdown(text.unbroken(none_of_these_in_words(alarms, predicted.expected)))
    downloads.table(_("Download the answers (CSV)"), headings, cells, "predictions.csv")
    if failed:
        _unread(failed)
    if not answered:
        return
    rows = _in_order(answered)
    pages = -(-len(rows) // _A_PAGE)
    number = st.pagination(pages, key=f"answers-page-{job.id}") if pages > 1 else 1
    on_page = rows[(number - 1) * _A_PAGE : number * _A_PAGE]
    _why(job, model, [answer for answer in on_page if answer.large])
    _rows(job, on_page)


def _counted(predicted: Predicted, n: int) -> None:
    """How many there are, and the files that were left out."""
    words = ngettext("{n} photo.", "{n} photos.", n).format(n=numbers.count(n))
    if predicted.left_out:
        left_out = ngettext(
            "{n} other file was left out, since its name is not that of a photo.",
            "{n} other files were left out, since their names are not those of photos.",
            predicted.left_out,
        )
        words = f"{words} {left_out.format(n=numbers.count(predicted.left_out))}"
    st.caption(words)


def _unread(failed: Sequence[Answer]) -> None:
    sentence = ngettext("{n} photo cannot be read.", "{n} photos cannot be read.", len(failed))
    with st.expander(
        sentence.format(n=numbers.count(len(failed))), icon=":material/warning:", expanded=len(failed) == 1
    ):
        st.dataframe(
            {
                _("Photo"): [text.shortened(answer.image) for answer in failed],
                _("Why, and what to do"): [answer.error for answer in failed],
            },
            hide_index=True,
        )


def _in_order(answers: Sequence[Answer]) -> list[Answer]:
    """The answers in the order that the user chooses."""
    if len(answers) == 1:
        return list(answers)
    orders = {
        "doubt": _("Most doubtful first"),
        "sure": _("Surest first"),
        "class": _("By class"),
        "given": _("As they came"),
    }
    order = st.segmented_control(
        _("Order"), list(orders), default="doubt", required=True, format_func=orders.__getitem__, key="answers-order"
    )
    keys = {"doubt": lambda a: -a.doubt, "sure": lambda a: a.doubt, "class": lambda a: (a.label, -a.doubt)}
    return sorted(answers, key=keys[order]) if order in keys else list(answers)


def _rows(job: Job, answers: Sequence[Answer]) -> None:
    pictured = [answer for answer in answers if answer.preview]
    pictures = [_picture(job, answer) for answer in pictured]
    for n, answer in enumerate(answers):
        with st.container(border=True):
            photo, words = st.columns([1, 2], gap="medium", vertical_alignment="center")
            name = text.literal(text.shortened(answer.image))
            with photo:
                if answer.preview:
                    gallery.tile(pictures, pictured.index(answer), f"asked-{job.id}", _WIDTH_PX, name)
                else:
                    st.caption(name)
            with words:
                st.markdown(_said(answer))
                bars = resources.figure(probability_bars, list(answer.proba), list(answer.proba.values()))
                figures.drawn(bars, f"answer-{job.id}-{n}", _("Probability of each class"))


def _why(job: Job, model: Run | Path, answers: Sequence[Answer]) -> None:
    """Leads to where the model looks in the photos of this page, and to the training photos that are most like them.

    The training photos of a bundle did not travel with it.
    """
    if not answers:
        return
    is_run = isinstance(model, Run)
    maps = _("A heat map of each photo.")
    both = _("A heat map of each photo, and the training photos that the model finds most like it.")
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(_("Why these answers?"), icon=":material/visibility:", help=both if is_run else maps)
        if not is_run:
            st.caption(no_neighbours(), width="content")
    if pressed:
        images = tuple(NamedFile(path=str(job.path / answer.large), name=answer.image) for answer in answers)
        alike = NEIGHBOURS if is_run else 0
        jobs.submit(ExplainRequest(workspace=state.workspace(), model=named(model), images=images, alike=alike))
        state.go_to("explain", **({"run": state.run_key(model)} if isinstance(model, Run) else {}))


def _picture(job: Job, answer: Answer) -> gallery.Picture:
    """The photo of an answer; one that an earlier version of Graft was asked about is kept small only."""
    small = job.path / answer.preview
    words = text.shortened(answer.in_words, 80)
    words = f"{words}, {_share(answer)}" if answer.given else words
    return gallery.Picture(small, words, answer.image, job.path / answer.large if answer.large else small)


def _said(answer: Answer) -> str:
    """The answer with its probability, or that there is none, why, and what it would be."""
    named = f"{text.literal(text.shortened(answer.label, 80))}, {_share(answer)}"
    if answer.given:
        return f"**{text.literal(text.shortened(answer.given, 80))}**, {_share(answer)}"
    head = f"**{text.literal(text.shortened(answer.in_words, 120))}**"
    if answer.stranger and answer.percentile is not None:
        far = _("farther from the training photos than {share} of the validation photos.")
        if answer.percentile == 1.0:
            far = _("farther from the training photos than any of the validation photos.")
        head = f"{head}: {far.format(share=numbers.percent(answer.percentile, 0))}"
    return f"{head}  \n" + _("Of its classes it would be {label}.").format(label=named)


def _share(answer: Answer) -> str:
    """The probability of the likeliest class."""
    return numbers.percent(answer.proba[answer.label])


def table(answers: Sequence[Answer]) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of all images: each one's label and probabilities, or why there are none."""
    classes = next((list(answer.proba) for answer in answers if not answer.error), [])
    rows: list[list[object]] = []
    for answer in answers:
        shares = [round(answer.proba[name], 6) if answer.proba else None for name in classes]
        rows.append([answer.image, answer.given, answer.refusal, *shares, answer.error])
    return ["image", "label", "not_answered", *classes, "error"], rows
