"""Models against one another: photo by photo, in their settings, and with their curves laid over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core import numbers
from core.data.dataset import Dataset
from core.errors import GraftError
from core.runs import Run
from core.training.results.against import Against, against, differing
from core.training.results.history import Epoch, read_history
from pages.ui import figures, resources, state, text
from pages.ui.charts.overlay import MOST_RUNS, laid_over, laid_over_table
from pages.ui.figures import Files
from pages.ui.i18n import _

LETTERS = "ABCDEF"


def section(dataset: Dataset | None) -> None:
    """Draws the choice of finished models of the photos that are looked at, and how they differ."""
    runs = [run for run in state.runs(dataset.id) if "val" in run.splits()] if dataset else []
    if dataset is None or len(runs) < 2:
        return
    title = _("Set models of '{name}' side by side").format(name=text.literal(text.shortened(dataset.name)))
    with st.expander(title, key="against", icon=":material/compare_arrows:", on_change="rerun") as fold:
        if fold.open:
            _chosen(dataset, runs)


def _chosen(dataset: Dataset, runs: Sequence[Run]) -> None:
    names = text.run_names(runs)
    chosen = st.multiselect(
        _("Models"),
        runs,
        default=list(runs[:2]),
        format_func=lambda run: names[run.path],
        max_selections=MOST_RUNS,
        key=f"against-{dataset.id}-{len(runs)}",
        help=_("Each is compared with the first."),
    )
    if len(chosen) < 2:
        st.caption(_("Choose at least two models."))
        return
    named = dict(zip(LETTERS, chosen, strict=False))
    st.caption("  \n".join(f"**{letter}** {text.literal(names[run.path])}" for letter, run in named.items()))
    _photo_by_photo(named)
    _settings(named)
    _curves(named)


def _photo_by_photo(named: Mapping[str, Run]) -> None:
    """The four counts of each model against the first, the difference with its interval, and a test."""
    splits = [split for split in ("val", "test") if all(split in run.splits() for run in named.values())]
    split = st.segmented_control(
        _("Judge them on"),
        splits,
        default=splits[0],
        required=True,
        format_func=lambda name: text.split_name(name).capitalize(),
        key="against-split",
    )
    if split == "test":
        st.caption(_("Test photos were used for nothing else. Look at them once, when all choices are made."))
    try:
        pairs = against(named, str(split))
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return
    st.dataframe(_pair_columns(pairs), hide_index=True)
    for pair in pairs:
        st.caption(text.unbroken(text.literal(pair.difference.sentence)))
    if len(pairs) > 1:
        st.caption(_("p allows for {n} comparisons being looked at (Holm).").format(n=len(pairs)))


def _pair_columns(pairs: Sequence[Against]) -> dict[str, list[str]]:
    def column(fact: str) -> list[str]:
        return [numbers.count(getattr(pair.counts, fact)) for pair in pairs]

    return {
        _("Models"): [f"{pair.difference.a} – {pair.difference.b}" for pair in pairs],
        _("Points"): [numbers.signed_points(pair.difference.accuracy) for pair in pairs],
        _("95 %"): [numbers.points_interval(pair.difference.interval) for pair in pairs],
        _("Both right"): column("both_right"),
        _("Only this right"): column("only_a"),
        _("Only {first} right").format(first=LETTERS[0]): column("only_b"),
        _("Both wrong"): column("both_wrong"),
        _("p (McNemar)"): [numbers.significant(pair.p_holm, 2) for pair in pairs],
    }


def _settings(named: Mapping[str, Run]) -> None:
    """The settings in which the models differ."""
    settings = differing(list(named.values()))
    if not settings:
        st.caption(_("All their settings are the same."))
        return
    columns = {letter: [setting.values[at] for setting in settings] for at, letter in enumerate(named)}
    st.dataframe({_("Setting"): [setting.name for setting in settings], **columns}, hide_index=True)


def _curves(named: Mapping[str, Run]) -> None:
    """The curves of those that were fine-tuned, where there are two."""
    histories: dict[str, tuple[Epoch, ...]] = {}
    for letter, run in named.items():
        if run.kind == "finetune":
            try:
                histories[letter] = read_history(run.path)
            except GraftError as problem:
                st.caption(text.literal(str(problem)))
    if len(histories) < 2:
        return
    figures.shown(
        resources.figure(laid_over, histories),
        "laid-over",
        _("Validation loss and accuracy of each model by epoch"),
        Files("curves", lambda: laid_over_table(histories)),
    )
