"""A bundle from elsewhere: taken in, checked, and what it says about itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import numbers
from core.backbones.names import called
from core.bundle.archive import read_manifest
from core.bundle.manifest import Manifest
from core.errors import GraftError
from core.i18n import ngettext
from pages.ui import state, text, uploads
from pages.ui.i18n import _

MOST_CLASSES = 20
_HELD = "bundle"


def from_elsewhere() -> Path | None:
    """The bundle that this session has brought, on the disk; None before there is one that can be used.

    It stays when the page is left, until the user takes another.
    """
    name, path = state.remembered(_HELD, ("", ""))
    if path and Path(path).is_file():
        return _shown(name, Path(path))
    upload = st.file_uploader(
        _("A bundle that Graft has exported (zip)"),
        type=["zip"],
        key="bundle",
        help=_("It is read without running anything in it, and checked against its manifest."),
    )
    if upload is not None:
        _take_in(upload)
    return None


def _take_in(upload: UploadedFile) -> None:
    """Keeps an upload that is a bundle, and draws the page anew; of another one it says what is wrong with it."""
    try:
        path = uploads.keep(upload, ".zip", state.workspace())
        read_manifest(path)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    state.remember(_HELD, (upload.name, str(path)))
    st.rerun()


def _shown(name: str, path: Path) -> Path | None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{text.literal(text.shortened(name, 80))}**", width="content")
        st.button(
            _("Take another bundle"),
            type="tertiary",
            icon=":material/close:",
            on_click=state.remember,
            args=(_HELD, ("", "")),
        )
    try:
        _described(read_manifest(path))
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return None
    return path


def _described(manifest: Manifest) -> None:
    """What the model is, how good it is, and what it tells apart."""
    made = _("A probe on {backbone}") if manifest.kind == "probe" else _("{backbone}, fine-tuned")
    origin = _("made from the photos '{dataset}' on {date}").format(
        dataset=text.literal(text.shortened(manifest.dataset)), date=text.literal(manifest.created[:10])
    )
    st.markdown(made.format(backbone=text.literal(called(manifest.backbone))) + ", " + origin + ".")
    for split in ("test", "val", "oof"):
        if score := manifest.metrics.get(split):
            sentence = _("Accuracy on its {n} {split} photos: {accuracy} (95 % interval {ci}).").format(
                n=f"{score.n:,}",
                split=text.split_name(split),
                accuracy=numbers.percent(score.accuracy),
                ci=numbers.interval(score.accuracy_ci),
            )
            st.markdown(text.unbroken(sentence))
    n = len(manifest.classes)
    names = ", ".join(text.literal(text.shortened(name)) for name in manifest.classes[:MOST_CLASSES])
    more = ", …" if n > MOST_CLASSES else ""
    sentence = ngettext("It knows {n} class: {names}.", "It knows {n} classes: {names}.", n)
    st.markdown(sentence.format(n=f"{n:,}", names=names + more))
