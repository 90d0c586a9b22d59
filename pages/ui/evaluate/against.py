"""A model against another one of the same photos: who is right where, with the photos themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import numbers
from core.data.dataset import Dataset, Item
from core.errors import GraftError
from core.evaluation.pairwise.pair import GROUPS, Group, Pair, TwoAnswers
from core.runs import Run
from core.tables import Table
from pages.ui import columns, downloads, gallery, resources, text
from pages.ui.evaluate.judged import Judged
from pages.ui.i18n import _
from pages.ui.why import why


def against(judged: Judged, runs: Sequence[Run]) -> None:
    """Draws the fold with the choice of another model.

    Args:
        judged: the run of the page.
        runs: all there are.
    """
    key = f"against-{judged.key}"
    title = _("Against another model, photo by photo")
    with st.expander(title, icon=":material/compare_arrows:", key=key, on_change="rerun") as fold:
        if fold.open and judged.run is not None:
            _chosen(judged, judged.run, runs, key)


def _chosen(judged: Judged, own: Run, runs: Sequence[Run], key: str) -> None:
    others = [
        run
        for run in runs
        if run.path != own.path and run.dataset_id == own.dataset_id and judged.split in run.splits()
    ]
    if not others:
        st.caption(_("There is no other model of these photos to set beside this one. Fine-tune one, or compare more."))
        return
    names = text.run_names([own, *others])
    other = st.selectbox(
        _("Other model (B)"), others, format_func=lambda run: names[run.path], key=f"other-{key}", width=520
    )
    try:
        pair = resources.beside(judged.file, other.predictions_path(judged.split))
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return
    st.caption(f"**A** {text.literal(names[own.path])}  \n**B** {text.literal(names[other.path])}")
    verdict, *rest = pair.sentences
    st.markdown(text.unbroken(f"**{text.literal(verdict)}** {text.literal(' '.join(rest))}"))
    _groups(judged, pair, key)


def _groups(judged: Judged, pair: Pair, key: str) -> None:
    """The four groups: how many photos are in each, and the photos of one."""
    names = group_names()
    shares = [pair.share_of(group) for group in GROUPS]
    st.dataframe(
        {
            _("Who is right"): [names[group] for group in GROUPS],
            _("Photos"): [pair.n_of(group) for group in GROUPS],
            _("Share"): [columns.in_percent(share) for share, _ci in shares],
            _("95 % interval"): [numbers.interval(ci) for _share, ci in shares],
        },
        hide_index=True,
        column_config={
            _("Photos"): columns.counts(),
            _("Share"): columns.percents(),
            _("95 % interval"): columns.words(),
        },
        key=f"groups-{key}",
    )
    items = judged.items
    if judged.dataset:
        _gallery(judged.run, judged.dataset, pair, items, key)
    name = text.file_name("against", judged.about)
    downloads.numbers(
        _("Download the photos (CSV)"), partial(photo_table, pair, items), f"{name}.csv", f"against-csv-{key}"
    )


def _gallery(run: Run | None, dataset: Dataset, pair: Pair, items: dict[str, Item], key: str) -> None:
    names = group_names()
    group: Group = st.segmented_control(
        _("Show the photos by who is right"),
        GROUPS,
        default=next((each for each in GROUPS if pair.n_of(each)), GROUPS[0]),
        required=True,
        format_func=lambda each: f"{names[each]} ({numbers.count(pair.n_of(each))})",
        key=f"group-{key}",
    )
    pictures = [
        gallery.Picture(
            dataset.thumbnail(items[photo.id]),
            _caption(photo, pair.a.class_names),
            items[photo.id].name,
            dataset.path(items[photo.id]),
        )
        for photo in pair.photos(group)
        if photo.id in items
    ]
    gallery.grid(pictures, key=f"{group}-{key}", page_size=18, width_px=150)
    why(run, dataset, [photo.id for photo in pair.photos(group) if photo.id in items], f"{group}-{key}", who="A")


def group_names() -> dict[Group, str]:
    """The groups by who is right."""
    return {"only_a": _("only A"), "only_b": _("only B"), "both_wrong": _("neither"), "both_right": _("both")}


def _caption(photo: TwoAnswers, names: Sequence[str]) -> str:
    short = [text.shortened(name, 14) for name in names]
    if photo.a == photo.b == photo.true:
        return _("{true}: A {p_a}, B {p_b}").format(
            true=short[photo.true], p_a=numbers.percent(photo.p_a, 0), p_b=numbers.percent(photo.p_b, 0)
        )
    return _("{true}: A {a} {p_a}, B {b} {p_b}").format(
        true=short[photo.true],
        a=short[photo.a],
        p_a=numbers.percent(photo.p_a, 0),
        b=short[photo.b],
        p_b=numbers.percent(photo.p_b, 0),
    )


def photo_table(pair: Pair, items: dict[str, Item]) -> Table:
    """Every photo with what both models say of it."""
    headings = [
        _("Photo"), _("Right"), _("Class"), _("A says"), _("A's probability"), _("B says"), _("B's probability"),
    ]  # fmt: skip
    names, classes = group_names(), pair.a.class_names
    rows = [
        [items[photo.id].name if photo.id in items else photo.id, names[group], classes[photo.true], classes[photo.a],
         photo.p_a, classes[photo.b], photo.p_b]
        for group in GROUPS
        for photo in pair.photos(group)
    ]  # fmt: skip
    return headings, rows
