"""Is the subject cut off: the proposal and the section of the Compare page, and the choice in its form."""

from __future__ import annotations

import io
from typing import Any

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.probing.comparison.against import BackbonePair
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.framing import FramedAccuracy, Framings
from core.tasks.requests import CompareRequest, FramingRequest
from pages.ui.text import literal, unbroken
from tests.conftest import photo
from tests.pages.compare.test_maps import comparison, mapped  # noqa: F401 (fixtures)
from tests.pages.conftest import FakePool, Open, W, button, by_label, compare_spec, finish, keep_comparison, texts
from tests.probing.conftest import make_result


def wide_photo(seed: int) -> bytes:
    """The bytes of a generated photo twice as wide as high."""
    content = io.BytesIO()
    photo((90, 120, 60), seed).resize((96, 48)).save(content, "PNG")
    return content.getvalue()


NAMES = ("graft_residual", "graft_residual@whole", "graft_residual@squashed")
MEANS = {"centre": 0.6, "whole": 0.7, "squashed": 0.65}


def pair(name: str, diff: float, low: float) -> BackbonePair:
    return BackbonePair(
        a=name, b=NAMES[0], diff=diff, interval=(low, 2 * diff - low), p_better=0.9, p_same=0.1, p_worse=0.0,
        mcnemar_p=0.01,
    )  # fmt: skip


def study(*, sure: bool) -> Framings:
    return Framings(
        backbone=NAMES[0], probe="logistic", folds=5, repeats=2, n=1200, seed=4, notes=("A note.",), left_out=0.5,
        pairs=(pair(NAMES[1], 0.1, 0.03 if sure else -0.03), pair(NAMES[2], 0.05, -0.01)),
        framings=tuple(
            FramedAccuracy(
                framing=framing, backbone=name, accuracy_mean=mean, accuracy_ci=(mean - 0.1, mean + 0.1),
                fold_accuracy=(mean,),
            )
            for (framing, mean), name in zip(MEANS.items(), NAMES, strict=True)
        ),
    )  # fmt: skip


def keeping(kept: Framings) -> Any:
    def keep(job: Job) -> dict[str, object]:
        kept.save(job.path)
        return {"file": kept.FILE, "dataset": job.spec.dataset_id}

    return keep


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.usefixtures("mapped")
def test_the_section_asks_for_one_job_and_recommends_only_what_is_sure(
    visit: Open,
    pool: FakePool,
    dataset: Dataset,
    comparison: Job,  # noqa: F811
    sure: bool,
) -> None:
    app = visit("compare", job=comparison.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("framing").run()
    pool.does["framing"] = keeping(study(sure=sure))
    button(app, "Try all three framings").click().run()
    assert not app.exception
    (spec,) = [job.spec for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "framing"]
    assert FramingRequest.of(spec) == FramingRequest(
        dataset=dataset.id, fingerprint=dataset.fingerprint, backbone="graft_residual", config=ProbeConfig(seed=4)
    )
    assert (spec.listed, spec.kept, spec.slot) == (False, True, "long")
    table = next(table.value for table in app.dataframe if "Framing" in table.value)
    assert list(table["Framing"]) == [
        "Centre, as the backbone was trained", "Whole photo, padded", "Squashed to a square",
    ]  # fmt: skip
    assert list(table["Accuracy"]) == ["60.0 %", "70.0 %", "65.0 %"]
    assert list(table["Points ahead"])[1:] == ["+10.0", "+5.0"]
    assert [b.label for b in app.download_button if "framings" in b.label] == [
        "Download framings (JSON)", "Download framings (CSV)",
    ]  # fmt: skip
    links = [link.proto.query_string for link in app.get("page_link") if "whole photo" in link.proto.label]
    if sure:
        assert unbroken(literal("Show the whole photo: 10.0 points better than the centre (95 %:")) in texts(app)
        assert links == [f"dataset={dataset.id}&backbone=graft_residual%40whole"]
    else:
        assert literal("No: the centre does as well, as far as 1,200 photos can tell.") in texts(app)
        assert links == []


def test_what_the_best_other_framing_brings_is_told_only_where_it_is_sure() -> None:
    assert study(sure=True).why == "Show the whole photo: 10.0 points better than the centre (95 %: 3.0 to 17.0)."
    assert study(sure=False).why == "No: the centre does as well, as far as 1,200 photos can tell."
    assert Framings.from_json(study(sure=True).to_json()).to_json() == study(sure=True).to_json()


@pytest.mark.usefixtures("mapped")
def test_square_photos_are_no_reason_to_ask(visit: Open, dataset: Dataset, comparison: Job) -> None:  # noqa: F811
    assert "leaves out" not in texts(visit("compare", job=comparison.id, dataset=dataset.id))


def test_wide_photos_are_a_reason_to_ask(visit: Open, small_dataset: Any) -> None:
    extra = {f"{name}/wide{i}.png": wide_photo(100 * k + i) for k, name in enumerate(("cat", "dog")) for i in range(30)}
    photos = small_dataset(name="wide.zip", classes=("cat", "dog"), per_class=8, extra=extra)
    for backbone, share in (("graft_residual", "50 %"), ("graft_residual@whole", "")):
        job = store.create(W, compare_spec(photos, backbone))
        finish(job, keep_comparison(job, make_result(backbone, 90, 100)))
        said = texts(visit("compare", job=job.id, dataset=photos.id))
        assert ("A square from the middle of a typical photo here leaves out" in said) is bool(share)
        assert f"leaves out {share} of it" in said or not share


def test_the_form_asks_for_what_all_are_to_see_and_begins_with_that_of_the_run(visit: Open, dataset: Dataset) -> None:
    app = visit("compare")
    assert by_label(app.selectbox, "Framing").value == "centre"
    by_label(app.multiselect, "Backbones").set_value(["graft_plain", "pixels_16"]).run()
    by_label(app.selectbox, "Framing").set_value("whole").run()
    sizes = by_label(app.selectbox, "Input size")
    assert (sizes.value, sizes.options[:2]) == (0, ["As trained, 96 px", "48 px, about 25 % of the time"])
    sizes.set_value(48).run()
    button(app, "Compare").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    asked = CompareRequest.of(job.spec)
    assert asked.backbones == ("graft_plain@48@whole", "pixels_16@whole")
    finish(job, state="cancelled")
    again = visit("compare")
    assert by_label(again.selectbox, "Framing").value == "whole"
    assert by_label(again.selectbox, "Input size").value == 48
    assert by_label(again.multiselect, "Backbones").value == ["graft_plain", "pixels_16"]
    assert "The form has the settings of the run below." in texts(again)
    assert literal("graft_plain (48 px, whole photo)") in texts(again)


def test_a_size_that_not_all_take_is_not_offered(visit: Open, dataset: Dataset) -> None:
    app = visit("compare")
    by_label(app.multiselect, "Backbones").set_value(["graft_plain"]).run()
    by_label(app.selectbox, "Input size").set_value(48).run()
    by_label(app.multiselect, "Backbones").set_value(["graft_plain", "efficientnet_lite0"]).run()
    assert not app.exception
    sizes = by_label(app.selectbox, "Input size")
    assert sizes.options[0] == "As trained, 96, 224 px"
    assert [option.split(" px")[0] for option in sizes.options[1:]] == ["64", "96", "128", "160", "192"]
    assert sizes.value == 0
    by_label(app.multiselect, "Backbones").set_value(["pixels_16"]).run()
    assert by_label(app.selectbox, "Input size").options == ["As trained"]


def test_the_training_form_begins_with_what_the_user_was_sent_with(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, backbone="graft_plain@48@whole")
    assert not app.warning
    assert by_label(app.selectbox, "Framing").value == "whole"
    assert by_label(app.selectbox, "Input size").value == 48
    assert by_label(app.selectbox, "Backbone").value == "graft_plain"
    button(app, "Fine-tune").click().run()
    (job,) = store.list_jobs(W)
    assert job.spec.params["config"]["backbone"] == "graft_plain@48@whole"
    assert job.spec.title.startswith("Fine-tune graft_plain (48 px, whole photo) (last stages)")
