"""Would a model know a stranger: photos that are none of its classes, told by their distance; measured on demand."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import GraftError
from core.runs import Run
from core.strangers.record import StrangersReport, drop_strangers, strangers_report
from core.strangers.words import alarms_in_words, beside_expected, leaving_out_in_words, threshold_in_words
from pages.ui import figures, resources, text
from pages.ui.evaluate.charts_doubts import left_out_figure, left_out_table
from pages.ui.evaluate.judged import Judged
from pages.ui.figures import Files
from pages.ui.i18n import _
from pages.ui.strangers import to_learn


def strangers(judged: Judged) -> None:
    """Draws the fold."""
    run = judged.run
    if run is None or not run.portable or "val" not in run.splits():
        return
    key = f"strangers-{judged.key}"
    with st.expander(
        _("Would it know a stranger?"), icon=":material/person_search:", key=key, on_change="rerun"
    ) as fold:
        if not fold.open:
            return
        report = _report(run)
        if report is None:
            _to_learn(judged, run, key)
        else:
            _told(run, report, key, judged.about)


def _report(run: Run) -> StrangersReport | None:
    """What was measured; what cannot be read is told of, and can be made again."""
    try:
        return strangers_report(run.path)
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return None


def _to_learn(judged: Judged, run: Run, key: str) -> None:
    """What this is about, and the button that starts it."""
    st.markdown(
        _(
            "A photo that is none of the classes gets one of them all the same, often with 99 %. The model can learn "
            "to say **none of these** where a photo's features are far from those of the training photos. To see how "
            "well that works, each class is left out in turn, and its photos stand for strangers."
        )
    )
    if judged.dataset is None:
        st.caption(_("The photos of this model have been deleted, so it can learn this no more."))
        return
    to_learn(run, f"learn-{key}", primary=True)


def _told(run: Run, report: StrangersReport, key: str, about: str) -> None:
    told = report.leaving_out
    st.markdown(text.unbroken(leaving_out_in_words(report)))
    figures.shown(
        resources.figure(left_out_figure, told, run.classes),
        f"left-out-{key}",
        _("How well photos of a class that was left out are told from those of the others"),
        Files("strangers", partial(left_out_table, told, run.classes), about=about),
    )
    st.markdown(text.unbroken(f"**{threshold_in_words(report)}**"))
    if report.test is not None:
        st.markdown(text.unbroken(f"{alarms_in_words(report.test)} {beside_expected(report.test, report.expected)}"))
    st.caption(_("This is used for predictions, and travels in the bundle."))
    if st.button(_("Take every photo for one of the classes again"), icon=":material/undo:", key=f"forget-{key}"):
        drop_strangers(run.path)
        st.rerun()
