"""Names come from users: a real browser shows those of photos and classes as they are, and obeys none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.dataset import read_dataset
from core.data.library import list_datasets
from core.health.labels import Suspect
from core.health.photo import photo_ref
from core.health.report import read_report, write_report
from core.jobs import store
from core.jobs.spec import JobSpec
from core.paths import DEFAULT_WORKSPACE
from core.tables import harmless
from pages.ui.text import shortened
from tests.conftest import ZipBuilder
from tests.e2e.names import EMPTY, NAMES, PHOTOS, hostile_photos
from tests.e2e.server import App
from tests.e2e.visitor import Visitor
from tests.e2e.watching import Watch, cut, download, hovered, only, spreadsheet, table, texts
from tests.hostile import INVISIBLE, OTHERS

SPLITS = ("training", "validation", "test")


def test_names_are_text_on_the_pages_about_photos_comparisons_and_runs(
    visitor: Visitor, watch: Watch, small_zip: ZipBuilder, tmp_path: Path, app: App, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GRAFT_HOME", str(app.home))
    data(visitor, watch, hostile_photos(small_zip))
    compare(visitor, watch, tmp_path)
    runs(visitor, watch)
    health(visitor, watch, tmp_path)


def data(visitor: Visitor, watch: Watch, source: Path) -> None:
    """The name of the photos, the classes in bars, choices and captions, the files left out."""
    visitor.go()
    visitor.upload(source)
    visitor.sees(visitor.page.get_by_role("heading", level=1).filter(has_text="💥"))
    visitor.settle()
    assert texts(visitor.page.locator("h1")) == [shortened(PHOTOS, 60)]
    assert sorted(texts(visitor.chart("counts").locator(".ytick text"))) == sorted(cut(NAMES, 22))
    only(hovered(visitor, "counts"), cut(NAMES, 60))
    captions = texts(visitor.page.get_by_test_id("stImageCaption"))
    assert not [name for name in NAMES if not {shortened(f"{name} · {split}", 60) for split in SPLITS} & set(captions)]
    choice = visitor.page.get_by_role("combobox", name="Class")
    choice.scroll_into_view_if_needed()
    visitor.settle()  # a list that is open closes when the page scrolls
    choice.press("ArrowDown")
    visitor.sees(visitor.page.get_by_role("option"))
    assert sorted(texts(visitor.page.get_by_role("option"))) == sorted(["all", *cut(NAMES)])
    visitor.page.keyboard.press("Escape")
    visitor.unfold("1 file was skipped")
    assert any(words.endswith("<b>.txt") for words in table(visitor))
    assert not visitor.page.get_by_role("button", name="Download as CSV").count()
    assert any(
        f"The folder '{EMPTY}' holds no photo" in words for words in texts(visitor.page.get_by_test_id("stAlert"))
    )
    watch.finds_nothing()


def compare(visitor: Visitor, watch: Watch, tmp_path: Path) -> None:
    """The legend of the map, what hovers over it, and the table to take along."""
    visitor.visit("Compare")
    visitor.page.get_by_role("button", name="Clear all").click()
    visitor.page.get_by_role("combobox", name="Backbones").press_sequentially("pixels")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Escape")
    visitor.settle()
    visitor.press("Compare", exact=True)
    visitor.sees("3-fold cross-validation on")
    visitor.page.get_by_text("What does a backbone see?").click()
    visitor.settle()
    legend = visitor.chart("map-pixels_16-pca").locator(".legendtext")
    assert sorted(texts(legend)) == sorted(cut(NAMES, 22))
    only(hovered(visitor, "map-pixels_16-pca"), cut(NAMES, 60))
    rows = spreadsheet(download(visitor, "Download the table (CSV)", tmp_path))
    assert rows[1][0] == "pixels_16"
    watch.finds_nothing()


def runs(visitor: Visitor, watch: Watch) -> None:
    """The titles of what was run, the photos it was run on, and why it failed."""
    for name in (*OTHERS, *INVISIBLE):
        job = store.create(DEFAULT_WORKSPACE, JobSpec("ingest", {"source": name, "delete_source": True}, title=name))
        job.write_status(job.recorded().over("failed", name))
    visitor.visit("Runs")
    titles, errors = [], []
    for page in (1, 2):
        visitor.press(f"Page {page}", exact=True)
        titles += texts(visitor.page.locator("[data-testid=stMarkdown] strong"))
        errors += texts(visitor.page.locator("[data-testid=stMarkdown] .stMarkdownColoredText"))
        watch.finds_nothing()
    assert not {f"Read '{PHOTOS}'", f"Compare 1 backbones on '{PHOTOS}'", *cut(OTHERS), *INVISIBLE.values()} - {*titles}
    assert not {*OTHERS, *INVISIBLE.values()} - {*errors}


def health(visitor: Visitor, watch: Watch, tmp_path: Path) -> None:
    """The health report: every tab, doubtful labels, and a decision about one of them to take along."""
    visitor.visit("Data")
    visitor.press("Check these photos")
    tabs = visitor.page.get_by_role("tab")
    visitor.sees(tabs)
    doubt_one_label_of_each_class()
    visitor.reload()
    visitor.sees(tabs)
    for tab in tabs.all():
        tab.click()
        visitor.settle()
        watch.finds_nothing()
    tabs.filter(has_text="Labels").click()
    doubts = visitor.page.get_by_test_id("stMarkdown").filter(has_text=_DOUBT)
    visitor.sees(doubts)
    visitor.settle()
    only((name for doubt in texts(doubts) for name in _DOUBT.findall(doubt)[0]), cut(NAMES))
    choice = visitor.page.get_by_role("tabpanel", name="Labels").get_by_role("combobox").first
    choice.scroll_into_view_if_needed()
    visitor.settle()
    choice.press("ArrowDown")
    visitor.page.get_by_role("option").filter(has_text="=").first.click()
    visitor.sees("1 decision")
    visitor.settle()
    tabs.filter(has_text="Your decisions").click()
    visitor.settle()
    header, edit = spreadsheet(download(visitor, "Download the edits (CSV)", tmp_path))
    only((edit[header.index("class")], edit[header.index("new_class")]), map(harmless, NAMES))
    watch.finds_nothing()


def doubt_one_label_of_each_class() -> None:
    """Writes suspects into the report: these photos are of five colours, so no probe can tell their classes apart."""
    (root,) = (s.root for s in list_datasets(DEFAULT_WORKSPACE) if read_report(s.root))
    dataset, report = read_dataset(root), read_report(root)
    assert report is not None
    assert report.labels is not None
    firsts = {item.label: index for index, item in reversed([*enumerate(dataset.items)])}
    suspects = tuple(
        Suspect(photo=photo_ref(dataset, index), suggested=dataset.classes[label - 1], p_given=0.01, p_suggested=0.9)
        for label, index in sorted(firsts.items())
    )
    able = replace(report.labels, accuracy=0.9, accuracy_ci=(0.8, 0.95))
    labels = replace(able, count=len(suspects), suspects=suspects)
    write_report(root, replace(report, labels=labels))


_DOUBT = re.compile(r"^Labelled (.+) \([\d.]+\s%\), rather (.+) \([\d.]+\s%\)")
