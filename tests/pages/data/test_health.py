"""The health report on the Data page: what it shows, and what the user decides."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from core import tasks
from core.data.dataset import Dataset
from core.data.decisions import read_edits, write_edits
from core.data.edits import EXCLUDE, RELABEL, Edit
from core.data.library import list_datasets
from core.health.duplicates import Duplicates, PhotoPair
from core.health.labels import Suspect
from core.health.photo import photo_ref
from core.health.quality import Flaw, Quality
from core.health.report import write_report
from core.jobs import store
from core.progress import silent
from tests.health.reports import label_check, report_of
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, texts


def keep(dataset: Dataset, **parts: Any) -> None:
    """Keeps a health report of these photos, with nothing in it but what is given."""
    write_report(dataset.root, report_of(dataset, **parts))


def show(app: AppTest, dataset: Dataset, tab: str) -> None:
    """Opens a tab of the report."""
    app.session_state[f"health-{dataset.id}"] = tab
    app.run()


def test_a_check_is_offered_and_queued(visit: Open, dataset: Dataset):
    app = visit()
    button(app, "Check these photos").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    assert (job.spec.kind, job.spec.params["dataset"]) == ("health", dataset.id)


def test_a_report_shows_its_findings(visit: Open, dataset: Dataset):
    keep(dataset)
    shown = texts(visit())
    assert "No copies were found" in shown
    assert "2 classes have fewer than 20 training photos" in shown


def test_a_pair_can_be_left_out_and_every_page_sees_it(visit: Open, dataset: Dataset):
    pair = PhotoPair(a=photo_ref(dataset, 0), b=photo_ref(dataset, 1), exact=False)
    keep(dataset, duplicates=Duplicates.of([pair]))
    app = visit()
    app.checkbox[1].check()
    app.run()
    assert not app.exception
    assert read_edits(dataset.root) == (Edit(pair.b.name, pair.b.sha256, EXCLUDE),)
    assert app.metric[0].value == str(len(dataset.items) - 1)
    assert "The photos were edited after this check" in texts(app)
    show(app, dataset, "Your decisions")
    button(app, "Discard all edits").click().run()
    assert read_edits(dataset.root) == ()


def test_one_button_leaves_out_the_extra_copies_but_decides_no_conflict(visit: Open, dataset: Dataset):
    a, b, c, d = (photo_ref(dataset, i) for i in (0, 1, 2, len(dataset.items) - 1))
    assert c.class_name != d.class_name
    pairs = [PhotoPair(a=a, b=b, exact=False), PhotoPair(a=c, b=d, exact=False)]
    keep(dataset, duplicates=Duplicates.of(pairs))
    button(visit(), "Leave out one photo of each pair (1)").click().run()
    assert read_edits(dataset.root) == (Edit(b.name, b.sha256, EXCLUDE),)


def test_a_label_can_be_mended(visit: Open, dataset: Dataset):
    index = next(i for i, item in enumerate(dataset.items) if dataset.classes[item.label] == "cat")
    suspect = Suspect(photo=photo_ref(dataset, index), suggested=NASTY, p_given=0.01, p_suggested=0.99)
    keep(dataset, labels=label_check(suspect))
    app = visit()
    by_label(app.selectbox, "What to do").set_value(1)
    app.run()
    assert not app.exception
    cat = dataset.items[index]
    assert read_edits(dataset.root) == (Edit(cat.name, cat.sha256, RELABEL, NASTY),)


def test_a_decision_about_a_label_is_shown_again_and_can_be_changed(visit: Open, dataset: Dataset):
    index = next(i for i, item in enumerate(dataset.items) if dataset.classes[item.label] == "cat")
    cat = dataset.items[index]
    write_edits(dataset, [Edit(cat.name, cat.sha256, RELABEL, NASTY)])
    suspect = Suspect(photo=photo_ref(dataset, index), suggested=NASTY, p_given=0.01, p_suggested=0.99)
    keep(dataset, labels=label_check(suspect))
    app = visit()
    choice = by_label(app.selectbox, "What to do")
    assert (choice.value, choice.options[0], choice.options[2]) == (1, "keep the label", "leave the photo out")
    choice.set_value(2)
    app.run()
    assert read_edits(dataset.root) == (Edit(cat.name, cat.sha256, EXCLUDE),)
    by_label(app.selectbox, "What to do").set_value(0)
    app.run()
    assert not app.exception
    assert read_edits(dataset.root) == ()


def test_a_class_that_would_be_empty_is_refused_in_words(visit: Open, dataset: Dataset):
    cats = [i for i, item in enumerate(dataset.items) if item.label == 0 and item.split == "train"]
    write_edits(dataset, [Edit(dataset.items[i].name, dataset.items[i].sha256, EXCLUDE) for i in cats[1:]])
    last = Flaw(photo=photo_ref(dataset, cats[0]), kind="dark", score=0.1)
    keep(dataset, quality=Quality.of([last]))
    app = visit()
    app.checkbox[0].check()
    app.run()
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
