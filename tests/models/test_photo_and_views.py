"""Bundles with a network that takes photos as they are, and with a model that looks at several views of each photo."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.bundle.archive import read_card, read_manifest
from core.bundle.contents import Contents
from core.data.dataset import Dataset
from core.data.images.views import CROPS, FLIP, VIEWS
from core.errors import BundleError
from core.models.export import export
from core.models.load import classifier_of
from core.models.onnx.graph import graph_of, input_names
from core.models.onnx.parity import TOLERANCE
from core.models.onnx.photo import with_preprocessing
from core.models.selfcheck import N_VIEWED, check_answers, check_photos, differs_by
from core.models.views import keep_views, look
from core.progress import silent
from core.runs import Run
from core.tasks.answering import answers_of
from core.tasks.using import NamedFile
from tests.conftest import photo
from tests.models.conftest import asked, program


def unpacked(run: Run, dataset: Dataset, folder: Path, contents: Contents) -> Path:
    with zipfile.ZipFile(export(run, folder / "b.zip", contents=contents, dataset=dataset)) as bundle:
        bundle.extractall(folder / "bundle")
    return folder / "bundle"


@pytest.fixture(scope="module")
def of_photos(runs: dict[str, Run], dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with nothing but the network that takes photos."""
    return unpacked(runs["pair"], dataset, tmp_path_factory.mktemp("photo"), Contents(onnx=("photo",)))


@pytest.fixture(scope="module")
def viewing(runs: dict[str, Run], dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a model that looks at ten views."""
    folder = tmp_path_factory.mktemp("views")
    run = dataclasses.replace(runs["pixels"], path=shutil.copytree(runs["pixels"].path, folder / "run"))
    keep_views(run.path, CROPS)
    return unpacked(run, dataset, folder, Contents(onnx=("fp32", "photo")))


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Photos that are two classes at once, one in their left and one in their right half, so that views differ."""
    files, colours = [tmp_path / f"{n}.png" for n in range(3)], ((200, 60, 50), (60, 170, 70), (60, 80, 200))
    for n, file in enumerate(files):
        image = photo(colours[n], 70 + n, 150).resize((150 + 40 * n, 120))
        image.paste(colours[(n + 1) % 3], (0, 0, image.width // 2, 120))
        image.save(file)
    return files


def test_a_network_that_takes_photos_answers_as_the_model_does(of_photos: Path, photos: list[Path]) -> None:
    assert not (of_photos / "model.onnx").exists()
    expected = classifier_of(of_photos).predict(photos)
    code, out, err = asked(of_photos, *photos, "--json")  # without saying which: it is the only one
    assert (code, err) == (0, "")
    got = [list(entry["proba"].values()) for entry in json.loads(out)]
    np.testing.assert_allclose(got, expected, atol=1e-4)
    check = json.loads((of_photos / "selfcheck.json").read_text())["models"]["model.photo.onnx"]
    assert len(check["proba"]) == 16
    assert check["most"] == {"proba": 0.02, "features": 0.01}


def test_a_network_that_takes_photos_proves_itself(of_photos: Path, tmp_path: Path, photos: list[Path]) -> None:
    module = program(of_photos)
    opened = module.opened
    module.opened = lambda path, levels: opened(path, levels).transpose(module.Image.Transpose.ROTATE_180)
    with pytest.raises(module.Unusable, match="Self-check failed on 'selfcheck/00"):
        module.Model(of_photos)


def test_a_graph_that_cuts_photos_otherwise_differs(runs: dict[str, Run]) -> None:
    """What keeps `model.photo.onnx` out of a bundle: photos resized otherwise in it than for the model."""
    classifier = classifier_of(runs["pixels"])
    how, graph = classifier.preprocessing, graph_of(classifier)
    names, own = input_names(how), check_photos(None, how.resize_px, own=False)
    right = with_preprocessing(graph, how, names)
    assert differs_by(classifier, own, check_answers(classifier, right, own, "photo")) < TOLERANCE
    wrong = with_preprocessing(graph, dataclasses.replace(how, resize_px=how.resize_px + 8), names)
    assert differs_by(classifier, own, check_answers(classifier, wrong, own, "photo")) > TOLERANCE


def test_inputs_and_outputs_of_every_network_are_told(of_photos: Path, viewing: Path) -> None:
    photo_row = "| `model.photo.onnx` | `photo`: uint8 (n, h, w, 3) NHWC | `proba`: float32 (n, 3), `features`: float32"
    for folder in (of_photos, viewing):
        assert photo_row in read_card(folder)
    outputs = "`proba`: float32 (n, 3), `features`: float32 (n, 768)"
    assert f"| `model.onnx` | `images`: float32 (n, 3, 16, 16) NCHW | {outputs} |" in read_card(viewing)
    text = (viewing / "README.txt").read_text(encoding="utf-8")
    assert "    input     images     float32 (n, 3, 16, 16) NCHW\n" in text
    assert "    input     photo      uint8 (n, h, w, 3) NHWC\n" in text
    assert "    output    features   float32 (n, 768)\n" in text
    assert "--model model.photo.onnx\n" in text


def test_views_travel_and_are_looked_at_everywhere(viewing: Path, photos: list[Path]) -> None:
    manifest, classifier = read_manifest(viewing), classifier_of(viewing)
    assert (manifest.views, classifier.views) == (CROPS, CROPS)
    one = classifier.predict(photos)
    expected = look(classifier, photos).proba
    assert np.abs(expected - one).max() > 1e-3
    files = [NamedFile(path=str(file), name=file.name) for file in photos]
    served = [list(answer.proba.values()) for answer in answers_of(classifier, files, silent, lambda: silent, {})]
    np.testing.assert_allclose(served, expected, atol=1e-6)
    for name in ("model.onnx", "model.photo.onnx"):
        code, out, _err = asked(viewing, *photos, "--json", "--model", name)
        assert code == 0
        np.testing.assert_allclose([list(each["proba"].values()) for each in json.loads(out)], expected, atol=1e-4)


def test_the_self_check_holds_one_view_and_the_means_of_some(viewing: Path) -> None:
    check = json.loads((viewing / "selfcheck.json").read_text())
    classifier, files = classifier_of(viewing), [viewing / name for name in check["photos"]]
    for name in ("model.onnx", "model.photo.onnx"):
        said = check["models"][name]
        np.testing.assert_allclose(said["proba"], classifier.predict(files), atol=1e-4)
        np.testing.assert_allclose(said["viewed"], look(classifier, files[:N_VIEWED]).proba, atol=1e-4)
    assert json.loads((viewing / "manifest.json").read_text())["views"] == CROPS


def test_a_program_that_looks_otherwise_gives_no_answer(viewing: Path, tmp_path: Path) -> None:
    module = program(viewing)
    module.view_of = lambda image, number: image
    with pytest.raises(module.Unusable, match="Self-check failed on"):
        module.Model(viewing)
    folder = shutil.copytree(viewing, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    for views in (FLIP, None):
        changed = {key: value for key, value in manifest.items() if key != "views"} | (
            {"views": views} if views else {}
        )
        (folder / "manifest.json").write_text(json.dumps(changed))
        code, out, err = asked(folder, folder / "selfcheck")
        assert (code, out) == (3, "")
        assert "views" in err


def test_what_is_no_way_of_looking_is_refused(viewing: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(viewing, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    rule = {"kind": "threshold", "promised": 0.1, "threshold": 0.5, "n": 10, "answered": 0.5, "answered_ci": [0.2, 0.8]}
    for change in ({"views": "both"}, {"views": 2}, {"abstention": rule}):
        (folder / "manifest.json").write_text(json.dumps(manifest | change))
        with pytest.raises(BundleError, match="'views' is not as it should be"):
            read_manifest(folder)


def test_the_card_says_in_how_many_views_it_answers_and_was_measured(viewing: Path, runs: dict[str, Run]) -> None:
    card = read_card(viewing)
    assert f"measured in one view of each photo, and not in the {VIEWS[CROPS]} in which it answers" in card
    assert "the mean of its probabilities for 10 views of each photo (mirrored and cut, too)" in card
    assert "proba = look(classifier, [Path(" in card
    assert "This looks at one view of the photo" in card
