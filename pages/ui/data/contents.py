"""What is in a dataset: its numbers, its images, what was left out, and how to delete it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset, Item
from core.data.warnings import warning_text
from core.errors import GraftError
from pages.ui import figures, gallery, jobs, resources, state, text, top
from pages.ui.data import groups, health, naming, skipped, understood
from pages.ui.data.charts import counts_table, image_sizes, sizes_table, split_counts
from pages.ui.data.welcome import other_ways, upload_form
from pages.ui.figures import Files
from pages.ui.i18n import _


def show(dataset: Dataset) -> None:
    """What is in a dataset."""
    st.title(text.literal(text.shortened(dataset.name, 60)))
    with st.expander(_("Bring other photos"), icon=":material/upload:", expanded=state.remembered("bring", False)):
        upload_form()
        other_ways()
    understood.sentence(dataset)
    facts(dataset)
    skipped.section(dataset)
    for warning in dataset.warnings:
        st.warning(text.literal(warning_text(warning)), icon=":material/warning:")
    understood.choices(dataset)
    naming.section(dataset)
    health.section(dataset)
    counts, sizes = st.columns(2, gap="large")
    with counts:
        st.subheader(_("Photos in each class and split"))
        figures.shown(
            resources.dataset_figure(dataset, "counts", lambda: split_counts(dataset.counts())),
            "counts",
            _("Bars: photos in each class, by split"),
            Files("images_by_class", lambda: counts_table(dataset.counts()), _("Photos in each class and split")),
        )
    with sizes:
        st.subheader(_("Photo sizes"))
        figures.shown(
            resources.dataset_figure(dataset, "sizes", lambda: image_sizes(*_sides(dataset))),
            "sizes",
            _("Points: width and height of the photos"),
            Files("image_sizes", lambda: sizes_table(*_sides(dataset)), _("Photo sizes")),
        )
    images(dataset)
    groups.section(dataset)
    manage(dataset)


def _sides(dataset: Dataset) -> tuple[list[int], list[int]]:
    """The widths and the heights of the images."""
    return [item.width for item in dataset.items], [item.height for item in dataset.items]


def facts(dataset: Dataset) -> None:
    """The numbers at the top, and how the splits came about."""
    counts = dataset.counts()
    with st.container(key="metrics-of-photos", horizontal=True, gap="large"):
        st.metric(_("Photos"), f"{len(dataset.items):,}", width="content")
        st.metric(_("Classes"), f"{len(dataset.classes):,}", width="content")
        for split in ("train", "val", "test"):
            name = text.split_name(split).capitalize()
            st.metric(name, f"{sum(counts.get(split, {}).values()):,}", width="content")
    st.caption(text.literal(dataset.note))


def images(dataset: Dataset) -> None:
    """The gallery, by class and split."""
    st.subheader(_("The photos"))
    names = text.distinct((_("all"), *map(text.shortened, dataset.classes)))
    with st.container(horizontal=True):
        label = st.selectbox(
            _("Class"),
            [None, *range(len(dataset.classes))],
            format_func=lambda i: names[0] if i is None else names[i + 1],
            width=260,
        )
        split = st.selectbox(
            _("Split"),
            [None, "train", "val", "test"],
            format_func=lambda s: _("all") if s is None else text.split_name(s),
            width=160,
        )
    chosen = [
        item
        for item in dataset.items
        if (label is None or item.label == label) and (split is None or item.split == split)
    ]
    if label is None:
        chosen = interleaved(chosen)
    pictures = [
        gallery.Picture(
            dataset.thumbnail(item),
            f"{dataset.classes[item.label]} · {text.split_name(item.split)}",
            _("{name}, class {label}").format(name=item.name, label=dataset.classes[item.label]),
            dataset.path(item),
        )
        for item in chosen
    ]
    gallery.grid(pictures, key=f"images-{dataset.id}-{label}-{split}")


def interleaved(items: Sequence[Item]) -> list[Item]:
    """The items so ordered that the classes take turns: the first page shows some of each."""
    seen: dict[int, int] = {}
    turn = []
    for item in items:
        turn.append(seen.setdefault(item.label, 0))
        seen[item.label] += 1
    return [items[i] for i in sorted(range(len(items)), key=lambda i: (turn[i], items[i].label))]


def manage(dataset: Dataset) -> None:
    """None of these photos any more."""
    # Keyed by the photos: it closes with them, and what was pressed is never done to those that are shown next.
    with st.popover(_("Delete these photos"), icon=":material/delete:", key=f"deleting-{dataset.id}"):
        st.markdown(_("The photos are removed from this workspace. Runs made with them stay, without them."))
        if st.button(_("Delete"), key=f"delete-{dataset.id}", type="primary"):
            try:
                jobs.delete_dataset(dataset)
            except GraftError as problem:
                st.error(text.literal(str(problem)))
            else:
                top.ask()
                st.toast(_("'{name}' is deleted.").format(name=text.literal(text.shortened(dataset.name, 60))))
                st.rerun()
