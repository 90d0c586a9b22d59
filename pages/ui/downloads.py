"""Buttons that download a result. Every table is downloaded through them, so that no cell in it is a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.numbers import megabytes
from core.tables import Table, as_csv, flat
from pages.ui.charts import export


def document(label: str, make: Callable[[], object], file_name: str) -> None:
    """A button for a result as JSON, in this session's language; `make` is called when the button is pressed."""

    def content() -> str:
        return json.dumps(make(), ensure_ascii=False, indent=1)

    _button(label, _as_here(content), file_name, "application/json")


def markdown(label: str, words: str, file_name: str) -> None:
    """A button for a text in Markdown."""
    _button(label, words, file_name, "text/markdown")


def table(label: str, headings: Sequence[str], rows: Iterable[Sequence[object]], file_name: str) -> None:
    """A button for a table as CSV."""
    _button(label, as_csv(headings, rows), file_name, "text/csv")


def records(label: str, rows: Sequence[Mapping[str, Any]], file_name: str) -> None:
    """A button for records of a JSON document as CSV, with both ends of every interval."""
    headings, cells = flat(rows)
    table(label, headings, cells, file_name)


def archive(label: str, path: Path, file_name: str, *, primary: bool = False) -> None:
    """A button for a zip on the disk, which is read only when it is pressed; `label` has a place for {size}."""
    st.download_button(
        label.format(size=megabytes(path.stat().st_size / 1e6)),
        path.read_bytes,
        file_name=file_name,
        mime="application/zip",
        type="primary" if primary else "secondary",
        icon=":material/download:",
        on_click="ignore",
    )


def page(label: str, plot: go.Figure, title: str, file_name: str, key: str) -> None:
    """A button for a figure as a page that works offline, made when it is pressed.

    Args:
        label: on the button.
        plot: the figure.
        title: above it on the page.
        file_name: with its suffix.
        key: of the button.
    """
    content = partial(export.as_html, plot, title)
    st.download_button(label, content, file_name, "text/html", key=key, type="tertiary", on_click="ignore")


def numbers(label: str, make: Callable[[], Table], file_name: str, key: str) -> None:
    """A button for the numbers of a figure as CSV, in this session's language; made when it is pressed."""

    def content() -> str:
        return as_csv(*make())

    st.download_button(label, _as_here(content), file_name, "text/csv", key=key, type="tertiary", on_click="ignore")


def file_name(*parts: str) -> str:
    """The name of a file, without its suffix, from words that may hold anything, such as the name of photos."""
    return "-".join(filter(None, (re.sub(r"\W+", "_", part).strip("_")[:60] for part in parts)))


def _as_here(content: Callable[[], str]) -> Callable[[], str]:
    """The same in this session's language and with its backbones: a download runs in a context of its own."""
    context = copy_context()
    return lambda: context.copy().run(content)


def _button(label: str, content: str | Callable[[], str], file_name: str, mime: str) -> None:
    st.download_button(label, content, file_name, mime, icon=":material/download:", on_click="ignore")
