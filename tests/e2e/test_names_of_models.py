"""Names come from users: those of a model's classes are shown as they are, in a real browser and in every export."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.bundle.markdown import code, code_in_a_table
from core.data.ingest import ingest
from core.tables import harmless
from pages.ui.text import shortened
from tests.conftest import ZipBuilder, photo_bytes
from tests.e2e.names import NAMES, PHOTOS, hostile_photos
from tests.e2e.server import App
from tests.e2e.visitor import Visitor
from tests.e2e.watching import Watch, cut, download, hovered, only, spreadsheet, table, texts
from tests.hostile import INVISIBLE, OTHERS

PICTURE = "<img src=x onerror=alert(9)> www.evil.example.png"


def test_names_of_a_models_classes_are_text_from_training_to_the_bundle(
    visitor: Visitor, watch: Watch, small_zip: ZipBuilder, tmp_path: Path, app: App, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GRAFT_HOME", str(app.home))
    ingest(hostile_photos(small_zip))
    visitor.go()
    finetune(visitor, watch)
    evaluate(visitor, watch, tmp_path)
    bundle = export(visitor, watch, tmp_path)
    predict(visitor, watch, NAMES, tmp_path)
    predict_with_a_strangers_bundle(visitor, watch, bundle, tmp_path)


def finetune(visitor: Visitor, watch: Watch) -> None:
    """What training sees, and the title of a run."""
    visitor.visit("Fine-tune")
    visitor.page.get_by_text("By hand").click()
    visitor.settle()
    visitor.slide("Epochs, at most", 1)
    visitor.page.get_by_text("Head only").click()
    visitor.settle()
    visitor.page.get_by_text("Augmentation: what each photo may look like").click()
    originals = visitor.page.get_by_alt_text(re.compile("^original of "))
    visitor.sees(originals)
    shown = [str(image.get_attribute("alt")).removeprefix("original of ") for image in originals.all()]
    only(shown, cut(NAMES))
    assert {*shown} <= {*texts(visitor.page.get_by_test_id("stCaptionContainer"))}
    visitor.press("Fine-tune", exact=True)
    visitor.sees("validation photos are right")
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
    sentence = f"{document['classes'][true]} taken for {document['classes'][predicted]}"
    assert sentence in texts(visitor.page.get_by_test_id("stMarkdown"))
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
    rows = [card.index(f"\n| {code_in_a_table(name)} | ") for name in manifest["classes"]]
    assert rows == sorted(rows)
    watch.finds_nothing()
    return bundle


def predict(visitor: Visitor, watch: Watch, names: tuple[str, ...], tmp_path: Path) -> None:
    """The name of the image, the answer, the bars, and the answers to take along."""
    picture = tmp_path / PICTURE
    picture.write_bytes(photo_bytes((200, 60, 50), seed=9_000))
    visitor.page.get_by_role("tab", name="Try it on photos").click()
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
    assert sorted(rows[0][3:-1]) == sorted(map(harmless, names))
    assert (rows[0][-1], rows[1][-1]) == ("error", "")
    assert rows[1][0] == PICTURE
    watch.finds_nothing()


def with_classes(manifest: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A manifest whose classes have other names."""
    of = dict(zip(manifest["classes"], names, strict=True))
    photos = {
        split: {of[name]: n for name, n in counts.items()} for split, counts in manifest["dataset"]["photos"].items()
    }
    return {**manifest, "classes": names, "dataset": {**manifest["dataset"], "photos": photos}}


def predict_with_a_strangers_bundle(visitor: Visitor, watch: Watch, bundle: Path, tmp_path: Path) -> None:
    """The same with a bundle whose classes have names that no folder can have."""
    names = (*OTHERS, *INVISIBLE, *NAMES)[: len(NAMES)]
    theirs = tmp_path / "theirs.zip"
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(theirs, "w") as out:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename == "manifest.json":
                content = json.dumps(with_classes(json.loads(content), names)).encode()
            out.writestr(entry.filename, content)
    visitor.page.get_by_text("A bundle from elsewhere").click()
    visitor.settle()
    visitor.upload(theirs)
    predict(visitor, watch, names, tmp_path)
