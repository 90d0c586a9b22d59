import json

import pytest

from core.backbones import registry
from core.data.decisions import write_edits
from core.data.edits import EXCLUDE, Edit
from core.data.library import open_dataset
from core.errors import Cancelled, ProbeError
from core.evaluation.pairwise.difference import Difference
from core.features.extract import extract
from core.health import words
from core.health.effect import Effect, effect
from core.health.leaks import Accuracy
from core.health.report import check, read_report
from tests import fakes
from tests.conftest import ZipBuilder, photo_bytes
from tests.health.conftest import saved, scene
from tests.health.reports import label_check, report_of
from tests.steps import works


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    return fakes.install_tiny(monkeypatch)


def texts(report):
    return "\n".join(finding.text for finding in words.findings(report))


def test_the_report_finds_what_is_wrong_and_is_kept(small_zip: ZipBuilder):
    import core.data.ingest

    red, green = (200, 60, 50), (60, 170, 70)
    extra = {f"train/cat/wrong{n}.png": photo_bytes(green, 900 + n) for n in range(2)}
    extra["test/dog/leak.png"] = photo_bytes(green, 950)
    extra["train/dog/leaked.png"] = photo_bytes(green, 950)
    extra["train/dog/conflict.png"] = photo_bytes(red, 960)
    extra["train/cat/conflict.png"] = photo_bytes(red, 960)
    path = small_zip(splits={"train": 60, "test": 6}, extra=extra)
    dataset = core.data.ingest.ingest(path)
    report = check(dataset, backbone=fakes.TINY)
    assert read_report(dataset.root) == report
    assert report.fingerprint == dataset.fingerprint
    assert report.duplicates.conflicts == 1
    assert report.duplicates.leaks >= 1
    suggested = {suspect.photo.name: suspect.suggested for suspect in report.labels.suspects}
    wrong = {"train/cat/wrong0.png": "dog", "train/cat/wrong1.png": "dog", "train/dog/conflict.png": "cat"}
    assert suggested == wrong
    (leak,) = report.leaks
    assert (leak.split, leak.leaked, leak.with_leak.n, leak.without_leak.n) == ("test", 1, 13, 12)
    assert sum(sum(counts.values()) for counts in report.balance.counts.values()) == len(dataset.items)
    sentences = texts(report)
    assert "1 pair of alike photos lies in two classes" in sentences
    assert "1 of the 13 photos in test have a copy or relative in training" in sentences
    assert words.findings(report)[0].weight == "serious"


def test_clean_photos_are_told_to_be_clean(taken_in, monkeypatch):
    grey = {f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(60)}
    report = check(taken_in(grey), backbone=fakes.TINY)
    assert report.duplicates.pairs == ()
    assert report.leaks == ()
    assert "No copies were found" in texts(report)
    assert "The classes are balanced" in texts(report)


def test_too_few_photos_are_noted_and_the_rest_is_told(taken_in):
    files = {"a/1.jpg": saved(scene(1)), "b/2.jpg": saved(scene(2)), "b/3.jpg": saved(scene(3))}
    report = check(taken_in(files), backbone=fakes.TINY)
    assert report.labels is None
    assert report.shortcuts == ()
    assert "'a' has 1 photo" in report.notes[0]
    assert report.balance.few == ("a", "b")


def test_a_cancelled_check_leaves_the_earlier_report(taken_in):
    dataset = taken_in({f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(20)})
    report = check(dataset, backbone=fakes.TINY)

    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        check(dataset, backbone=fakes.TINY, seed=1, report=stop)
    assert read_report(dataset.root) == report


def test_every_phase_of_a_check_is_told_and_planned(taken_in):
    dataset = taken_in({f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(30)})
    steps = []
    check(dataset, backbone=fakes.TINY, report=steps.append)
    assert works(steps)[-1] == "health/write"
    assert {"health/flaws", f"extract/{fakes.TINY}", "health/labels", "health/file"} <= set(works(steps))
    assert steps[-1].ahead == ()


def test_labels_are_judged_by_the_best_quick_backbone_where_none_is_named(taken_in, monkeypatch):
    monkeypatch.setattr(registry, "SOURCES", registry.SOURCES[:1])  # the tiny one alone
    dataset = taken_in({f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(20)})
    assert check(dataset).backbone == fakes.TINY


def test_the_effect_is_judged_on_untouched_photos(small_zip: ZipBuilder):
    """More green photos are labelled cat than dog; leaving those out helps, whatever is edited in the test split."""
    import core.data.ingest

    green = (60, 170, 70)
    wrong = {f"train/cat/wrong{n}.png": photo_bytes(green, 900 + n) for n in range(24)}
    original = core.data.ingest.ingest(small_zip(splits={"train": 20, "val": 3, "test": 10}, extra=wrong))
    edits = [Edit(i.name, i.sha256, EXCLUDE) for i in original.items if "wrong" in i.name]
    tested = original.split("test")[0]
    edits.append(Edit(tested.name, tested.sha256, EXCLUDE))
    write_edits(original, edits)
    result = effect(original, extract(original, fakes.TINY), edits)
    assert (result.split, result.edits, result.elsewhere) == ("test", 24, 1)
    assert result.before.n == result.after.n == result.difference.n == 19  # without the one that was edited itself
    assert result.after.value == 1.0
    assert result.before.value < 1.0
    assert result.difference.accuracy == pytest.approx(result.after.value - result.before.value)
    sentence = words.effect_text(result)
    assert Effect.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert "On 19 photos of test that no edit touches" in sentence
    assert "more than chance: the edits help" in sentence
    assert open_dataset("default", original.id).images == len(original.items) - 25


def test_an_effect_of_nothing_is_not_told_as_a_gain_of_no_points():
    share = Accuracy(0.8, (0.65, 0.9), 40)
    same = Effect("test", 3, 0, share, share, Difference("after", "before", 40, 1, 1, 0.0, (-0.07, 0.07)))
    gain = "A probe is right as often with them as without (−7.0 to +7.0 points, 40 photos)"
    assert words.gain_text(same) == f"{gain}: no more than chance may bring."
    assert ": no difference (95 % interval −7.0 to +7.0)." in words.effect_text(same)


def test_without_photos_to_judge_by_there_is_no_effect(taken_in):
    dataset = taken_in({f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(2)})
    assert not dataset.split("test")
    with pytest.raises(ProbeError, match="No validation or test photo is left"):
        effect(dataset, extract(dataset, fakes.TINY), [])


def test_mending_a_leak_is_not_judged_on_the_photos_that_leaked(small_zip: ZipBuilder):
    import core.data.ingest

    leak = photo_bytes((60, 170, 70), 950)
    path = small_zip(splits={"train": 10, "val": 3, "test": 5}, extra={"train/dog/a.png": leak, "test/dog/b.png": leak})
    original = core.data.ingest.ingest(path)
    leaked = next(item for item in original.items if item.name == "train/dog/a.png")
    result = effect(original, extract(original, fakes.TINY), [Edit(leaked.name, leaked.sha256, EXCLUDE)])
    assert result.before.n == 10


def test_a_probe_at_chance_cannot_judge_labels_and_says_so(taken_in):
    dataset = taken_in({f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s)) for s in range(6)})
    assert "cannot judge the labels" in texts(report_of(dataset, labels=label_check(right=20, n=40)))
    assert "No label looks wrong" in texts(report_of(dataset, labels=label_check(right=36, n=40)))
