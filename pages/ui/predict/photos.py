"""The photos that a model is asked about: from files or a zip, from the camera, from a folder on this machine."""

from __future__ import annotations

from typing import BinaryIO

import streamlit as st

from core.errors import GraftError
from core.paths import expanded, is_public
from core.tasks.using import NamedFile
from pages.ui import state, text, uploads
from pages.ui.i18n import _

_TURN = "predict"


def asked() -> tuple[NamedFile, ...]:
    """Draws the ways to bring photos; gives what has been brought and not asked about yet, mostly nothing."""
    ways = {"files": _("Files"), "camera": _("Camera")}
    if not is_public():
        ways["folder"] = _("A folder on this machine")
    way = st.segmented_control(
        _("Photos the model has not seen"), list(ways), default="files", required=True, format_func=ways.__getitem__
    )
    try:
        return {"files": _files, "camera": _camera, "folder": _folder}[way]()
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return ()


def done() -> None:
    """Empties the uploaders, so that what they hold is not asked about again."""
    state.remember(_TURN, state.remembered(_TURN, 0) + 1)


def _files() -> tuple[NamedFile, ...]:
    files = st.file_uploader(  # of any ending, or none: what is in a file decides
        _("One photo or many, or a zip of them"),
        accept_multiple_files=True,
        key=f"predict-{state.remembered(_TURN, 0)}",
    )
    return tuple(kept(file, file.name) for file in files)


def _camera() -> tuple[NamedFile, ...]:
    photo = st.camera_input(_("Take a photo"), key=f"camera-{state.remembered(_TURN, 0)}")
    st.caption(
        _("The photo stays on this machine. Browsers give the camera to pages at localhost and over https alone.")
    )
    return () if photo is None else (kept(photo, _("camera.jpg")),)


def _folder() -> tuple[NamedFile, ...]:
    with st.form("predict-folder", border=False):
        named = st.text_input(
            _("A folder, or a zip, on this machine"), placeholder=_("for example /home/me/photos")
        ).strip()
        st.caption(_("Folders in it are looked through, too. Nothing is copied or changed."))
        pressed = st.form_submit_button(_("Ask the model"), icon=":material/folder_open:")
    if not (pressed and named):
        return ()
    path = expanded(named).resolve()
    if not path.exists():
        raise GraftError(_("There is no folder '{name}' on this machine.").format(name=named))
    return (NamedFile(path=str(path), name=path.name),)


def kept(photo: BinaryIO, name: str) -> NamedFile:
    """An upload on the disk, with the user's name for it."""
    return NamedFile(path=str(uploads.keep(photo, "", state.workspace())), name=name)
