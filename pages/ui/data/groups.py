"""Photos that belong together (a patient, a plant, a video), found by their names: kept on one side of every split."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.data.dataset import Dataset
from core.data.labels.grouping import GROUP, group_finder
from core.errors import GraftError
from core.tasks.requests import RegroupRequest
from pages.ui import jobs, state, text
from pages.ui.i18n import _

EXAMPLES = 5


def section(dataset: Dataset) -> None:
    """The groups there are, and a pattern that makes others."""
    groups = {item.group for item in dataset.items if item.group}
    label = _("Photos that belong together") + (f" ({len(groups):,})" if groups else "")
    with st.expander(label, icon=":material/group_work:"):
        st.markdown(
            _(
                "Several photos of one patient, plant or video are more alike than new photos will be. If they lie on "
                "both sides of a split, scores flatter. Say where the group is in the file's name, and Graft keeps "
                "each group together. A table beside the photos may have a column *group* instead."
            )
        )
        if dataset.outline.above:
            st.markdown(_("The pattern below takes the folders above the classes as groups."))
        pattern = st.text_input(
            _("Pattern of the names"),
            value=dataset.outline.above_pattern(GROUP),
            placeholder=f"{GROUP}_*",
            help=_(
                '{group} stands for the group, * for anything else. {group}_* takes what is before the first "_"; '
                "*/patient{group}-* looks into the file's name below any folder; {group}/* takes the folder."
            ).format(group=GROUP),
            key=f"pattern-{dataset.id}",
        ).strip()
        if pattern:
            _offer(dataset, pattern)


def _offer(dataset: Dataset, pattern: str) -> None:
    """What the pattern finds, and the button that takes it."""
    try:
        find = group_finder(pattern)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    grouped = [(item.name, find(item.name)) for item in dataset.items]
    sizes = Counter(group for _name, group in grouped if group)
    if not sizes:
        st.warning(_("No photo's name fits. One of the names: {name}").format(name=text.literal(grouped[0][0])))
        return
    st.caption(
        _("{groups} groups of {least} to {most} photos; {without} photos are in none.").format(
            groups=f"{len(sizes):,}",
            least=min(sizes.values()),
            most=max(sizes.values()),
            without=f"{len(grouped) - sizes.total():,}",
        )
    )
    shown = grouped[:: max(1, len(grouped) // EXAMPLES)][:EXAMPLES]
    st.dataframe({_("Photo"): [name for name, _g in shown], _("Group"): [g for _n, g in shown]}, hide_index=True)
    if st.button(_("Make the splits anew, by group"), key=f"regroup-{dataset.id}", icon=":material/call_split:"):
        jobs.submit(RegroupRequest(workspace=state.workspace(), dataset=dataset.id, pattern=pattern))
        st.rerun()
