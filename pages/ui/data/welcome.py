"""The first page a newcomer sees, and the ways to bring photos."""

from __future__ import annotations

import streamlit as st

from core import numbers
from core.data.samples.catalogue import SAMPLES
from core.errors import GraftError
from core.paths import is_public
from core.tasks.requests import IngestRequest
from pages.ui import jobs, state, text, uploads
from pages.ui.data import tour
from pages.ui.i18n import _

LAYOUT = """\
my_photos.zip
├── cat/          one folder a class
│   ├── 001.jpg
│   └── …
└── dog/
    └── …

or, with splits of your own:   train/cat/…   val/cat/…   test/cat/…   (Training, Testing, dev, eval … are known, too)

or, with a table of labels:    labels.csv   images/001.jpg   …
                               filename,label[,split][,group]
"""


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
                "One button takes a small sample all the way: look at the photos, compare networks, fine-tune one, "
                "read the confusion matrix. Each step says what happens and why."
            )
        )
        st.caption(tour.about_time())
        tour.button()
    with right, st.container(border=True, height="stretch"):
        st.subheader(_("Bring your photos"))
        upload_form()
    with st.expander(_("How should the zip look?")):
        st.code(LAYOUT, language=None)
        st.caption(
            _(
                "JPEG, HEIC, PNG, WebP, BMP, GIF, TIFF and AVIF. Twenty photos a class tell something; a hundred tell "
                "more. Missing splits are made for you."
            )
        )
    other_ways()


def upload_form() -> None:
    """The uploader; what it is given goes to the disk at once and is checked in another process."""
    turn = state.remembered("upload", 0)
    upload = st.file_uploader(
        _("A zip with one folder of photos for each class"),
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
    jobs.submit(IngestRequest(workspace=state.workspace(), source=source, name=name, delete_source=delete_source))
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
    size = "" if sample.offline else _("It is downloaded ({size}).").format(size=numbers.megabytes(sample.download_mb))
    st.caption(f"{text.literal(sample.description)} {size}")
    if st.button(_("Use this sample"), icon=":material/image:"):
        submit_source(f"sample:{chosen}", sample.title)


def a_folder() -> None:
    """A folder on this machine."""
    folder = st.text_input(
        _("A folder on this machine"),
        placeholder=_("for example /home/me/photos"),
        help=_("Laid out like the zip. Its photos are copied, so the folder may change or go afterwards."),
    ).strip()
    st.caption(_("For more photos than an upload takes."))
    if st.button(_("Use this folder"), icon=":material/folder_open:", disabled=not folder):
        submit_source(folder, folder.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1])
