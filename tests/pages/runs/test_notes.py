"""How runs are found by what was written beside them."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.notes import Note, write_note
from core.runs import Run
from pages.ui.runs.notes import Filter, known_tags
from tests.pages.conftest import NASTY, Open, W, compare_spec, finetune_spec, texts


def test_a_run_is_found_by_its_title_its_note_and_its_tags(dataset: Dataset):
    trained, compared = store.create(W, finetune_spec(dataset)), store.create(W, compare_spec(dataset))
    write_note(trained, Note(text="Higher rate", tags=("final", "paper")))
    assert Filter(("resnet18", "rate")).takes(trained)
    assert not Filter(("rate",)).takes(compared)
    assert Filter(tags=("paper",)).takes(trained)
    assert not Filter(tags=("paper", "other")).takes(trained)
    assert Filter().takes(compared)
    assert known_tags([trained, compared]) == ["final", "paper"]


def test_notes_are_shown_literally_and_narrow_the_list(visit: Open, dataset: Dataset):
    trained = store.create(W, finetune_spec(dataset))
    store.create(W, compare_spec(dataset))
    write_note(trained, Note(text=NASTY, tags=("final",)))
    app = visit("runs")
    assert "R&D" not in texts(app)
    assert ":gray-badge[final]" in texts(app)
    app.text_input(key="runs-find").input("compare").run()
    assert ":gray-badge[final]" not in texts(app)
    assert "Compare 2 backbones" in texts(app)
    app.text_input(key="runs-find").input("nothing like it").run()
    assert "No run is like that" in texts(app)


def test_one_model_has_no_other_to_be_set_beside(visit: Open, run: Run):
    assert not [each for each in visit("runs").expander if "side by side" in each.label]
