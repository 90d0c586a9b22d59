"""What is decided about a dataset's photos: how many decisions, what they bring, and how to take them along or back."""

from __future__ import annotations

import time
from typing import Literal

import streamlit as st
from streamlit.column_config import Column

from core.data.dataset import Dataset
from core.data.decisions import FILE
from core.data.edits import COLUMNS, EXCLUDE, RELABEL, rows_of
from core.health.effect import Effect
from core.health.words import effect_text, gain_text
from core.tasks.requests import EditEffectRequest, HealthRequest, PackRequest
from core.tasks.results import Packed
from pages.ui import downloads, jobs, progress, state, text
from pages.ui.desk import Desk, count_text, decide, save_again, undo
from pages.ui.i18n import _, redrawn

REST_S = 5.0
"""Seconds after the last decision until it is measured what all of them bring."""


def freshness(dataset: Dataset, checked: str) -> None:
    """Whether the report is about the photos as they are now, and a button that makes another.

    Args:
        dataset: the photos as edited.
        checked: the fingerprint of the photos that the report is about.
    """
    stale = dataset.fingerprint != checked
    sentence = (
        _("The photos were edited after this check: check again to see what is left.")
        if stale
        else _("The check is of the photos as they are.")
    )
    with st.container(horizontal=True, vertical_alignment="center"):  # of one height: nothing below may jump
        st.caption(sentence, width="content")
        check(dataset, _("Check again"), disabled=not stale)


def bar(dataset: Dataset, desk: Desk) -> None:
    """How many decisions there are, the way back, and what they bring; it stays in sight while photos are looked at."""
    with st.container(key="decisions", border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_summary(dataset, desk), width="content")
            st.button(
                _("Undo"),
                key=f"undo-{desk.original.id}",
                type="tertiary",
                icon=":material/undo:",
                help=_("Takes the last decision back, then the one before."),
                disabled=not desk.can_undo,
                on_click=undo,
                args=(desk.original,),
            )
        if desk.refusal:
            st.error(text.literal(desk.refusal))
        if desk.unsaved:
            _not_saved(desk)
        else:
            _effect(dataset, desk)


def check(dataset: Dataset, label: str, *, primary: bool = False, disabled: bool = False) -> None:
    """The button that queues a check of the photos."""
    kind: Literal["primary", "tertiary"] = "primary" if primary else "tertiary"
    if st.button(label, icon=":material/health_and_safety:", type=kind, disabled=disabled):
        jobs.submit_once(
            HealthRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)
        )


def _summary(dataset: Dataset, desk: Desk) -> str:
    """The number of decisions, and what is left of the photos."""
    count = f"**{count_text(len(desk.edits))}**"
    if not desk.edits or desk.unsaved:
        return count
    left = _("{n} of {all} photos stay").format(n=f"{dataset.images:,}", all=f"{desk.original.images:,}")
    return f"{count} · {left}"


def _not_saved(desk: Desk) -> None:
    """Why decisions are in this window alone, and a way to try again."""
    sentence = _(
        "The disk did not take the last decisions ({reason}). They hold in this window only. Make room, or make "
        "Graft's folder writable, before you close it."
    )
    st.error(sentence.format(reason=text.literal(desk.unsaved)), icon=":material/error:")
    st.button(_("Save again"), icon=":material/save:", on_click=save_again, args=(desk.original,))


def _effect(dataset: Dataset, desk: Desk) -> None:
    """What the decisions bring, measured once they rest; the page draws it anew until it is there."""
    if not desk.edits:
        st.caption(_("Each choice below is saved at once. The photos you brought stay as they are."))
        return
    request = _effect_request(dataset)
    job = jobs.latest(request)
    if job is not None and job.status().state in ("done", "failed"):
        _measured(request)
    else:
        _until_measured(desk.original, request)


@redrawn(every_s=1.5)
def _until_measured(original: Dataset, request: EditEffectRequest) -> None:
    """Measures what the decisions bring as soon as they rest, and shows how far that is."""
    job = jobs.latest(request)
    if job is None or job.status().state in ("cancelled", "interrupted"):
        if _rest_s(original) >= REST_S:
            jobs.submit_newest(request)
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("What they bring is measured when you pause."), width="content")
            st.button(_("Measure now"), type="tertiary", on_click=jobs.submit_newest, args=(request,))
    else:
        _measured(request)


def _rest_s(original: Dataset) -> float:
    """Seconds since the last decision."""
    try:
        return time.time() - (original.root / FILE).stat().st_mtime
    except OSError:
        return 0.0


def _measured(request: EditEffectRequest) -> None:
    """What came of measuring, or how far it is."""
    job = jobs.latest(request)
    status = job.status() if job is not None else None
    if job is None or status is None:
        return
    if not status.is_over:
        st.caption(":material/progress_activity: " + _("Measuring what they bring: ") + progress.sentence(job, status))
    elif status.state == "failed":
        st.caption(":material/info: " + text.literal(status.error))
    else:
        effect = progress.result(status, Effect)
        if effect is not None:
            st.caption(":material/insights: " + text.unbroken(text.literal(gain_text(effect))))


def listing(dataset: Dataset, desk: Desk) -> None:
    """The decisions there are, and how to take them along or back."""
    if not desk.edits:
        st.caption(
            _("Nothing was edited. In the other tabs you can leave photos out or change their class; the upload stays.")
        )
        return
    _take_back(desk)
    _explained(dataset)
    with st.container(horizontal=True):
        downloads.table(
            _("Download the edits (CSV)"), COLUMNS, rows_of(desk.original, desk.edits.values()), "edits.csv"
        )
        _cleaned(dataset)
        st.button(
            _("Discard all edits"),
            icon=":material/delete_sweep:",
            on_click=decide,
            args=(desk.original, dict.fromkeys(desk.edits)),
        )


def _take_back(desk: Desk) -> None:
    """The table of decisions; rows that are selected can be taken back."""
    actions = {EXCLUDE: _("leave out"), RELABEL: _("change the class")}
    chosen = st.dataframe(
        {
            _("Photo"): [edit.name for edit in desk.edits.values()],
            _("What to do"): [actions[edit.action] for edit in desk.edits.values()],
            _("New class"): [edit.label for edit in desk.edits.values()],
            _("Class"): [desk.original.classes[desk.items[at].label] for at in desk.edits],
            _("Split"): [text.split_name(desk.items[at].split) for at in desk.edits],
        },
        hide_index=True,
        column_config={_("Photo"): Column(width="medium")},  # a path leaves room for what is done about the photo
        on_select="rerun",
        selection_mode="multi-row",
        key=f"edits-{desk.original.id}-{len(desk.edits)}",
    )
    there = list(desk.edits)
    rows = [there[row] for row in chosen["selection"]["rows"] if row < len(there)]
    label = _("Take back {n} of them").format(n=len(rows)) if rows else _("Take back: select rows above")
    st.button(
        label,
        key=f"take-back-{desk.original.id}",
        icon=":material/undo:",
        disabled=not rows,
        on_click=decide,
        args=(desk.original, dict.fromkeys(rows)),
    )


def _explained(dataset: Dataset) -> None:
    """What the decisions bring, and how that was measured, once it is."""
    job = jobs.latest(_effect_request(dataset))
    effect = progress.result(job.status(), Effect) if job is not None else None
    if effect is not None:
        st.info(text.unbroken(text.literal(effect_text(effect))), icon=":material/insights:")


def _effect_request(dataset: Dataset) -> EditEffectRequest:
    return EditEffectRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)


def _cleaned(dataset: Dataset) -> None:
    request = PackRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)
    job = jobs.latest(request)
    if job is None:
        if st.button(_("Make a zip of the edited photos"), icon=":material/folder_zip:"):
            jobs.submit(request)
            st.rerun()
        return
    packed = progress.result(progress.panel(job), Packed)
    if packed is not None:
        downloads.archive(_("Download the edited photos ({size})"), job.path / packed.file, "photos.zip")
