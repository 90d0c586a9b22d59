"""What the next photos would be worth: the learning curve of one of the compared backbones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.forecast import Forecast, most_more
from core.probing.studies.growth import LearningCurve
from core.tasks.requests import LearningCurveRequest
from pages.ui import downloads, figures, state, text
from pages.ui.compare.charts.curve import learning_curve
from pages.ui.compare.measured import judged_by, measured, probing
from pages.ui.i18n import _

Document = Mapping[str, Any]


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """A backbone, the button that measures its curve, and what more photos would bring."""
    st.caption(
        _(
            "Probes are trained on ever larger parts of your training photos. How their accuracy grows tells what more "
            "photos of the same kind and mixture would bring, up to four times as many as there are."
        )
    )
    backbone = st.selectbox(_("Backbone"), [result.backbone for result in ranked], key="curve-backbone", width=280)
    request = LearningCurveRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbone=backbone,
        config=probing(job),
    )
    found = measured(
        request,
        lambda: st.button(
            _("Measure the curve"), icon=":material/show_chart:", help=_("It takes seconds to a minute.")
        ),
    )
    if found is not None:
        _result(found)


def _result(document: Document) -> None:
    if document["why_not"]:
        st.info(text.literal(document["why_not"]), icon=":material/insights:")
    else:
        st.success(text.literal(document["answer"]), icon=":material/insights:")
    asked = _asked(document) if document["now"] else None
    figures.shown(
        learning_curve(document, asked.as_json() if asked else None),
        key=f"curve-{document['backbone']}",
        alt=_("Accuracy of {backbone} against the number of training images").format(backbone=document["backbone"]),
        file_name=f"curve-{document['backbone']}",
    )
    _how(document)
    _classes(document)
    _take_along(document)


def _asked(document: Document) -> Forecast:
    """The user's own number, answered at once: the law is fitted anew from what was measured."""
    curve = LearningCurve.from_json(document)
    most = most_more(curve.images)
    more = st.number_input(
        _("How many more training photos?"),
        min_value=1,
        max_value=most,
        value=min(200, most),
        step=min(50, most),
        key=f"curve-more-{document['dataset']}",
        help=_("In all classes, in the mixture there is now. At most {n}: four times what there is.").format(
            n=f"{most:,}"
        ),
        width=280,
    )
    found = curve.forecast(int(more))
    said = _("{answer} Expected then: {accuracy} (95 % interval {ci}); now: {now}.").format(
        answer=found.sentence,
        accuracy=text.percent(found.accuracy),
        ci=text.interval(found.interval),
        now=text.percent(document["now"]["accuracy"]),
    )
    st.markdown(text.literal(said))
    return found


def _how(document: Document) -> None:
    how = _(
        "Near duplicates share a side. The bars are 95 % t intervals of the mean over the folds; repeats are no more "
        "photos. The band holds 95 % of the power laws that fit what might have been measured as well. The "
        "largest part is smaller than your training photos, as every fold holds some of them out."
    )
    st.caption(f"{judged_by(document, document['images'])} {how}")
    for note in document["notes"]:
        st.caption(text.literal(note))


def _classes(document: Document) -> None:
    rows = document["per_class"]
    st.subheader(_("Which classes would gain"))
    if not any(row["gain"] is not None for row in rows):
        st.caption(_("There are too few photos of each class to tell."))
        return
    st.caption(_("What twice as many photos, of all classes, should bring for each class; most first."))
    ranked = sorted(rows, key=lambda row: -(row["gain"] or 0.0) if row["gain"] is not None else 1.0)
    st.dataframe(
        [_row(row) for row in ranked],
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(_("Class")),
            "images": st.column_config.NumberColumn(_("Training photos")),
            "recall": st.column_config.TextColumn(_("Found now (95 % interval)")),
            "gain": st.column_config.TextColumn(_("Gain in points (95 % interval)")),
        },
    )


def _take_along(document: Document) -> None:
    with st.container(horizontal=True):
        downloads.document(_("Download curve (JSON)"), lambda: document, f"curve-{document['backbone']}.json")
        downloads.records(_("Download curve (CSV)"), document["points"], f"curve-{document['backbone']}.csv")
        name = f"curve-classes-{document['backbone']}.csv"
        downloads.records(_("Download classes (CSV)"), document["per_class"], name)


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    if row["gain"] is None:
        return {"class": row["class"], "images": row["images"], "recall": "", "gain": row["why"]}
    low, high = row["gain_interval"]
    return {
        "class": row["class"],
        "images": row["images"],
        "recall": f"{text.percent(row['recall'])} ({text.interval(row['interval'])})",
        "gain": f"{100 * row['gain']:+.1f} ({100 * low:+.1f} … {100 * high:+.1f})",
    }
