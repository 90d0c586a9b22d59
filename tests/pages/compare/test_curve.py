"""The figure of a learning curve, and its section on the page."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import store
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.forecast import ClassGain
from core.probing.studies.growth import LearningCurve
from core.tasks.requests import LearningCurveRequest
from pages.ui.compare.charts.curve import learning_curve
from tests.pages.conftest import NASTY, W, button, by_label, texts

SIZES = (12.0, 24.0, 48.0, 96.0, 160.0)


@pytest.fixture(scope="module")
def curve():
    rng = np.random.default_rng(0)
    error = 0.05 + 0.9 * np.array(SIZES) ** -0.5
    accuracy = 1 - error + rng.normal(0, 0.02, (10, 1)) + rng.normal(0, 0.01, (10, 5))
    classes = (
        ClassGain("cat", 120, 0.9, (0.85, 0.95), 0.01, (0.0, 0.03)),
        ClassGain(NASTY, 80, 0.8, (0.7, 0.9), 0.02, (0.01, 0.04)),
    )
    return LearningCurve(
        "resnet18", ProbeConfig(), ("cat", NASTY), (120, 80), SIZES, accuracy, accuracy[0], accuracy, 5, (), classes
    )


def traces(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_points_law_and_forecast_end_at_four_times_the_data(curve):
    figure = learning_curve(curve)
    by_name = traces(figure)
    measured = by_name["measured, 95 % interval"]
    assert list(measured.x) == list(SIZES)
    assert list(measured.y) == pytest.approx(curve.accuracy.mean(axis=0))
    low, high = curve.points[0].interval
    assert measured.error_y.array[0] == pytest.approx(high - measured.y[0])
    assert measured.error_y.arrayminus[0] == pytest.approx(measured.y[0] - low)
    law, beyond = by_name["power law, 95 % band"], by_name["forecast, 95 % band"]
    assert (law.line.dash, beyond.line.dash) == ("solid", "dash")
    assert max(law.x) <= SIZES[-1]
    assert beyond.x[0] == law.x[-1]
    assert max(max(trace.x) for trace in figure.data) == 800
    assert 10 ** figure.layout.xaxis.range[1] < 3 * 800
    assert figure.layout.shapes[0].x0 == 200
    assert 10 ** figure.layout.annotations[0].x == pytest.approx(200)
    assert figure.layout.annotations[0].text == "now: 200 photos"
    assert "24 photos<br>accuracy" in measured.hovertext[1]
    assert "12.0 photos a class on the average" in measured.hovertext[1]


def test_the_number_asked_for_is_marked_with_its_interval(curve):
    forecast = curve.forecast(150)
    mark = traces(learning_curve(curve, forecast))["the number asked for"]
    assert (list(mark.x), list(mark.y)) == ([350], [forecast.accuracy])
    assert mark.error_y.array[0] == pytest.approx(forecast.interval[1] - forecast.accuracy)


def test_without_a_forecast_there_are_the_points_alone(curve):
    worse = replace(curve, accuracy=curve.accuracy[:, ::-1].copy())
    figure = learning_curve(worse)
    assert list(traces(figure)) == ["measured, 95 % interval"]
    assert not figure.layout.shapes


def page():
    """A page with nothing but the section, for the backbones of a comparison."""
    from core.jobs.store import Job
    from core.probing.probes.probe import ProbeConfig
    from core.tasks.requests import CompareRequest
    from core.tasks.specs import spec_of
    from pages.ui import state
    from pages.ui.compare import curve
    from tests.probing.conftest import make_result

    state.begin("compare")
    dataset, names = state.require_dataset(), ["resnet18", "graft_residual"]
    request = CompareRequest(dataset=dataset.id, backbones=tuple(names), config=ProbeConfig(probe="lda", seed=4))
    curve.section(dataset, [make_result(name) for name in names], Job("", dataset.root, spec_of(request)))


@pytest.fixture
def answered(pool, dataset, curve):
    """Opens a page on which the curve has been measured."""

    def open_page(curve):
        def keep(job):
            replace(curve, dataset=DatasetFacts.of(dataset)).save(job.path)
            return {"file": curve.FILE, "dataset": dataset.id}

        pool.does["learning_curve"] = keep
        app = AppTest.from_function(page, default_timeout=60)
        app.run()
        assert [one.label for one in app.button] == ["Measure the curve"]
        button(app, "Measure the curve").click().run()
        assert not app.exception
        return app

    return open_page


def test_the_section_asks_for_one_job_and_answers_in_words_first(answered, curve, dataset):
    app = answered(curve)
    (spec,) = [job.spec for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "learning_curve"]
    assert (spec.params["dataset"], spec.params["backbone"]) == (dataset.id, "resnet18")
    assert LearningCurveRequest.of(spec).config == ProbeConfig(probe="lda", seed=4)
    assert (spec.listed, spec.slot) == (False, "long")
    assert "100 more photos should bring" in app.success[0].value
    assert [download.label for download in app.download_button if "(" in download.label] == [
        "Download curve (JSON)",
        "Download curve (CSV)",
        "Download classes (CSV)",
    ]


def test_a_number_of_photos_is_answered_at_once(answered, curve):
    app = answered(curve)
    number = by_label(app.number_input, "How many more training photos?")
    assert (number.value, number.min, number.max) == (200, 1, 600)
    number.set_value(350).run()
    assert not app.exception
    low, high = curve.forecast(350).gain_interval
    assert f"350 more photos should bring {100 * curve.forecast(350).gain:.1f} points".replace(".", "\\.") in texts(app)
    assert f"{100 * low:.1f} to {100 * high:.1f}".replace(".", "\\.") in texts(app)


def test_classes_stand_with_the_greatest_gain_first(answered, curve):
    table = answered(curve).dataframe[0].value
    assert list(table["Class"]) == [NASTY, "cat"]
    gains = table["Gain in points (95 % interval)"]
    assert list(gains) == ["+2.0 (+1.0 to +4.0)", "+1.0 (0.0 to +3.0)"]


def test_too_few_photos_have_points_and_a_reason(answered):
    accuracy = np.full((10, 2), 0.7) + np.linspace(0, 0.1, 10)[:, None]
    short_curve = LearningCurve(
        "resnet18", ProbeConfig(), ("a", "b"), (10, 10), (4.0, 8.0), accuracy, accuracy[0], accuracy, 5
    )
    app = answered(short_curve)
    assert "too few photos a class for a forecast" in app.info[0].value
    assert not app.number_input
    assert "too few photos of each class" in texts(app)
