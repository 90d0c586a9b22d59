"""The health report on the Data page: what it shows, and what the user decides."""

from __future__ import annotations

from typing import Any

from core import tasks
from core.data.dataset import Dataset
from core.data.edits import EXCLUDE, RELABEL, Edit, read_edits, write_edits
from core.data.library import list_datasets
from core.health.report import photo, sizes
from core.jobs import store
from core.paths import write_json
from core.progress import silent
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, texts


def report_of(dataset: Dataset, **found: Any) -> dict[str, Any]:
    """A health report of these photos, with nothing in it but what is given."""
    plain = {
        "schema": 2, "dataset": dataset.id, "fingerprint": dataset.fingerprint, "images": len(dataset.items),
        "balance": {"counts": dataset.counts(), "ratio": 1.0, "few": []}, "sizes": sizes(dataset),
        "duplicates": {"exact": 0, "near": 0, "conflicts": 0, "leaks": 0, "pairs": []}, "groups_apart": [],
        "quality": {"counts": {}, "found": []}, "labels": None, "shortcuts": [], "leaks": [], "notes": [],
    }  # fmt: skip
    document = {**plain, **found}
    write_json(dataset.root / "health.json", document)
    return document


def test_a_check_is_offered_and_queued(visit: Open, dataset: Dataset):
    app = visit()
    button(app, "Check these photos").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    assert (job.spec.kind, job.spec.params["dataset"]) == ("health", dataset.id)


def test_a_report_shows_its_findings(visit: Open, dataset: Dataset):
    report_of(dataset)
    said = texts(visit())
    assert "No copies were found" in said
    assert "balanced" in said


def test_a_pair_can_be_left_out_and_every_page_sees_it(visit: Open, dataset: Dataset):
    one, other = photo(dataset, 0), photo(dataset, 1)
    pair = {"a": one, "b": other, "kind": "within", "exact": False, "conflict": False, "leak": False}
    report_of(dataset, duplicates={"exact": 0, "near": 1, "conflicts": 0, "leaks": 0, "pairs": [pair]})
    app = visit()
    app.checkbox[1].check()
    button(app, "Save these decisions").click().run()
    assert not app.exception
    assert read_edits(dataset.root) == (Edit(other["name"], other["sha256"], EXCLUDE),)
    assert app.metric[0].value == str(len(dataset.items) - 1)
    assert "The photos were edited after this check" in texts(app)
    button(app, "Discard all edits").click().run()
    assert read_edits(dataset.root) == ()


def test_one_button_leaves_out_the_extra_copies_but_decides_no_conflict(visit: Open, dataset: Dataset):
    a, b, c, d = (photo(dataset, i) for i in range(4))
    alike = {"exact": False, "leak": False}
    pairs = [
        {"a": a, "b": b, "kind": "within", "conflict": False, **alike},
        {"a": c, "b": d, "kind": "conflict", "conflict": True, **alike},
    ]
    report_of(dataset, duplicates={"exact": 0, "near": 2, "conflicts": 1, "leaks": 0, "pairs": pairs})
    button(visit(), "Leave out one photo of each pair (1)").click().run()
    assert read_edits(dataset.root) == (Edit(b["name"], b["sha256"], EXCLUDE),)


def test_a_label_can_be_mended(visit: Open, dataset: Dataset):
    index = next(i for i, item in enumerate(dataset.items) if dataset.classes[item.label] == "cat")
    suspect = {**photo(dataset, index), "given": "cat", "suggested": NASTY, "p_given": 0.01, "p_suggested": 0.99}
    labels_found = {
        "backbone": "tiny", "folds": 5, "n": 40, "accuracy": 0.9, "accuracy_ci": [0.8, 0.95], "count": 1, "able": True,
        "suspects": [suspect],
    }  # fmt: skip
    report_of(dataset, labels=labels_found)
    app = visit()
    by_label(app.selectbox, "What to do").set_value(1)
    button(app, "Save these decisions").click().run()
    assert not app.exception
    cat = dataset.items[index]
    assert read_edits(dataset.root) == (Edit(cat.name, cat.sha256, RELABEL, NASTY),)


def test_a_class_that_would_be_empty_is_refused_in_words(visit: Open, dataset: Dataset):
    cats = [i for i, item in enumerate(dataset.items) if item.label == 0 and item.split == "train"]
    last = photo(dataset, cats[0])
    write_edits(dataset, [Edit(dataset.items[i].name, dataset.items[i].sha256, EXCLUDE) for i in cats[1:]])
    report_of(dataset, quality={"counts": {"dark": 1}, "found": [{**last, "issue": "dark", "score": 0.1}]})
    app = visit()
    app.checkbox[0].check()
    button(app, "Save these decisions").click().run()
    assert not app.exception
    assert "would have no training photo left" in texts(app)
    assert len(read_edits(dataset.root)) == len(cats) - 1


def test_groups_are_made_by_a_pattern_on_the_names(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["regroup"] = lambda job: tasks.run(job.path, job.spec, silent)
    app = visit()
    by_label(app.text_input, "Pattern of the names").set_value("{group}/*").run()
    assert "2 groups of 20 to 20 photos; 0 photos are in none." in texts(app)
    button(app, "Make the splits anew, by group").click().run()
    assert not app.exception
    assert len(list_datasets(W)) == 2
    by_label(app.text_input, "Pattern of the names").set_value("nothing").run()
    assert "has to have" in texts(app).replace("\\", "")
