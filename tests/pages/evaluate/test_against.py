"""A model against another on the Evaluate page: the verdict, the four groups, and their photos."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.jobs import store
from core.runs import Run
from core.tasks.results import Finetuned
from pages.ui import resources
from pages.ui.evaluate.against import group_names, photo_table
from tests.pages.conftest import Open, W, by_label, finetune_spec, finish, make_run, texts


def another(dataset: Dataset, right: float) -> Run:
    job = store.create(W, finetune_spec(dataset))
    made = make_run(dataset, job, right=right)
    finish(job, Finetuned(run="run", dataset=dataset.id).to_json())
    return made


def unfolded(visit: Open, run: Run):
    app = visit("evaluate", run=run.path.relative_to(run.path.parents[1]).as_posix())
    folded = next(each.key for each in app.expander if each.key and each.key.startswith("against-"))
    app.session_state[folded] = True
    app.run()
    assert not app.exception
    return app


def test_alone_it_says_what_is_missing(visit: Open, run: Run):
    assert "no other model of these photos" in texts(unfolded(visit, run))


def test_two_models_are_told_apart_photo_by_photo(visit: Open, dataset: Dataset, run: Run):
    worse = another(dataset, right=0.3)
    app = unfolded(visit, run)
    pair = resources.beside(run.predictions_path("val"), worse.predictions_path("val"))
    assert pair.counts.only_a > 0
    words = texts(app)
    assert "compared with" in words
    assert "McNemar" in words
    shown = by_label(app.segmented_control, "Show the photos by who is right")
    assert shown.options[0] == f"only A ({pair.counts.only_a})"
    shown.set_value("both_right").run()
    assert not app.exception


def test_the_table_has_every_photo_once_with_its_group(dataset: Dataset, run: Run):
    worse = another(dataset, right=0.3)
    pair = resources.beside(run.predictions_path("val"), worse.predictions_path("val"))
    items = {item.sha256: item for item in dataset.items}
    headings, rows = photo_table(pair, items)
    rows = list(rows)
    assert all(len(row) == len(headings) for row in rows)
    assert sorted(str(row[0]) for row in rows) == sorted(item.name for item in dataset.split("val"))
    assert [row[1] for row in rows].count(group_names()["only_a"]) == pair.counts.only_a
