"""What a browser session looks at: the workspace, the dataset, and the job or run.

The only place of `st.session_state` and `st.query_params`. What is looked at stands in the address, so that a refresh,
a bookmark, a second tab, and the browser's Back and Forward come to the same place; whatever matters more is on the
disk. Each page is one entry of the browser's history: the way to it brings the whole address along, and what a page
shows by itself is not written into it afterwards, as each change of `st.query_params` is one more entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import paths
from core.data.dataset import Dataset
from core.data.library import list_datasets
from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.workspaces import mark_seen
from pages.ui import resources
from pages.ui.i18n import _
from pages.ui.place import Place
from pages.ui.text import distinct, literal, shortened

Fact = TypeVar("Fact")

_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")


def carry_over() -> None:
    """Brings the address's parameters along to the page that the navigation led to, which leaves them behind.

    It must come before `st.navigation`: the browser then still stands at the page that is left, whose address has these
    parameters, so that they are no entry of its history by themselves; the new page's path with them is the one.
    """
    context = get_script_run_ctx()
    is_back_or_forward = context is not None and context.is_history_navigation
    _page, parameters = st.session_state.get("address", ("", {}))
    if parameters and not st.query_params and not is_back_or_forward:
        st.query_params.from_dict(parameters)


def begin(page: str) -> None:
    """Finds out what the address of this page names.

    Args:
        page: its path in the address.
    """
    resources.tidy()
    _settle_workspace()
    mark_seen(workspace())
    _settle_dataset()
    _settle_address(page)


def place() -> Place:
    """What the address names; the photos are those that the page shows, whether they stand in it or not."""
    shown = {name: str(st.session_state.get(name, "")) for name in ("w", "dataset")}
    return Place.of(st.query_params).but(**shown)


def address(**changes: str) -> dict[str, str]:
    """The parameters of the whole address of another page, for a link to it.

    Args:
        changes: what the link names beside what comes along, by the names of `Place`.
    """
    return place().elsewhere(**changes).parameters()


def link(page: str, label: str, icon: str, **changes: str) -> None:
    """Draws a link to another page that brings its whole address along.

    Args:
        page: the name of its script.
        label: as Markdown.
        icon: before the label.
        changes: as of `address`.
    """
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=address(**changes), width="content")


def go_to(page: str, **changes: str) -> None:
    """Leaves for another page; see `link`. Not from a part that is drawn anew by itself."""
    st.switch_page(f"pages/{page}.py", query_params=address(**changes))


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
        link("data", _("Go to Data"), ":material/arrow_back:")
        st.stop()
    return chosen


def original(changed: Dataset) -> Dataset:
    """The dataset as it came, before its edits."""
    return resources.original(changed, workspace())


def show_dataset(dataset_id: str) -> None:
    """Looks at this dataset from here on."""
    newest = next((summary.id for summary in list_datasets(workspace())), "")
    by_itself = "dataset" not in st.query_params and dataset_id in ("", newest)
    st.session_state["dataset"] = dataset_id
    if by_itself:
        st.session_state["first_dataset"] = dataset_id
    _go(Place(w=place().w, tour=place().tour, dataset="" if by_itself else dataset_id))


def show_job(job_id: str) -> None:
    """Has the address name this job; "" for the one that the page shows by itself."""
    _go(Place.of(st.query_params).but(job=job_id))


def forget(gone: Job) -> None:
    """Looks at this job and its models no more."""
    shown = Place.of(st.query_params)
    _go(shown.but(**{name: "" for name in ("job", "run") if getattr(shown, name).startswith(gone.id)}))


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
    """Looks at this run from here on."""
    _go(Place.of(st.query_params).but(run=run_key(run)))


def chosen_run(among: Sequence[Run]) -> Run | None:
    """The run that the address names, where it is among these."""
    named = place().run
    return next((run for run in among if run_key(run) == named), None)


NEW_TOUR = "new"
"""Stands in the address for a tour in place of its token, where the tour is offered and none has begun."""


def offer_tour() -> None:
    """Draws the way to the tour, which can be taken at any time."""
    if st.button(_("Take the tour"), key="tour", type="tertiary", icon=":material/tour:"):
        st.switch_page("pages/data.py", query_params=address(tour=NEW_TOUR))


def watch_tour(token: str) -> None:
    """Watches this tour from here on; "" leaves it."""
    _go(Place.of(st.query_params).but(tour=token))


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
    values = [point.get("customdata") for point in chosen.get("selection", {}).get("points", [])]
    return [str(value[0] if isinstance(value, list | tuple) else value) for value in values if value]


def widget(key: str) -> object:
    """What the widget with this key holds, None where it is not drawn."""
    return st.session_state.get(key)


def hold(key: str, value: object) -> None:
    """Has the widget with this key, which is drawn next, show `value`."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def choose_dataset() -> None:
    """Draws the choice of the photos that all pages look at."""
    there = {summary.id: summary for summary in list_datasets(workspace())}
    if not there:
        return
    names = dict(zip(there, distinct(shortened(summary.name) for summary in there.values()), strict=True))
    hold("photos", st.session_state["dataset"])
    st.selectbox(
        _("Photos"),
        list(there),
        format_func=names.__getitem__,
        key="photos",
        on_change=_take_choice,
        help=_("All pages look at these photos. Add more on the Data page."),
    )


def _take_choice() -> None:
    show_dataset(str(st.session_state["photos"]))


def missing_dataset() -> str:
    """The id of the photos that the address names and that are not there; "" where all is well."""
    named = st.query_params.get("dataset", "")
    return named if named != st.session_state.get("dataset") else ""


def _settle_workspace() -> None:
    if not paths.is_public():
        st.session_state.pop("w", None)
        return
    named = [st.query_params.get("w", ""), st.session_state.get("w", "")]
    st.session_state["w"] = next((id_ for id_ in named if _PUBLIC_ID.fullmatch(id_)), None) or paths.new_workspace_id()
    _go(Place.of(st.query_params).but(w=st.session_state["w"]))


def _settle_dataset() -> None:
    """The photos of the address; without, those that this session began with; else the newest."""
    there = [summary.id for summary in list_datasets(workspace())]
    wanted = (st.query_params.get("dataset"), st.session_state.get("first_dataset"), *there)
    st.session_state["dataset"] = next((id_ for id_ in wanted if id_ in there), "")
    if st.session_state.get("first_dataset") not in there:
        st.session_state["first_dataset"] = st.session_state["dataset"]


def _settle_address(page: str) -> None:
    """Tells the browser the address where a link led to the very page it stands on, which changes none by itself."""
    before, now = st.session_state.get("address"), (page, st.query_params.to_dict())
    if before and before[0] == page and before != now:
        st.query_params.from_dict(now[1])
    st.session_state["address"] = now


def _go(there: Place) -> None:
    if there.parameters() != Place.of(st.query_params).parameters():
        page, _parameters = st.session_state.get("address", ("", {}))
        st.query_params.from_dict(there.parameters())
        st.session_state["address"] = (page, there.parameters())
