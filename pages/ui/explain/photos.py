"""Which photos a model is asked about: some of a split, a person's own, or those that it has just answered for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.errors import GraftError
from core.explaining.choosing import MISTAKES, OF_CLASS, WAYS, chosen, way_label
from core.jobs.store import Job
from core.runs import Run
from core.tasks.explaining import ANSWERED, OF_DATASET, UPLOADED, ExplainRequest
from core.tasks.using import NamedFile
from pages.ui import jobs, resources, state, text, uploads
from pages.ui.explain.choices import class_choice, split_choice
from pages.ui.i18n import _
from pages.ui.portable import named

NUMBERS = (3, 6, 12, 24)


@dataclass(frozen=True)
class Chosen:
    """Photos that are chosen.

    Attributes:
        source: where they are from, as of `ExplainRequest.source`.
        photos: the sha256 of photos of the dataset.
        files: the files of others.
    """

    source: str
    photos: tuple[str, ...] = ()
    files: tuple[NamedFile, ...] = ()


def choose(model: Run | Path, dataset: Dataset | None) -> Chosen:
    """Draws the choice; what was looked into last is chosen at first.

    Args:
        model: the model.
        dataset: the photos that it was made from, where these are the ones that are looked at.
    """
    splits = model.splits() if isinstance(model, Run) and dataset is not None else ()
    answered = _answered(model)
    ways = (*(WAYS if splits else ()), UPLOADED, *((ANSWERED,) if answered else ()))
    names = {UPLOADED: _("Your own"), ANSWERED: _("From Predict"), **{way: way_label(way) for way in WAYS}}
    key = f"explain-way-{len(ways)}-{answered.id if answered else ''}"
    if state.widget(key) is None:
        state.hold(key, _first(model, ways))
    way = st.segmented_control(_("Photos"), ways, required=True, format_func=names.__getitem__, key=key)
    if answered is not None and way == ANSWERED:
        return _from_predict(answered, key, ways[0], dataset)
    if way == UPLOADED or not isinstance(model, Run) or dataset is None:
        return Chosen(UPLOADED, files=_uploaded())
    return Chosen(OF_DATASET, photos=_of_split(model, dataset, splits, str(way)))


def _answered(model: Run | Path) -> Job | None:
    """The newest job that looked into photos of the Predict page, as long as these are there."""
    job = jobs.newest(ExplainRequest, lambda request: request.model == named(model) and request.source == ANSWERED)
    return job if job and all(Path(image.path).is_file() for image in ExplainRequest.of(job.spec).images) else None


def _first(model: Run | Path, ways: Sequence[str]) -> str:
    """The way by which the photos that were looked into last were chosen."""
    last = jobs.newest(ExplainRequest, lambda request: request.model == named(model))
    source = ExplainRequest.of(last.spec).source if last else ""
    return source if source in ways else ways[0]


def _from_predict(job: Job, key: str, first: str, dataset: Dataset | None) -> Chosen:
    """Says which photos these are, and leads back to those of the dataset."""
    images = ExplainRequest.of(job.spec).images
    names = ", ".join(text.shortened(image.name, 40) for image in images[:3])
    more = _(" and {n} more").format(n=len(images) - 3) if len(images) > 3 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("{photos} from Predict ({names})").format(photos=text.images(len(images)), names=names + more)
        st.caption(text.literal(words), width="content")
        if dataset is not None and first != UPLOADED:
            st.button(
                _("Back to the photos of '{name}'").format(name=text.literal(text.shortened(dataset.name, 40))),
                key=f"{key}-back",
                type="tertiary",
                icon=":material/arrow_back:",
                on_click=state.hold,
                args=(key, first),
            )
    return Chosen(ANSWERED, files=images)


def _of_split(run: Run, dataset: Dataset, splits: Sequence[str], way: str) -> tuple[str, ...]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = split_choice(splits, "explain-split")
        n = st.segmented_control(_("How many"), NUMBERS, default=NUMBERS[1], required=True, key="explain-n")
        label = class_choice(_("Class"), run.classes, "explain-of") if way == OF_CLASS else ""
    try:
        predictions, _evaluation = resources.evaluated(run.predictions_path(split))
        ids = chosen(predictions, way, len(predictions), label)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return ()
    there = {item.sha256 for item in dataset.items}
    photos = tuple(id_ for id_ in ids if id_ in there)[:n]
    if not photos:
        st.info(
            _("It makes no mistake on this split. Choose other photos.")
            if way == MISTAKES
            else _("There is no such photo in this split. Choose others.")
        )
    return photos


def _uploaded() -> tuple[NamedFile, ...]:
    """What is uploaded, on the disk."""
    images = st.file_uploader(
        _("Photos to look into"), accept_multiple_files=True, key=f"explain-upload-{state.remembered('explain', 0)}"
    )
    kept = state.remembered("explain-kept", {})
    try:
        for image in images:
            if image.file_id not in kept:
                path = uploads.keep(image, "", state.workspace())
                kept[image.file_id] = NamedFile(path=str(path), name=image.name)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
    state.remember("explain-kept", kept)
    return tuple(kept[image.file_id] for image in images if image.file_id in kept)
