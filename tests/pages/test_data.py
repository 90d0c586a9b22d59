"""What the Data page says and does, without a browser: the sample's tour, an upload, a public app, photos deleted."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import tasks
from core.backbones.choice import usual
from core.data.dataset import Dataset
from core.data.library import delete_dataset, list_datasets
from core.jobs import store
from core.jobs.store import Job
from core.progress import silent
from core.tasks.requests import IngestRequest
from core.tasks.results import TakenIn
from core.tasks.specs import spec_of
from tests.pages.conftest import FakePool, Open, W, button, by_label, finish, texts


def address(app: AppTest) -> str:
    """The workspace that the page's address names."""
    named = app.query_params["w"]
    return named if isinstance(named, str) else named[0]


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]


def test_the_first_page_offers_one_button_for_the_whole_way(visit: Open):
    app = visit()
    assert app.title[0].value == "Teach a network your photos"
    assert "Try a sample" in labels(app)


def test_the_tour_queues_its_three_steps_and_explains_them(visit: Open):
    app = visit()
    button(app, "Try a sample").click().run()
    assert not app.exception
    assert app.title[0].value == "A sample, all the way"
    asked = {job.spec.kind: job.spec.params for job in store.list_jobs(W)}
    assert asked.keys() == {"ingest", "compare", "finetune"}
    assert asked["finetune"]["config"]["backbone"] == "graft_plain"  # the quickest, since a newcomer waits for it
    assert tuple(asked["compare"]["backbones"]) == usual()
    assert [heading.value for heading in app.subheader] == ["1. Look at the photos"]
    assert "4. See where it fails" in app.markdown[0].value
    assert labels(app).count("Cancel") == 1


def test_a_folder_is_read_and_shown(visit: Open, pool: FakePool, dataset: Dataset, tmp_path):
    pool.does["ingest"] = lambda job: tasks.run(job.path, job.spec, silent)
    app = visit()
    by_label(app.text_input, "A folder on this machine").set_value(str(tmp_path / "pets.zip"))
    app.run()
    button(app, "Use this folder").click().run()
    assert not app.exception
    assert app.title[0].value == "pets"


def test_a_refusal_is_shown_in_its_own_words(visit: Open):
    job = store.create(W, spec_of(IngestRequest(source="x.zip", name="x")))
    finish(job, state="failed", error="There are no images in *this* file.")
    app = visit(job=job.id)
    assert app.error[0].value == r"There are no images in \*this\* file\."


def test_a_public_app_offers_no_folder_and_an_unguessable_workspace(visit: Open, monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    app = visit()
    assert not [i for i in app.text_input if "folder" in i.label]
    assert "Use this folder" not in labels(app)
    assert len(address(app)) == 32
    assert address(visit()) != address(app)


def test_a_workspace_that_was_not_given_out_is_not_opened(visit: Open, monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert address(visit(w="default")) != "default"
    assert address(visit(w="0123456789abcdef" * 2)) == "0123456789abcdef" * 2


def test_data_shows_what_there_is(visit: Open, dataset: Dataset):
    app = visit()
    assert app.title[0].value == "pets"
    numbers = {m.label: m.value for m in app.metric}
    assert (numbers["Photos"], numbers["Classes"]) == ("40", "2")
    assert sum(int(numbers[s]) for s in ("Training", "Validation", "Test")) == 40


def test_what_was_skipped_is_listed_before_anything_else_is_asked(visit: Open, small_dataset: Callable[..., Dataset]):
    small_dataset(extra={"cat/notes.txt": b"no photo"})
    app = visit()
    assert app.expander[1].label == "1 file was skipped: see which and why"
    assert "There is no photo in it" in texts(app)
    assert list(app.dataframe[0].value["File"]) == ["cat/notes.txt"]


def test_data_can_be_deleted(visit: Open, dataset: Dataset):
    app = visit()
    button(app, "Delete").click().run()
    assert not app.exception
    assert not list_datasets(W)
    assert app.title[0].value == "Teach a network your photos"


def reading(visit: Open, dataset: Dataset) -> tuple[AppTest, Job]:
    """The Data page with these photos, while others are being read."""
    job = store.create(W, spec_of(IngestRequest(source="more.zip", name="more")))
    app = visit()
    assert app.title[0].value == dataset.name
    return app, job


def brought(job: Job, dataset: Dataset) -> None:
    finish(job, TakenIn(dataset=dataset.id, name=dataset.name, images=40, classes=2).to_json())


def test_what_is_pressed_just_when_a_reading_ends_is_done(visit: Open, dataset: Dataset):
    app, job = reading(visit, dataset)
    brought(job, dataset)  # the same photos once more
    button(app, "Delete").click().run()
    assert not list_datasets(W)
    assert app.title[0].value == "Teach a network your photos"


def test_what_is_pressed_just_when_a_reading_ends_is_not_done_to_the_new_photos(
    visit: Open, dataset: Dataset, small_dataset: Callable[..., Dataset]
):
    app, job = reading(visit, dataset)
    others = small_dataset(name="others.zip", classes=("a", "b"), per_class=5)
    brought(job, others)
    button(app, "Delete").click().run()
    assert app.title[0].value == "others"
    assert {summary.id for summary in list_datasets(W)} == {dataset.id, others.id}


def test_a_tour_outlives_its_photos(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["ingest"] = lambda job: TakenIn(dataset=dataset.id, name="pets", images=40, classes=2).to_json()
    app = visit()
    delete_dataset(W, dataset.id)
    app = app.run()
    by_label(app.button, "Try a sample").click().run()
    assert not app.exception
    assert app.title[0].value == "A sample, all the way"
