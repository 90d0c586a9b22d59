"""What more photos would bring: the learning curve of one of the compared backbones."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.data.dataset import Dataset
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.forecast import ClassGain, Forecast, most_more
from core.probing.studies.growth import LearningCurve
from core.tables import flat
from core.tasks.requests import LearningCurveRequest
from pages.ui import columns, downloads, figures, state, text
from pages.ui.compare.charts.curve import learning_curve
from pages.ui.compare.measured import judged_by, measured, probing
from pages.ui.figures import Files
from pages.ui.i18n import _


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the choice of a backbone, the button that measures its curve, and what more photos would bring."""
    st.caption(
        _(
            "Probes are trained on ever larger parts of your training photos. How their accuracy grows tells what more "
            "photos of the same kind and mixture would bring, up to four times as many as there are."
        )
    )
    backbone = st.selectbox(
        _("Backbone"), [result.backbone for result in ranked], format_func=called, key="curve-backbone", width=280
    )
    request = LearningCurveRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbone=backbone,
        config=probing(job),
    )
    curve = measured(
        request,
        LearningCurve,
        lambda: st.button(
            _("Measure the curve"), icon=":material/show_chart:", help=_("It takes seconds to a minute.")
        ),
    )
    if curve is not None:
        _result(curve)


def _result(curve: LearningCurve) -> None:
    if curve.laws is None:
        st.info(text.literal(curve.why_not), icon=":material/insights:")
        marked = None
    else:
        st.success(text.unbroken(text.literal(curve.answer())), icon=":material/insights:")
        marked = _chosen_forecast(curve)
    figures.shown(
        learning_curve(curve, marked),
        key=f"curve-{curve.backbone}",
        alt=_("Accuracy of {backbone} against the number of training photos").format(backbone=called(curve.backbone)),
        files=Files(f"curve-{curve.backbone}", lambda: flat([point.to_json() for point in curve.points])),
    )
    _fine_print(curve)
    _classes(curve.per_class)
    _download(curve)


def _chosen_forecast(curve: LearningCurve) -> Forecast:
    """Draws the choice of a number of photos, and gives its forecast by the law that was fitted to the curve."""
    most = most_more(curve.images)
    more = st.number_input(
        _("How many more training photos?"),
        min_value=1,
        max_value=most,
        value=min(200, most),
        step=min(50, most),
        key=f"curve-more-{curve.dataset.id}",
        help=_("In all classes, in the mixture there is now. At most {n}: four times what there is.").format(
            n=numbers.count(most)
        ),
        width=280,
    )
    forecast = curve.forecast(int(more))
    sentence = _("{answer} Expected then: {accuracy} (95 % interval {ci}); now: {now}.").format(
        answer=forecast.sentence,
        accuracy=numbers.percent(forecast.accuracy),
        ci=numbers.interval(forecast.interval),
        now=numbers.percent(curve.forecast(0).accuracy),
    )
    st.markdown(text.unbroken(text.literal(sentence)))
    return forecast


def _fine_print(curve: LearningCurve) -> None:
    explanation = _(
        "Near duplicates share a side. The bars are 95 % t intervals of the mean over the folds; repeats are no more "
        "photos. The band holds 95 % of the power laws that fit what might have been measured as well. The "
        "largest part is smaller than your training photos, as every fold holds some of them out."
    )
    st.caption(f"{judged_by(curve.config.probe, curve.folds, curve.repeats, curve.images)} {explanation}")
    for note in curve.notes:
        st.caption(text.literal(note))


def _classes(gains: Sequence[ClassGain]) -> None:
    st.subheader(_("Which classes would gain"))
    if all(row.gain is None for row in gains):
        st.caption(_("There are too few photos of each class to tell."))
        return
    st.caption(_("What twice as many photos, of all classes, should bring for each class; most first."))
    ranked = sorted(gains, key=lambda row: 1.0 if row.gain is None else -row.gain)
    gain, recall = _("Gain in points (95 % interval)"), _("Found now (95 % interval)")
    st.dataframe(
        {
            _("Class"): [row.name for row in ranked],
            _("Training photos"): [row.images for row in ranked],
            recall: [_recall(row) for row in ranked],
            gain: [_gain(row) for row in ranked],
        },
        hide_index=True,
        column_config={_("Training photos"): columns.counts(), recall: columns.words(), gain: columns.words()},
    )


def _recall(row: ClassGain) -> str:
    if row.recall is None or row.interval is None:
        return ""
    return f"{numbers.percent(row.recall)} ({numbers.interval(row.interval)})"


def _gain(row: ClassGain) -> str:
    if row.gain is None or row.gain_interval is None:
        return row.why
    return f"{numbers.signed_points(row.gain)} ({numbers.points_interval(row.gain_interval)})"


def _download(curve: LearningCurve) -> None:
    points = [point.to_json() for point in curve.points]
    classes = [gain.as_json() for gain in curve.per_class]
    with st.container(horizontal=True):
        downloads.document(_("Download curve (JSON)"), curve.as_json, f"curve-{curve.backbone}.json")
        downloads.records(_("Download curve (CSV)"), points, f"curve-{curve.backbone}.csv")
        downloads.records(_("Download classes (CSV)"), classes, f"curve-classes-{curve.backbone}.csv")
