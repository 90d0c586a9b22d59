"""What a browser session remembers: the workspace, the dataset, and the job or run that is looked at.

The only place of `st.session_state` and `st.query_params`. All of it stands in the address, so a refresh, a bookmark or
a second tab comes back to the same place; whatever matters more is on the disk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from core import paths
from core.data.dataset import Dataset
from core.data.library import list_datasets
from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.training.config import MODES
from core.workspaces import mark_seen
from pages.ui import resources
from pages.ui.i18n import _
from pages.ui.text import distinct, literal, shortened

Fact = TypeVar("Fact")

_IN_ADDRESS = ("w", "dataset", "job", "run", "tour", "backbone", "mode", "last_stages")
_WITH_BACKBONE = ("mode", "last_stages")
_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")


def begin() -> None:
    """Reads the address, keeps it up to date, and draws the choice of the dataset in the sidebar."""
    for name in _IN_ADDRESS:
        if given := st.query_params.get(name):
            st.session_state[name] = given
        elif name in _WITH_BACKBONE and "backbone" in st.query_params:
            st.session_state.pop(name, None)  # they were said of another
    resources.tidy()
    if paths.is_public() and not _PUBLIC_ID.fullmatch(st.session_state.get("w", "")):
        st.session_state["w"] = paths.new_workspace_id()
    if not paths.is_public():
        st.session_state.pop("w", None)
    mark_seen(workspace())
    _choose_dataset()
    _write_address()


def workspace() -> str:
    """The id of this session's workspace."""
    return str(st.session_state.get("w", paths.DEFAULT_WORKSPACE))


def dataset() -> Dataset | None:
    """The dataset that is looked at, or None before there is one."""
    chosen = st.session_state.get("dataset")
    if not chosen:
        return None
    try:
        return resources.dataset(workspace(), chosen)
    except GraftError as problem:
        st.error(literal(str(problem)))
        return None


def require_dataset() -> Dataset:
    """The dataset that is looked at; before there is one, the page says what to do first and stops."""
    chosen = dataset()
    if chosen is None:
        st.info(
            _("There are no photos yet. Upload some, or try a sample, and come back."), icon=":material/photo_library:"
        )
        st.page_link("pages/data.py", label=_("Go to Data"), icon=":material/arrow_back:")
        st.stop()
    return chosen


def original(changed: Dataset) -> Dataset:
    """The dataset as it came, before its edits."""
    return resources.original(changed, workspace())


def show_dataset(dataset_id: str) -> None:
    """Look at this dataset from here on."""
    st.session_state["dataset"] = dataset_id
    for name in ("run", "job", "backbone", *_WITH_BACKBONE):
        st.session_state.pop(name, None)
    _write_address()


def follow(job: Job) -> None:
    """Look at this job from here on."""
    st.session_state["job"] = job.id
    _write_address()


def job_id() -> str:
    """The id of the job that is looked at, "" where none is."""
    return str(st.session_state.get("job", ""))


def forget(gone: Job) -> None:
    """Looks at this job and its models no more."""
    for name in ("job", "run"):
        if str(st.session_state.get(name, "")).startswith(gone.id):
            st.session_state.pop(name)
    _write_address()


def runs(dataset_id: str = "") -> list[Run]:
    """The finished runs of this workspace, newest first (of the dataset, where one is named)."""
    finished = resources.runs(workspace())
    return [run for run in finished if not dataset_id or run.dataset_id == dataset_id]


def judgeable(shown: Dataset | None) -> list[Run]:
    """The runs made with these photos, then those whose photos have been deleted; each newest first."""
    there = {summary.id for summary in list_datasets(workspace())}
    shown_runs = [run for run in runs() if run.dataset_id not in there or (shown and run.dataset_id == shown.id)]
    return sorted(shown_runs, key=lambda run: run.dataset_id not in there)


def runs_of(job: Job) -> list[Run]:
    """What a job has made, newest first: one model, or a probe for each backbone."""
    return list(resources.runs_of(job))


def run_key(run: Run) -> str:
    """The name of a run in the address: its directory within the workspace's jobs."""
    return run.path.relative_to(paths.jobs(workspace())).as_posix()


def show_run(run: Run) -> None:
    """Look at this run from here on."""
    st.session_state["run"] = run_key(run)
    _write_address()


def chosen_run(among: Sequence[Run]) -> Run | None:
    """The run that the user looks at, where it is among these."""
    chosen = st.session_state.get("run")
    return next((run for run in among if run_key(run) == chosen), None)


def suggested_backbone() -> str:
    """The backbone that a comparison sent the user on with, "" where there was none."""
    return str(st.session_state.get("backbone", ""))


def suggested_training() -> tuple[str, int]:
    """What to train, and how many of the last stages, that came with the suggested backbone; "" and 1 without."""
    mode, count = str(st.session_state.get("mode", "")), str(st.session_state.get("last_stages", ""))
    return mode if mode in MODES else "", int(count) if re.fullmatch(r"[1-9]\d?", count) else 1


def tour() -> str:
    """The token of the tour that is watched, "" where there is none."""
    return str(st.session_state.get("tour", ""))


def watch_tour(token: str) -> None:
    """Watch this tour from here on; "" leaves it."""
    st.session_state["tour"] = token
    _write_address()


def remembered(name: str, default: Fact) -> Fact:
    """A small fact of this session that no file holds, such as how often an uploader was used."""
    fact: Fact = st.session_state.get(f"fact-{name}", default)
    return fact


def remember(name: str, value: object) -> None:
    """Keeps a small fact for this session."""
    st.session_state[f"fact-{name}"] = value


def selected(figure: str) -> list[str]:
    """What is selected on the figure with this key: each point's `customdata`."""
    chosen = st.session_state.get(figure) or {}
    held = [point.get("customdata") for point in chosen.get("selection", {}).get("points", [])]
    return [str(one[0] if isinstance(one, list | tuple) else one) for one in held if one]


def widget(key: str) -> object:
    """What the widget with this key holds, None where it is not drawn."""
    return st.session_state.get(key)


def hold(key: str, value: object) -> None:
    """Has the widget with this key, which is drawn next, show `value`."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _choose_dataset() -> None:
    there = {summary.id: summary for summary in list_datasets(workspace())}
    if not there:
        st.session_state.pop("dataset", None)
        return
    if st.session_state.get("dataset") not in there:
        st.session_state["dataset"] = next(iter(there))
    ids = list(there)
    names = dict(zip(ids, distinct(shortened(there[id_].name) for id_ in ids), strict=True))
    chosen = st.sidebar.selectbox(
        _("Photos"),
        ids,
        index=ids.index(st.session_state["dataset"]),
        format_func=names.__getitem__,
        help=_("All pages look at these photos. Add more on the Data page."),
    )
    if chosen != st.session_state["dataset"]:
        show_dataset(str(chosen))


def _write_address() -> None:
    for name in _IN_ADDRESS:
        value = st.session_state.get(name)
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
