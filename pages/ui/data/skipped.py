"""What was left out of an upload, and why, behind a line that says how much that is."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset, Skipped
from core.data.messages import skip_text
from core.i18n import ngettext
from pages.ui.i18n import _
from pages.ui.text import literal


def section(dataset: Dataset) -> None:
    """The files that were left out, those with the commonest reason first; nothing where there are none."""
    if dataset.skipped:
        n = len(dataset.skipped)
        label = ngettext("{n} file was skipped: see which and why", "{n} files were skipped: see which and why", n)
        with st.expander(label.format(n=f"{n:,}"), icon=":material/block:"):
            for reason, skips in by_reason(dataset).items():
                st.markdown(f"**{len(skips):,}** · {literal(skip_text(reason))}")
                columns = {_("File"): [skip.entry for skip in skips]}
                if any(skip.width for skip in skips):
                    columns[_("Pixels")] = [f"{skip.width:,} × {skip.height:,}" if skip.width else "" for skip in skips]
                st.dataframe(columns, hide_index=True)
    if n := dataset.ignored:
        sentence = ngettext(
            "{n} system file (such as .DS_Store) was ignored.", "{n} system files (such as .DS_Store) were ignored.", n
        )
        st.caption(sentence.format(n=f"{n:,}"))


def by_reason(dataset: Dataset) -> dict[str, list[Skipped]]:
    """The files that were left out, by the code of the reason, the commonest first."""
    skips: dict[str, list[Skipped]] = {}
    for skip in dataset.skipped:
        skips.setdefault(skip.reason, []).append(skip)
    return dict(sorted(skips.items(), key=lambda entry: -len(entry[1])))
