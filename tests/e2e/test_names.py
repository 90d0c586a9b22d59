"""Names come from users: a real browser shows them as they are on every page and in every export, and obeys none."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.bundle.card import code
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
from tests.conftest import ZipBuilder, photo_bytes
from tests.e2e.server import App
from tests.e2e.visitor import Visitor
from tests.e2e.watching import Watch, cut, download, hovered, only, spreadsheet, table, texts
from tests.hostile import FOLDERS, INVISIBLE, OTHERS, of_the_corpus

NAMES = (*FOLDERS, *of_the_corpus())[:24]  # as many as a legend has room for
PHOTOS = "<b>💥<i> $x$ [z](http:evil.example) =1+1"
EMPTY = "![empty](http:evil.example)"
PICTURE = "<img src=x onerror=alert(9)> www.evil.example.png"
SPLITS = ("training", "validation", "test")


@pytest.fixture
def watch(visitor: Visitor) -> Iterator[Watch]:
    """A watch over the visitor's page; in the end nothing has happened."""
    watching = Watch(visitor.page, visitor.app.url)
    yield watching
    watching.finds_nothing()


def test_names_are_text_on_every_page_and_in_every_export(
    visitor: Visitor, watch: Watch, small_zip: ZipBuilder, tmp_path: Path, app: App, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GRAFT_HOME", str(app.home))
    left_out = {f"{EMPTY}/**no photo**<b>.txt": b"no photo"}
    source = small_zip(name=f"{PHOTOS}.zip", classes=NAMES, per_class=5, extra=left_out)
    data(visitor, watch, source)
    compare(visitor, watch, tmp_path)
    finetune(visitor, watch)
    evaluate(visitor, watch, tmp_path)
    bundle = export(visitor, watch, tmp_path)
    predict(visitor, watch, NAMES, tmp_path)
    predict_with_a_strangers_bundle(visitor, watch, bundle, tmp_path)
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


def finetune(visitor: Visitor, watch: Watch) -> None:
    """What training sees, and the title of a run."""
    visitor.visit("Fine-tune")
    visitor.slide("Epochs, at most", 1)
    visitor.page.get_by_text("Head only").click()
    visitor.settle()
    visitor.page.get_by_text("Augmentation: what each image may look like").click()
    captions = visitor.page.get_by_test_id("stImageCaption")
    visitor.sees(captions)
    only(filter(None, texts(captions)), cut(NAMES))
    visitor.press("Fine-tune", exact=True)
    visitor.sees("validation images are right")
    assert [words for words in texts(visitor.page.locator("h3")) if f"on '{PHOTOS}'" in words]
    watch.finds_nothing()


def evaluate(visitor: Visitor, watch: Watch, tmp_path: Path) -> None:
    """The classes in the matrix, in scores, in the table; mistakes; the files to take along."""
    visitor.follow("Next: see where it fails")
    matrix = visitor.page.locator("[class*=st-key-confusion-counts]").filter(
        has=visitor.page.locator(".js-plotly-plot")
    )
    key = next(k for k in str(matrix.get_attribute("class")).split() if k.startswith("st-key-")).removeprefix("st-key-")
    assert sorted(texts(visitor.chart(key).locator(".ytick text"))) == sorted(cut(NAMES, 16))
    only(hovered(visitor, key), cut(NAMES, 60))
    chart = visitor.chart("per-class")
    assert {words.rpartition(" (n=")[0] for words in texts(chart.locator(".ytick text"))} == set(cut(NAMES, 16))
    only(hovered(visitor, "per-class"), cut(NAMES, 60))
    assert set(NAMES) & set(table(visitor))
    document = json.loads(download(visitor, "Download the evaluation (JSON)", tmp_path).read_text())
    assert set(document["classes"]) == set(NAMES)
    cells = document["confusion_matrix"]
    true, predicted = next((t, p) for t, row in enumerate(cells) for p, n in enumerate(row) if n and t != p)
    visitor.select_point(key, predicted, true)
    said = f"{document['classes'][true]} taken for {document['classes'][predicted]}"
    assert said in texts(visitor.page.get_by_test_id("stMarkdown"))
    rows = spreadsheet(download(visitor, "Download the classes (CSV)", tmp_path))
    assert {row[0] for row in rows[1:]} == set(map(harmless, NAMES))
    watch.finds_nothing()


def export(visitor: Visitor, watch: Watch, tmp_path: Path) -> Path:
    """The bundle: its manifest holds the very names, its card shows them as code."""
    visitor.follow("Next: predict and export")
    visitor.page.get_by_role("tab", name="Take it home").click()
    visitor.press("Make the bundle")
    bundle = download(visitor, "Download the bundle", tmp_path)
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        (card,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith(".md"))
    assert set(manifest["classes"]) == set(NAMES)
    assert f"# Image classifier: {code(PHOTOS)}\n" in card
    assert "\n".join(f"- {code(name)}" for name in manifest["classes"]) in card
    watch.finds_nothing()
    return bundle


def predict(visitor: Visitor, watch: Watch, names: tuple[str, ...], tmp_path: Path) -> None:
    """The name of the image, the answer, the bars, and the answers to take along."""
    picture = tmp_path / PICTURE
    picture.write_bytes(photo_bytes((200, 60, 50), seed=9_000))
    visitor.page.get_by_role("tab", name="Try it on images").click()
    visitor.upload(picture, place=-1)
    bars = visitor.page.locator("[class*='st-key-answer'] .js-plotly-plot .ytick text")
    visitor.sees(bars)
    visitor.settle()
    assert texts(visitor.page.get_by_test_id("stImageCaption")) == [shortened(PICTURE)]
    shown = texts(bars)
    assert len(shown) == 5
    only(shown, cut(names, 22))
    answer = texts(visitor.page.get_by_test_id("stMarkdown").filter(has_text=re.compile(r", \d+\.\d %$")))
    assert answer[0].rpartition(", ")[0] in cut(names, 80)
    rows = spreadsheet(download(visitor, "Download the answers (CSV)", tmp_path))
    assert sorted(rows[0][2:-1]) == sorted(map(harmless, names))
    assert (rows[0][-1], rows[1][-1]) == ("error", "")
    assert rows[1][0] == PICTURE
    watch.finds_nothing()


def predict_with_a_strangers_bundle(visitor: Visitor, watch: Watch, bundle: Path, tmp_path: Path) -> None:
    """The same with a bundle whose classes have names that no folder can have."""
    names = (*OTHERS, *INVISIBLE, *NAMES)[: len(NAMES)]
    theirs = tmp_path / "theirs.zip"
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(theirs, "w") as out:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename == "manifest.json":
                content = json.dumps({**json.loads(content), "classes": names}).encode()
            out.writestr(entry.filename, content)
    visitor.page.get_by_text("A bundle from elsewhere").click()
    visitor.settle()
    visitor.upload(theirs)
    predict(visitor, watch, names, tmp_path)


def runs(visitor: Visitor, watch: Watch) -> None:
    """The titles of what was run, the photos it was run on, and why it failed."""
    for name in (*OTHERS, *INVISIBLE):
        job = store.create(DEFAULT_WORKSPACE, JobSpec("ingest", {"source": name, "delete_source": True}, title=name))
        job.write_status(job.recorded().over("failed", name))
    visitor.visit("Runs")
    titles, errors = [], []
    for page in (1, 2):
        visitor.press(f"Page {page}", exact=True)
        titles += texts(visitor.page.get_by_test_id("stMarkdown"))
        errors += texts(visitor.page.get_by_test_id("stCaptionContainer"))
        watch.finds_nothing()
    assert not {f"Read '{PHOTOS}'", f"Compare 1 backbones on '{PHOTOS}'", *cut(OTHERS), *INVISIBLE.values()} - {*titles}
    assert not {*OTHERS, *INVISIBLE.values()} - {*errors}
    assert any(f"· {shortened(PHOTOS)} ·" in words for words in errors)


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


_DOUBT = re.compile(r"^Labelled (.+) \([\d.]+ %\), rather (.+) \([\d.]+ %\)")
