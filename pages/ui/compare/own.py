"""Checkpoints of the user's own, which become backbones of the workspace."""

from __future__ import annotations

import contextlib

import streamlit as st

from core import paths
from core.backbones.registry import backbones
from core.backbones.sources import own
from core.errors import BackboneError, GraftError
from core.tasks.adopting import AddBackboneRequest, BackboneAdded
from core.tasks.using import NamedFile
from pages.ui import jobs, progress, state, text, uploads
from pages.ui.i18n import _

_ENDINGS = ["safetensors", "json"]
_PICKLED = ["pth", "pt", "bin", "ckpt"]
_TURN = "own-backbone"


def manage() -> None:
    """Draws the form that adds a checkpoint, folded up, what became of the last one, and those there are."""
    with st.expander(_("Add a checkpoint of your own"), icon=":material/upload:"):
        request = _asked()
        if request is not None:
            jobs.submit(request)
            state.remember(_TURN, state.remembered(_TURN, 0) + 1)
            st.rerun()
        job = jobs.newest(AddBackboneRequest, lambda _request: True)
        added = progress.result(progress.panel(job), BackboneAdded) if job is not None else None
        mine = [backbone for backbone in backbones() if own.is_own(backbone.name)]
        if added is not None and any(backbone.name == added.backbone for backbone in mine):
            st.success(_("{name} is ready: choose it above.").format(name=text.literal(added.backbone)))
        for backbone in mine:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(text.literal(f"{backbone.name} · {backbone.note}"), width="content")
                name = backbone.name.removeprefix(own.PREFIX)
                st.button(
                    _("Remove"),
                    key=f"remove-{name}",
                    type="tertiary",
                    icon=":material/delete:",
                    on_click=_remove,
                    args=(name,),
                )


def _asked() -> AddBackboneRequest | None:
    """Draws the form, and gives what is asked for when its button is pressed; says what is wrong with it."""
    is_public, turn = paths.is_public(), state.remembered(_TURN, 0)
    given = st.file_uploader(
        _("The file of weights, and timm's config.json where there is one"),
        type=_ENDINGS if is_public else _ENDINGS + _PICKLED,
        accept_multiple_files=True,
        key=f"own-files-{turn}",
        help=_("Tensors alone are read, as safetensors or as torch.save keeps them. Nothing in a file is run."),
    )
    path = "" if is_public else st.text_input(_("Or its path on this machine, or that of its folder"), key="own-path")
    left, right = st.columns(2)
    name = left.text_input(_("What to call it"), key="own-name", placeholder="my_checkpoint")
    architecture = right.text_input(
        _("Its architecture"),
        key="own-architecture",
        placeholder="resnet18",
        help=_("As torchvision or timm calls it; timm:resnet18 is timm's. A config says it by itself."),
    )
    if not st.button(_("Add the backbone"), key="own-add", disabled=not (name and (given or path))):
        return None
    try:
        own.check_name(name)
        files = tuple(NamedFile(path=str(uploads.keep(file, "", state.workspace())), name=file.name) for file in given)
        files = files or (NamedFile(path=path, name=path),)
        return AddBackboneRequest(
            workspace=state.workspace(), name=name, files=files, architecture=architecture, delete_source=bool(given)
        )
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return None


def _remove(name: str) -> None:
    with contextlib.suppress(BackboneError):  # removed in another tab
        own.remove(name, paths.backbones(state.workspace()))
