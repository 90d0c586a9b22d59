"""Decisions about single photos on the Data page: saved as they are made, taken back, and measured when they rest."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.data.decisions import FILE, read_edits
from core.data.edits import EXCLUDE, RELABEL, Edit
from core.health.labels import Suspect
from core.health.photo import photo_ref
from core.health.quality import Flaw, Quality
from core.health.report import write_report
from core.jobs import store
from core.jobs.store import Job
from pages.ui.text import unbroken
from tests.health.reports import label_check, report_of
from tests.pages.conftest import Open, W, button, by_label, texts


def suspects(dataset: Dataset, n: int) -> tuple[Suspect, ...]:
    """The first photos of the dataset, each with a doubtful label."""
    return tuple(
        Suspect(
            photo=photo_ref(dataset, index),
            suggested=dataset.classes[1 - dataset.items[index].label],
            p_given=0.01,
            p_suggested=0.99,
        )
        for index in range(n)
    )


@pytest.fixture
def dark(dataset: Dataset) -> Dataset:
    """A dataset whose report names fourteen dark photos: a page of twelve, and two on another."""
    flaws = [Flaw(photo=photo_ref(dataset, index), kind="dark", score=0.1) for index in range(14)]
    write_report(dataset.root, report_of(dataset, quality=Quality.of(flaws)))
    return dataset


def turn(app: AppTest, dataset: Dataset, page: int) -> AppTest:
    """Turns to a page of the dark photos."""
    app.session_state[f"flaws-dark-{dataset.id}-page"] = page
    return app.run()


def measuring() -> list[Job]:
    """The jobs that measure what decisions bring, newest first."""
    return [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "edit_effect"]


def full_disk(*_arguments: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_choice_is_on_the_disk_as_soon_as_it_is_made(visit: Open, dark: Dataset):
    app = visit()
    app.checkbox[0].check().run()
    photo = dark.items[0]
    assert read_edits(dark.root) == (Edit(photo.name, photo.sha256, EXCLUDE),)
    assert app.toast[0].value == "Saved: left out."
    assert "**1 decision** · 39 of 40 photos stay" in texts(app)
    assert not [b.label for b in app.button if b.label.startswith("Save")]


def test_choices_are_there_after_a_look_at_another_page_of_the_list_and_in_another_session(visit: Open, dark: Dataset):
    app = visit()
    app.checkbox[3].check().run()
    assert [box.value for box in turn(app, dark, 2).checkbox] == [False, False]
    turn(app, dark, 2).checkbox[1].check().run()
    expected = [number == 3 for number in range(12)]
    assert [box.value for box in turn(app, dark, 1).checkbox] == expected
    assert [box.value for box in visit().checkbox] == expected
    assert len(read_edits(dark.root)) == 2


def test_the_last_decisions_are_taken_back_one_after_the_other(visit: Open, dataset: Dataset):
    write_report(dataset.root, report_of(dataset, labels=label_check(*suspects(dataset, 1))))
    photo = dataset.items[0]
    app = visit()
    assert button(app, "Undo").disabled
    by_label(app.selectbox, "What to do").set_value(1).run()
    by_label(app.selectbox, "What to do").set_value(2).run()
    button(app, "Undo").click().run()
    assert read_edits(dataset.root) == (Edit(photo.name, photo.sha256, RELABEL, "cat"),)
    assert by_label(app.selectbox, "What to do").value == 1
    button(app, "Undo").click().run()
    assert read_edits(dataset.root) == ()
    assert by_label(app.selectbox, "What to do").value == 0
    assert button(app, "Undo").disabled


def test_a_box_is_another_one_once_something_else_has_decided(visit: Open, dark: Dataset):
    app = visit()
    first = app.checkbox[0].key
    app.checkbox[0].check().run()
    assert app.checkbox[0].key == first
    button(app, "Undo").click().run()
    assert app.checkbox[0].key != first


def test_a_decision_is_taken_back_in_another_session(visit: Open, dark: Dataset):
    visit().checkbox[0].check().run()
    button(visit(), "Undo").click().run()
    assert read_edits(dark.root) == ()


def test_a_full_disk_is_told_and_what_was_decided_stays_shown_and_is_saved_later(
    visit: Open, dark: Dataset, monkeypatch: pytest.MonkeyPatch
):
    app = visit()
    app.checkbox[0].check().run()
    with monkeypatch.context() as full:
        full.setattr("core.paths.write_json", full_disk)
        app.checkbox[1].check().run()
        app.checkbox[2].check().run()
        button(app, "Save again").click().run()
    assert not app.exception
    assert "No space left on device" in app.error[0].value
    assert [box.value for box in app.checkbox[:4]] == [True, True, True, False]
    assert len(read_edits(dark.root)) == 1
    button(app, "Save again").click().run()
    assert not app.error
    assert [edit.name for edit in read_edits(dark.root)] == [item.name for item in dark.items[:3]]


def test_what_decisions_bring_is_measured_once_they_rest(visit: Open, dark: Dataset):
    app = visit()
    app.checkbox[0].check().run()
    assert "What they bring is measured when you pause." in texts(app)
    assert not measuring()
    os.utime(dark.root / FILE, (0, 0))
    app.run()
    assert len(measuring()) == 1
    app.run()
    assert len(measuring()) == 1


def test_what_newer_decisions_bring_is_measured_in_place_of_older_ones(visit: Open, dark: Dataset):
    app = visit()
    app.checkbox[0].check().run()
    button(app, "Measure now").click().run()
    app.checkbox[1].check().run()
    button(app, "Measure now").click().run()
    newest, oldest = measuring()
    assert oldest.is_cancelled()
    assert not newest.is_cancelled()


def test_the_strongest_suspects_come_first_and_the_rest_on_request(visit: Open, dataset: Dataset):
    check = label_check(*suspects(dataset, 27))
    write_report(dataset.root, report_of(dataset, labels=check))
    app = visit()
    assert unbroken("agrees with 90.0 % of all labels") in texts(app)
    assert "The 20 strongest come first." in texts(app)
    assert len([choice for choice in app.selectbox if choice.label == "What to do"]) == 20
    button(app, "Show 7 more, of 7").click().run()
    assert len([choice for choice in app.selectbox if choice.label == "What to do"]) == 27


def test_the_tab_in_front_has_something_to_look_at(visit: Open, dataset: Dataset):
    write_report(dataset.root, report_of(dataset, labels=label_check(*suspects(dataset, 3))))
    assert [tab.label for tab in visit().tabs][:2] == ["Labels (3)", "Duplicates"]
