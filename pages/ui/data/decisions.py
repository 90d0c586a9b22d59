"""Decisions about single photos: forms that leave photos out or change their class, and what that brings.

Every form saves to the dataset's edit list at once; the upload is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.data.dataset import Dataset, Item
from core.data.edits import COLUMNS, EXCLUDE, RELABEL, Edit, key, read_edits, rows_of, write_edits
from core.errors import GraftError
from core.health.effect import Effect
from core.health.words import effect_text, kind_name
from core.tasks.requests import EditEffectRequest, PackRequest
from core.tasks.results import Packed
from pages.ui import downloads, progress, state, text
from pages.ui.i18n import _

PER_PAGE = 12
PICTURE_PX = 150
Photo = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Desk:
    """A dataset as it came, its photos, and the edits that there are; both by (sha256, name)."""

    original: Dataset
    items: Mapping[Key, Item]
    edits: Mapping[Key, Edit]

    @classmethod
    def open(cls, original: Dataset) -> Desk:
        """Reads the edits; a damaged list counts as none, with a sentence that says so."""
        try:
            edits = read_edits(original.root)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            edits = ()
        items = {key(item): item for item in original.items}
        return cls(original, items, {(edit.sha256, edit.name): edit for edit in edits})

    def item(self, photo: Photo) -> Item | None:
        """The photo that a report names."""
        return self.items.get((photo["sha256"], photo["name"]))

    def decided(self, photo: Photo) -> Edit | None:
        """What was decided about a photo."""
        return self.edits.get((photo["sha256"], photo["name"]))

    def save(self, changes: Mapping[Key, Edit | None]) -> None:
        """Keeps decisions: None takes one back. Says so, and runs the page again."""
        kept = {at: edit for at, edit in self.edits.items() if at not in changes}
        kept |= {at: edit for at, edit in changes.items() if edit is not None}
        try:
            write_edits(self.original, kept.values())
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            return
        st.toast(_("Saved. All pages now use the photos as edited."), icon=":material/save:")
        st.rerun()


def extra_copies(desk: Desk, pairs: Sequence[Mapping[str, Any]]) -> None:
    """One button that leaves out one photo of each pair; pairs in two classes are left to the user."""
    changes: dict[Key, Edit | None] = {}
    for pair in pairs:
        extra = pair["a"] if pair["a"]["split"] == "train" and pair["b"]["split"] != "train" else pair["b"]
        other = pair["b"] if extra is pair["a"] else pair["a"]
        if not pair["conflict"] and _at(other) not in changes and desk.decided(other) is None:
            changes[_at(extra)] = _out(extra)
    new = {at: edit for at, edit in changes.items() if desk.edits.get(at) != edit}
    if not new:
        return
    label = _("Leave out one photo of each pair ({n})").format(n=len(new))
    tip = _("Of two splits, the one in training goes; pairs in two classes are left to you.")
    if st.button(label, icon=":material/content_cut:", help=tip):
        desk.save(new)


def pair_form(desk: Desk, pairs: Sequence[Mapping[str, Any]]) -> None:
    """Pairs side by side, a box to leave out each photo."""
    shown = _page(pairs, f"pairs-{desk.original.id}", PER_PAGE // 2)
    with st.form(f"pairs-form-{desk.original.id}", border=False):
        choices: dict[Key, Edit | None] = {}
        for number, pair in enumerate(shown):
            same = _("the same file") if pair["exact"] else _("nearly the same")
            with st.container(border=True):
                st.markdown(f"**{text.literal(same)}** · " + text.literal(_in(pair)))
                side_by_side = st.container(horizontal=True, gap="medium")
                for photo in (pair["a"], pair["b"]):
                    with side_by_side.container(width=PICTURE_PX):
                        _picture(desk, photo)
                        out = st.checkbox(
                            _("Leave out"),
                            value=_is_out(desk, photo),
                            key=_widget("pair", number, photo, desk),
                        )
                        _note(choices, desk, photo, _out(photo) if out else _unless_out(desk, photo))
        _submit(desk, choices)


def label_form(desk: Desk, suspects: Sequence[Photo]) -> None:
    """Photos with a doubtful label: keep it, take another class, or leave the photo out."""
    shown = _page(suspects, f"labels-{desk.original.id}", PER_PAGE)
    with st.form(f"labels-form-{desk.original.id}", border=False):
        choices: dict[Key, Edit | None] = {}
        for number, photo in enumerate(shown):
            with st.container(border=True):
                row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
                with row.container(width=PICTURE_PX):
                    _picture(desk, photo)
                with row.container(width="stretch"):
                    st.markdown(
                        _("Labelled **{given}** ({p_given}), rather **{other}** ({p_other})").format(
                            given=text.literal(text.shortened(photo["given"])),
                            p_given=text.percent(photo["p_given"]),
                            other=text.literal(text.shortened(photo["suggested"])),
                            p_other=text.percent(photo["p_suggested"]),
                        )
                    )
                    classes = _classes(desk, photo)
                    names = text.distinct((_("keep the label"), *(text.shortened(str(c)) for c in classes[1:])))
                    options, names = [*classes, False], [*names, _("leave the photo out")]
                    chosen = st.selectbox(
                        _("What to do"),
                        range(len(options)),
                        format_func=names.__getitem__,
                        index=_chosen(desk, photo, options),
                        key=_widget("label", number, photo, desk),
                    )
                    _note(choices, desk, photo, _decision(photo, options[chosen]))
        _submit(desk, choices)


def flaw_form(desk: Desk, photos: Sequence[Photo], kind: str) -> None:
    """Poor photos, a box to leave out each."""
    shown = _page(photos, f"flaws-{kind}-{desk.original.id}", PER_PAGE)
    with st.form(f"flaws-form-{kind}-{desk.original.id}", border=False):
        choices: dict[Key, Edit | None] = {}
        with st.container(horizontal=True, gap="small"):
            for number, photo in enumerate(shown):
                with st.container(width=PICTURE_PX + 10):
                    _picture(desk, photo)
                    out = st.checkbox(
                        _("Leave out"), value=_is_out(desk, photo), key=_widget(kind, number, photo, desk)
                    )
                    _note(choices, desk, photo, _out(photo) if out else _unless_out(desk, photo))
        _submit(desk, choices)


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


def _page(photos: Sequence[Any], name: str, size: int) -> Sequence[Any]:
    pages = -(-len(photos) // size)
    number = st.pagination(pages, key=f"{name}-page") if pages > 1 else 1
    return photos[(number - 1) * size : number * size]


def _picture(desk: Desk, photo: Photo) -> None:
    item = desk.item(photo)
    if item is None:
        return
    words = f"{photo['class']} · {text.split_name(photo['split'])} · {text.shortened(photo['name'], 44)}"
    st.image(str(desk.original.thumbnail(item)), width=PICTURE_PX, alt=text.one_line(photo["name"]))
    st.caption(text.literal(words))


def _submit(desk: Desk, choices: Mapping[Key, Edit | None]) -> None:
    if st.form_submit_button(_("Save these decisions"), icon=":material/save:"):
        if choices:
            desk.save(choices)
        else:
            st.toast(_("Nothing was changed."))


def _note(choices: dict[Key, Edit | None], desk: Desk, photo: Photo, edit: Edit | None) -> None:
    """Notes a decision that differs from what was decided before; a photo may be shown twice, and one box is enough."""
    if edit != desk.decided(photo):
        choices[_at(photo)] = edit


def _in(pair: Mapping[str, Any]) -> str:
    return _("in {what}").format(what=kind_name(pair["kind"]))


def _decision(photo: Photo, choice: str | bool | None) -> Edit | None:
    if choice is None:
        return None
    return _out(photo) if choice is False else Edit(photo["name"], photo["sha256"], RELABEL, str(choice))


def _classes(desk: Desk, photo: Photo) -> list[str | None]:
    """None for the class it came with, then the suggested class, then the others."""
    item = desk.item(photo)
    came_with = desk.original.classes[item.label] if item else ""
    others = [name for name in desk.original.classes if name != came_with]
    return [None, *sorted(others, key=lambda name: name != photo["suggested"])]


def _chosen(desk: Desk, photo: Photo, options: Sequence[str | bool | None]) -> int:
    edit = desk.decided(photo)
    if edit is None:
        return 0
    return len(options) - 1 if edit.action == EXCLUDE else options.index(edit.label)


def _is_out(desk: Desk, photo: Photo) -> bool:
    edit = desk.decided(photo)
    return edit is not None and edit.action == EXCLUDE


def _unless_out(desk: Desk, photo: Photo) -> Edit | None:
    """The edit that stays where a photo is not left out: a new class, if there is one."""
    return None if _is_out(desk, photo) else desk.decided(photo)


def _out(photo: Photo) -> Edit:
    return Edit(photo["name"], photo["sha256"], EXCLUDE)


def _at(photo: Photo) -> Key:
    return photo["sha256"], photo["name"]


def _widget(kind: str, number: int, photo: Photo, desk: Desk) -> str:
    """A widget's key; a decision that was taken elsewhere makes it a new widget with the new value."""
    return f"{kind}-{number}-{photo['index']}-{desk.decided(photo)}"
