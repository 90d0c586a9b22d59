"""Is my data fit to learn from? Upload photos or pick a sample, and see what is in them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset, Item
from core.data.messages import skip_text, warning_text
from core.data.samples.catalogue import SAMPLES
from core.errors import GraftError
from core.jobs.store import Job
from core.paths import is_public
from core.tasks.requests import IngestRequest
from core.tasks.results import TakenIn
from pages.ui import figures, frame, gallery, progress, state, text, uploads
from pages.ui.data import groups, health, tour
from pages.ui.data.charts import image_sizes, split_counts
from pages.ui.i18n import _

LAYOUT = """\
my_photos.zip
├── cat/          one folder a class
│   ├── 001.jpg
│   └── …
└── dog/
    └── …

or, with splits of your own:   train/cat/…   val/cat/…   test/cat/…

or, with a table of labels:    labels.csv   images/001.jpg   …
                               filename,label[,split][,group]
"""


def main() -> None:
    """The page: what there is, or how to bring something."""
    dataset = state.dataset()
    if tour.draw():
        return
    for kind in ("ingest", "regroup"):
        job = state.followed(kind) or state.active(kind)
        if job is not None:
            bring_in(job)
    if dataset is None:
        welcome()
    else:
        show(dataset)


def bring_in(job: Job) -> None:
    """Watches photos being read, and looks at them once they are there."""
    taken_in = progress.result(progress.panel(job), TakenIn)
    if taken_in is not None:
        state.show_dataset(taken_in.dataset)
        st.rerun()


def welcome() -> None:
    """The first page a newcomer sees."""
    st.title(_("Teach a network your photos"))
    st.markdown(
        _(
            "Graft shows whether your photos are fit to learn from, which pretrained network carries over best, "
            "whether fine-tuning it is worth it, and where the result fails. Then you take the model home. "
            "Everything runs on this machine."
        )
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader(_("New here? Watch it once"))
        st.markdown(
            _(
                "One button takes a small sample all the way: look at the images, compare networks, fine-tune one, "
                "read the confusion matrix. Each step says what happens and why. It takes a minute or two."
            )
        )
        tour.button()
    with right, st.container(border=True, height="stretch"):
        st.subheader(_("Bring your photos"))
        upload_form()
    with st.expander(_("How should the zip look?")):
        st.code(LAYOUT, language=None)
        st.caption(
            _(
                "JPEG, PNG, WebP, BMP, GIF, TIFF and AVIF. Twenty images a class tell something; a hundred tell "
                "more. Missing splits are made for you."
            )
        )
    other_ways()


def upload_form() -> None:
    """The uploader; what it is given goes to the disk at once and is checked in another process."""
    turn = state.remembered("upload", 0)
    upload = st.file_uploader(
        _("A zip with one folder of images for each class"),
        type=["zip"],
        key=f"upload-{turn}",
        help=_("Larger than that: unpack it, and give the folder below or on the command line."),
    )
    if upload is None:
        return
    try:
        path = uploads.keep(upload, ".zip", state.workspace())
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    state.remember("upload", turn + 1)
    submit_source(str(path), upload.name.removesuffix(".zip"), delete_source=True)


def submit_source(source: str, name: str, delete_source: bool = False) -> None:
    """Queues the reading of photos."""
    state.submit(IngestRequest(workspace=state.workspace(), source=source, name=name, delete_source=delete_source))
    st.rerun()


def other_ways() -> None:
    """Samples, and a folder on this machine where the app is the user's own."""
    if is_public():
        a_sample()
        return
    samples, folders = st.columns(2, gap="medium")
    with samples, st.container(border=True, height="stretch"):
        a_sample()
    with folders, st.container(border=True, height="stretch"):
        a_folder()


def a_sample() -> None:
    """One of the samples."""
    chosen = st.selectbox(_("A sample"), list(SAMPLES), format_func=lambda name: SAMPLES[name].title)
    sample = SAMPLES[chosen]
    size = "" if sample.offline else _("It is downloaded ({size}).").format(size=text.megabytes(sample.download_mb))
    st.caption(f"{text.literal(sample.description)} {size}")
    if st.button(_("Use this sample"), icon=":material/image:"):
        submit_source(f"sample:{chosen}", sample.title)


def a_folder() -> None:
    """A folder on this machine."""
    folder = st.text_input(
        _("A folder on this machine"),
        placeholder=_("for example /home/me/photos"),
        help=_("Laid out like the zip. Its images are copied, so the folder may change or go afterwards."),
    ).strip()
    st.caption(_("For more photos than an upload takes."))
    if st.button(_("Use this folder"), icon=":material/folder_open:", disabled=not folder):
        submit_source(folder, folder.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1])


def show(dataset: Dataset) -> None:
    """What is in a dataset."""
    st.title(text.literal(text.shortened(dataset.name, 60)))
    with st.expander(_("Bring other photos"), icon=":material/upload:", expanded=state.remembered("bring", False)):
        upload_form()
        other_ways()
    facts(dataset)
    for warning in dataset.warnings:
        st.warning(text.literal(warning_text(warning)), icon=":material/warning:")
    st.page_link(
        "pages/compare.py", label=_("Next: compare backbones on these photos"), icon=":material/arrow_forward:"
    )
    health.section(dataset)
    counts, sizes = st.columns(2, gap="large")
    with counts:
        st.subheader(_("Images in each class and split"))
        figures.shown(
            split_counts(dataset.counts()),
            "counts",
            _("Bars: images in each class, by split"),
            "images_by_class",
            _("Images in each class and split"),
        )
    with sizes:
        st.subheader(_("Image sizes"))
        figures.shown(
            image_sizes([item.width for item in dataset.items], [item.height for item in dataset.items]),
            "sizes",
            _("Points: width and height of the images"),
            "image_sizes",
            _("Image sizes"),
        )
    images(dataset)
    groups.section(dataset)
    skipped(dataset)
    manage(dataset)


def facts(dataset: Dataset) -> None:
    """The numbers at the top, and how the splits came about."""
    counts = dataset.counts()
    with st.container(horizontal=True, gap="large", key="facts"):
        st.metric(_("Images"), f"{len(dataset.items):,}", width="content")
        st.metric(_("Classes"), f"{len(dataset.classes):,}", width="content")
        for split in ("train", "val", "test"):
            name = text.split_name(split).capitalize()
            st.metric(name, f"{sum(counts.get(split, {}).values()):,}", width="content")
        if dataset.skipped:
            st.metric(_("Skipped"), f"{len(dataset.skipped):,}", width="content")
    st.caption(text.literal(dataset.note))


def images(dataset: Dataset) -> None:
    """The gallery, by class and split."""
    st.subheader(_("The images"))
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


def skipped(dataset: Dataset) -> None:
    """What was left out, and why."""
    if not dataset.skipped and not dataset.ignored:
        return
    st.subheader(_("What was skipped"))
    if dataset.ignored:
        st.caption(_("{n} system files (such as .DS_Store) were ignored.").format(n=dataset.ignored))
    if dataset.skipped:
        st.dataframe(
            {
                _("File"): [skip.entry for skip in dataset.skipped],
                _("Why"): [skip_text(skip.reason) for skip in dataset.skipped],
            },
            hide_index=True,
        )


def manage(dataset: Dataset) -> None:
    """None of these photos any more."""
    with st.popover(_("Delete these photos"), icon=":material/delete:"):
        st.markdown(_("The photos are removed from this workspace. Runs made with them stay, without their images."))
        if st.button(_("Delete"), type="primary"):
            try:
                state.delete(dataset)
            except GraftError as problem:
                st.error(text.literal(str(problem)))
            else:
                st.rerun()


frame.enter(main)
