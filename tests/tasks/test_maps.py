"""Maps of a backbone's features: the verb and the command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from core.cli import mappage, progress
from core.cli.app import main
from core.cli.mappage import FlatMap, PlottedPhoto
from core.errors import FeatureError
from core.features.extract import extract
from core.progress import silent
from core.tasks.common import dataset_of
from core.tasks.previews import embedding_map
from core.tasks.requests import EmbeddingMapRequest
from core.tasks.results import MapPoints
from tests.conftest import ZipBuilder


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


def test_the_neighbours_on_the_map_are_those_of_the_whole_features(photos_zip: Path, tmp_path: Path) -> None:
    request = EmbeddingMapRequest(dataset=str(photos_zip), backbone="pixels_16")
    points = MapPoints.load(tmp_path / embedding_map(tmp_path, request, silent).file)
    features = extract(dataset_of(request, silent), "pixels_16")
    X = features.X.astype(np.float64)
    cosines = X @ X.T / np.linalg.norm(X, axis=1)[:, None] / np.linalg.norm(X, axis=1)
    np.fill_diagonal(cosines, -2)
    assert points.ids == list(features.ids)
    for row in range(len(X)):
        expected = np.argsort(-cosines[row])[:5]
        assert points.neighbours[row] == [features.ids[i] for i in expected]
        np.testing.assert_allclose(points.cosines[row], cosines[row, expected], atol=1e-4)


def test_a_map_that_cannot_be_made_is_refused_before_the_work(
    photos_zip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.features.maps.find_spec", lambda _name: None)
    request = EmbeddingMapRequest(dataset=str(photos_zip), backbone="pixels_16", method="umap")
    with pytest.raises(FeatureError, match="pip install umap-learn"):
        embedding_map(tmp_path, request, lambda _step: pytest.fail("work was begun"))


def test_the_command_writes_a_table_in_which_no_cell_is_a_formula(
    small_zip: ZipBuilder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = small_zip(classes=("=1+1", "cat"), per_class=12)
    out = tmp_path / "map.csv"
    words = ["map", str(source), "--backbone", "pixels_16", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    assert "24 photos" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert list(rows[0]) == ["id", "name", "class", "split", "x", "y"]
    assert {row["class"] for row in rows} == {"'=1+1", "cat"}
    assert [float(row["x"]) for row in rows] == [point["x"] for point in document["points"]]
    assert {point["class"] for point in document["points"]} == {"=1+1", "cat"}
    assert all(len(point["neighbours"]) == 5 for point in document["points"])
    assert (document["backbone"], document["method"], document["seed"]) == ("pixels_16", "pca", 0)


def test_the_command_writes_a_page_that_shows_names_literally(
    small_zip: ZipBuilder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = small_zip(name="a & b.zip", classes=("<b>R&D", "cat"), per_class=12)
    out = tmp_path / "map.html"
    assert main(["map", str(source), "--backbone", "pixels_16", "--method", "tsne", "--out", str(out)]) == 0
    capsys.readouterr()
    page = out.read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;R&amp;D" in page
    assert "http" not in page.replace("http-equiv", "")
    picture = ElementTree.fromstring(page[page.rindex("<svg viewBox") : page.index('<p id="name">')])
    assert len(list(picture)) == 24
    ends = [float(mark.attrib[side]) for mark in picture for side in ("cx", "cy")]
    assert (min(ends), max(ends)) == (24, 776)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--out", "map.png"], "not as 'map.png'"), ([], "--out FILE.csv"), (["--method", "lda", "--json"], "'lda'")],
)
def test_an_output_that_cannot_be_written_is_reported_at_once(
    photos_zip: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["map", str(photos_zip), "--backbone", "pixels_16", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_many_classes_have_shapes_of_their_own() -> None:
    classes = tuple(f"c{i}" for i in range(32))
    xy = tuple(PlottedPhoto(str(i), "a.jpg", name, "train", float(i), 0.0) for i, name in enumerate(classes))
    page = mappage.page(FlatMap("b", "pca", 0, "d1", "d", classes, "", xy))
    marks = page[page.rindex("<svg viewBox") :]
    assert (marks.count("<circle"), marks.count("<path")) == (8, 24)
    ElementTree.fromstring(marks[: marks.index('<p id="name">')])
