"""A model taken home as one zip: what is to be in it, how far it is made, and what is in it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.backbones.registry import info
from core.bundle.archive import file_sizes, read_card, read_manifest
from core.bundle.contents import FORMATS, MOST_LETTERS, ONNX, Contents, Purpose
from core.bundle.elsewhere import checked, purposes
from core.bundle.files import CARD, FOLDER, MANIFEST
from core.bundle.pagesize import page_size
from core.errors import GraftError
from core.numbers import count, megabytes
from core.runs import MODEL, Run
from core.tasks.results import Exported
from core.tasks.using import ExportRequest
from pages.ui import downloads, jobs, progress, state, text
from pages.ui.i18n import _
from pages.ui.predict.card import shown_card


def take_home(run: Run) -> None:
    """The bundle: one zip with the model, its manifest, its card, and what runs it without Graft."""
    st.markdown(
        _(
            "One zip that runs anywhere: the weights (`model.safetensors`), the network as ONNX with `predict.py`, "
            "which needs only onnxruntime, numpy and Pillow, and a card that says how good the model is. Sixteen "
            "photos with the model's answers travel along, so that it can be proved that it answers the same there."
        )
    )
    request = ExportRequest(workspace=state.workspace(), run=str(run.path), contents=_wanted(run))
    job = jobs.latest(request)
    if job is None:
        if st.button(_("Make the bundle"), type="primary", icon=":material/package_2:"):
            jobs.submit(request)
            st.rerun()
        return
    exported = progress.result(progress.panel(job), Exported)
    if exported is not None:
        file = job.path / exported.file
        name = downloads.file_name("graft", run.dataset_name, run.backbone, run.kind)
        downloads.archive(_("Download the bundle ({size})"), file, f"{name}.zip", primary=True)
        try:
            _inside(file)
            shown_card(read_card(file), name)
        except GraftError as problem:
            st.error(text.literal(str(problem)))


def _wanted(run: Run) -> Contents:
    """What the user wants in the bundle."""
    precisions = {
        "fp32": _("32 bits, answers as here"),
        "fp16": _("16 bits, half the size"),
        "int8": _("8 bits, a quarter of the size"),
        "photo": _("32 bits, taking photos as they are"),
    }
    onnx = st.pills(
        _("The network as ONNX, with"),
        ONNX,
        selection_mode="multi",
        default=ONNX[:1],
        format_func=precisions.__getitem__,
        key="export-onnx",
        help=_("What a smaller one costs in accuracy is measured on the validation photos, and stands in the bundle."),
    )
    has_full = ONNX[0] in onnx
    page = _page(run, has_full)
    photos = st.toggle(
        _("Small copies of my photos may travel along"),
        key="export-photos",
        disabled=not has_full,
        help=_("Ten thumbnails of validation photos for the self-check. Without them, Graft draws all of its photos."),
    )
    titles = {"openvino": "OpenVINO", "litert": "LiteRT", "keras": "Keras"}
    formats = st.pills(
        _("The network for other runtimes, too"),
        FORMATS,
        selection_mode="multi",
        format_func=titles.__getitem__,
        key="export-formats",
        disabled=not has_full,
        help=_("Each needs packages of its own and is tried on photos; where one cannot be made, the bundle says why."),
    )
    return Contents(
        onnx=tuple(name for name in ONNX if name in onnx),
        page=page,
        photos=photos and has_full,
        formats=tuple(name for name in FORMATS if name in formats and has_full),
        purpose=_purpose(),
    )


def _page(run: Run, has_full: bool) -> bool:
    """Whether there is to be a page for browsers; how large it becomes, or why there cannot be one, is said at once."""
    size = page_size(info(run.backbone), len(run.classes))
    wanted = st.toggle(
        _("A page for browsers"),
        key="export-page",
        disabled=not (has_full and size.fits),
        help=_(
            "One file: double-click it, drop a photo or use the camera. It works offline, for networks up to 25 MB."
        ),
    )
    words = _("The page has about {page}, since this network has about {model}; in the zip it takes about {zipped}.")
    if not size.fits:
        words = _("No page for this model: its network has about {model}, and a page holds at most 25 MB.")
    st.caption(words.format(page=_size(size.page), model=_size(size.model), zipped=_size(size.in_zip)))
    return wanted and has_full and size.fits


def _purpose() -> Purpose:
    """What the card says about the model's use."""
    with st.expander(_("What is it for, and what not?"), icon=":material/gavel:"):
        st.caption(_("Both stand on the model's card, for whoever gets the bundle."))
        meant_for = st.text_area(_("It is for"), key="export-for", max_chars=MOST_LETTERS, height=68)
        not_for = st.text_area(_("It must not be used for"), key="export-not-for", max_chars=MOST_LETTERS, height=68)
    return Purpose(meant_for=meant_for.strip(), not_for=not_for.strip())


def _inside(bundle: Path) -> None:
    """A table of the files in the bundle, how its networks were checked, and what was left out."""
    manifest = read_manifest(bundle)
    for left in manifest.left_out.values():
        st.warning(text.literal(left.message), icon=":material/block:")
    known = {
        **purposes(),
        MODEL: _("The weights, without pickle: nothing in them can run."),
        MANIFEST: _("Classes, preprocessing, metrics with their number of photos, versions and hashes of all files."),
        CARD: _("The model card: how good it is, for what it is meant, how each file is used."),
    }
    sizes = file_sizes(bundle, manifest)
    photos = {name: sizes.pop(name) for name in list(sizes) if name.startswith(f"{FOLDER}/")}
    table = [f"| {_('file')} | {_('size')} | {_('what it is for')} |", "|---|--:|---|"]
    table += [f"| `{name}` | {_size(n_bytes)} | {known[name]} |" for name, n_bytes in sizes.items()]
    if photos:
        what = _("The {n} photos of the self-check.").format(n=count(len(photos)))
        table.append(f"| `{FOLDER}/` | {_size(sum(photos.values()))} | {what} |")
    st.markdown("\n".join(table))
    for name, facts in manifest.graphs.items():
        st.caption(checked(name, facts))


def _size(n_bytes: int) -> str:
    """A file's size, which stays on one line."""
    return megabytes(n_bytes / 1e6).replace(" ", "\u00a0")
