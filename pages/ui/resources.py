"""The job pool and the content of files, which browser sessions share. These are the dashboard's only caches.

Keys are ids that derive from content, with the workspace beside them, so that no visitor sees another's data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import plotly.graph_objects as go
import streamlit as st

from core import paths
from core.backbones import framing
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.data.images import enlarge
from core.data.library import open_dataset, original_dataset
from core.errors import GraftError, ProbeError
from core.evaluation.detail import Detail, look_closely
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.pairwise.pair import Pair, compare_photo_by_photo
from core.evaluation.predictions import Predictions
from core.i18n import language
from core.jobs.pool import Pool
from core.jobs.store import Job, list_jobs
from core.models.runs import find_runs
from core.paths import is_public
from core.probing.comparison.comparison import Comparison
from core.probing.comparison.record import COMPARISON, load_comparison, load_result, result_file
from core.probing.comparison.verdict import Verdict
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.study import Study
from core.runs import Run
from core.versions import Version, read_once, version_of
from core.workspaces import remove_idle, remove_old_uploads

Draw = Callable[[], go.Figure]
Studied = TypeVar("Studied", bound=Study)
Fact = TypeVar("Fact")


@st.cache_resource(show_spinner=False)
def pool() -> Pool:
    """The one job pool of this server, which also goes on with the jobs of an earlier server."""
    jobs = Pool(warm="core.tasks")
    jobs.recover()
    return jobs


@st.cache_data(show_spinner=False, ttl=3600)
def tidy() -> None:
    """Removes idle visitors' workspaces of a public app, and old uploads, once an hour."""
    if is_public():
        remove_idle()
    remove_old_uploads()


def _version(path: Path) -> Version | None:
    """The version of a file or folder; None where it is gone, which reading it then reports."""
    try:
        return version_of(path)
    except OSError:
        return None


@st.cache_resource(show_spinner=False, max_entries=16)
def _opened(workspace_id: str, dataset_id: str, version: Version | None) -> Dataset:  # noqa: ARG001 (a part of the key: no "_" before it)
    return open_dataset(workspace_id, dataset_id)


def dataset(workspace_id: str, dataset_id: str) -> Dataset:
    """An opened dataset; one that another process has deleted is not served from memory.

    Raises:
        DatasetError: it is gone.
    """
    root = paths.datasets(workspace_id) / dataset_id
    return _opened(workspace_id, dataset_id, _version(root))


@st.cache_resource(show_spinner=False, max_entries=16)
def _original(workspace_id: str, dataset_id: str, version: Version | None) -> Dataset:  # noqa: ARG001 (as above)
    return original_dataset(workspace_id, dataset_id)


def original(changed: Dataset, workspace_id: str) -> Dataset:
    """A dataset without its edits.

    Raises:
        DatasetError: it is gone.
    """
    return _original(workspace_id, changed.id, _version(changed.root))


@st.cache_resource(show_spinner=False, max_entries=512)
def _once(key: tuple[object, ...], _make: Callable[[], object]) -> object:  # noqa: ARG001 (as above)
    return _make()


def once(key: tuple[object, ...], make: Callable[[], Fact]) -> Fact:
    """What `make` gives, made once for each `key`; it must not be changed, as it is shared."""
    return cast(Fact, _once(key, make))


def left_out(photos: Dataset, backbone: str) -> float:
    """The share of a typical photo that a backbone does not see."""
    sizes = ((item.width, item.height) for item in photos.items)
    key = ("left out", photos.id, photos.fingerprint, backbone)
    return once(key, lambda: framing.left_out(sizes, info(backbone).preprocessing))


@st.cache_data(show_spinner=False, max_entries=24)
def enlarged(photo: Path) -> bytes:
    """A stored photo as large as a screen shows it; its path names its content.

    Raises:
        GraftError: it cannot be decoded any more.
        OSError: it is gone.
    """
    return enlarge.enlarged(photo)


@st.cache_resource(show_spinner=False, max_entries=32)
def _evaluated(path: str, version: Version | None) -> tuple[Predictions, Evaluation]:  # noqa: ARG001 (as above)
    predictions = Predictions.load(Path(path))
    return predictions, evaluate(predictions)


def evaluated(path: Path) -> tuple[Predictions, Evaluation]:
    """The predictions in a file, and how good they are.

    Raises:
        EvaluationError: the file is damaged, or gone.
    """
    return _evaluated(str(path), _version(path))


def detail(path: Path, temperature: float) -> Detail:
    """Every score, curve and bin of the predictions in a file, whose scores were divided by a temperature.

    Raises:
        EvaluationError: the file is damaged, or gone.
    """
    key = ("detail", str(path), _version(path), temperature)
    return once(key, lambda: look_closely(*evaluated(path), temperature))


def beside(path: Path, other: Path) -> Pair:
    """The predictions of model A in a file beside those of model B in another.

    Raises:
        EvaluationError: a file is damaged, or gone, or they have no photo in common.
    """
    key = ("beside", *((str(file), _version(file)) for file in (path, other)))
    return once(key, lambda: compare_photo_by_photo("A", evaluated(path)[0], "B", evaluated(other)[0]))


@st.cache_resource(show_spinner=False, max_entries=8)
def _compared(path: str, version: Version | None) -> Comparison | None:  # noqa: ARG001 (as above)
    try:
        return load_comparison(Path(path))
    except ProbeError:
        return None


def comparison(job: Job) -> Comparison | None:
    """A finished comparison; None where it is damaged, or of a version of Graft that did not keep predictions."""
    file = job.path / COMPARISON
    return _compared(str(job.path), _version(file)) if file.is_file() else None


def verdict(job: Job, loaded: Comparison, probe: str, rope: float) -> Verdict:
    """Which backbone to take, in this session's language; computed once for each probe and `rope`.

    Args:
        job: the comparison's job.
        loaded: the comparison, as `comparison` gives it.
        probe: the kind of probe to judge with.
        rope: the difference of accuracy up to which two backbones count as the same.
    """
    key = ("verdict", str(job.path), _version(job.path / COMPARISON), language(), probe, rope)
    return once(key, lambda: loaded.verdict_with(probe, rope))


@st.cache_resource(show_spinner=False, max_entries=64)
def _probed(path: str, backbone: str, probe: str, version: Version | None) -> ProbeResult | None:  # noqa: ARG001 (as above)
    try:
        return load_result(Path(path), backbone, probe)
    except ProbeError:
        return None


def probe_result(job: Job, backbone: str, probe: str) -> ProbeResult | None:
    """One result of a comparison that may still be running; None where it is missing or damaged."""
    file = result_file(job.path, backbone, probe)
    return _probed(str(job.path), backbone, probe, _version(file)) if file.is_file() else None


def runs(workspace_id: str) -> list[Run]:
    """The finished runs of a workspace, newest first; those of a job that is over are read once."""
    all_runs = [run for job in list_jobs(workspace_id, unlisted=True) for run in runs_of(job)]
    return sorted(all_runs, key=lambda run: run.created, reverse=True)


def runs_of(job: Job) -> Sequence[Run]:
    """The finished runs of a job, newest first."""
    try:
        return _runs_at_end(job.path / "status.json") if job.recorded().is_over else find_runs(job.path)
    except (GraftError, OSError):  # deleted in another tab
        return ()


@read_once(most=1024)
def _runs_at_end(status: Path) -> Sequence[Run]:
    """The runs of a job that is over; when it is resumed, its status is written before another run is."""
    return tuple(find_runs(status.parent))


@st.cache_resource(show_spinner=False, max_entries=256)
def _drawn(key: tuple[object, ...], code: str, _draw: Draw) -> go.Figure:  # noqa: ARG001 (parts of the key)
    return _draw()


def figure(draw: Callable[..., go.Figure], *results: object) -> go.Figure:
    """The figure of these results in this session's language; while they are the same, it is drawn once.

    It must not be changed, as it is shared.
    """
    key = (f"{draw.__module__}.{draw.__qualname__}", *results)
    return _drawn(key, language(), partial(draw, *results))


def dataset_figure(shown: Dataset, name: str, draw: Draw) -> go.Figure:
    """A figure of photos in this session's language; while they are the same, it is drawn once.

    Args:
        shown: the photos.
        name: identifies the figure among those of a dataset.
        draw: draws the figure, which must not be changed, as it is shared.
    """
    return _drawn(("dataset", shown.id, shown.fingerprint, name), language(), draw)


def comparison_figure(job: Job, parts: Sequence[str], draw: Draw) -> go.Figure:
    """A figure of a finished comparison in this session's language; while that is the same, it is drawn once.

    Args:
        job: the comparison's job.
        parts: identify the figure among those of the comparison, such as its name and the backbones in it.
        draw: draws the figure, which must not be changed, as it is shared.
    """
    key = ("comparison", str(job.path), _version(job.path / COMPARISON), *parts)
    return _drawn(key, language(), draw)


def results_figure(job: Job, names: Sequence[tuple[str, str]], draw: Draw) -> go.Figure:
    """The figure of a comparison's results so far in this session's language; while they are the same, drawn once.

    Args:
        job: the comparison's job.
        names: the backbone and the probe of each result.
        draw: draws the figure, which must not be changed, as it is shared.
    """
    versions = [_version(result_file(job.path, *name)) for name in names]
    return _drawn(("results", str(job.path), *names, *versions), language(), draw)


@st.cache_resource(show_spinner=False, max_entries=32)
def _study(path: str, file: str, version: Version | None, _kind: type[Study]) -> Study:  # noqa: ARG001 (as above)
    return _kind.load(Path(path))


def study(job: Job, kind: type[Studied]) -> Studied:
    """The record of a finished study.

    Raises:
        ProbeError: its file is gone, or damaged.
    """
    file = job.path / kind.FILE
    loaded = _study(str(job.path), kind.FILE, _version(file), kind)
    return cast(Studied, loaded)
