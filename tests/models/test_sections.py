"""A manifest from which one section was left out: what it says of the model is refused by Graft and by the program."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.bundle.contents import Contents, Purpose
from core.bundle.portable.whole import PACKING
from core.data.dataset import Dataset
from core.errors import BundleError
from core.evaluation.abstention.fitting import fit_sets
from core.evaluation.abstention.kept import keep_rule
from core.evaluation.predictions import Predictions
from core.models.export import export
from core.models.load import classifier_of
from core.models.strangers import learn_strangers
from core.models.views import keep_views
from core.runs import Run
from tests.models.conftest import asked

SECTIONS = {
    "cautious": ("abstention", "strangers", "purpose", "calibration", "chosen", "metrics", "config"),
    "flipping": ("views",),
}


@pytest.fixture(scope="module")
def bundles(runs: dict[str, Run], dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By name, two unpacked bundles which have every section between them; the one has a rule, the other views."""
    folder = tmp_path_factory.mktemp("sections")
    contents = Contents(purpose=Purpose(not_for="people"))
    for name in SECTIONS:
        run = dataclasses.replace(runs["pixels"], path=shutil.copytree(runs["pixels"].path, folder / f"{name}-run"))
        if name == "cautious":
            keep_rule(run.path, fit_sets(Predictions.load(run.predictions_path("val")), 0.7))
            learn_strangers(run, dataset)
        else:
            keep_views(run.path, "flip")
        with zipfile.ZipFile(export(run, folder / f"{name}.zip", contents=contents, dataset=dataset)) as bundle:
            bundle.extractall(folder / name)
    return {name: folder / name for name in SECTIONS}


def document(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def bent(folder: Path, to: Path, manifest: dict[str, Any]) -> Path:
    """The same bundle with another manifest."""
    copy = shutil.copytree(folder, to)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def test_they_have_every_section_and_answer(bundles: dict[str, Path]) -> None:
    for name, folder in bundles.items():
        assert set(SECTIONS[name]) <= document(folder).keys()
        assert set(PACKING) - {"left_out"} <= document(folder).keys()
        assert classifier_of(folder).classes == tuple(document(folder)["classes"])
        assert asked(folder, folder / "selfcheck" / "00.png")[0] == 0


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, parts in SECTIONS.items() for what in parts])
def test_a_section_that_was_left_out_is_missed(bundles: dict[str, Path], tmp_path: Path, name: str, what: str) -> None:
    manifest = document(bundles[name])
    del manifest[what]
    folder = bent(bundles[name], tmp_path / "bundle", manifest)
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    assert (code, out, err) == (3, "", f"Self-check failed: '{what}' in the manifest is not what was exported.\n")
    with pytest.raises(BundleError, match=f"'{what}' is not as it should be"):
        classifier_of(folder)


def test_the_counts_of_its_photos_are_missed_too(bundles: dict[str, Path], tmp_path: Path) -> None:
    manifest = document(bundles["cautious"])
    del manifest["dataset"]["photos"]
    folder = bent(bundles["cautious"], tmp_path / "bundle", manifest)
    assert asked(folder, folder / "selfcheck" / "00.png")[0] == 3
    with pytest.raises(BundleError, match="'dataset' is not as it should be"):
        classifier_of(folder)


@pytest.mark.parametrize(("gone", "missed"), [(("files",), "strangers"), (("files", "strangers"), "files")])
def test_without_its_list_of_files_nothing_of_it_is_believed(
    bundles: dict[str, Path], tmp_path: Path, gone: tuple[str, ...], missed: str
) -> None:
    manifest = {key: value for key, value in document(bundles["cautious"]).items() if key not in gone}
    folder = bent(bundles["cautious"], tmp_path / "bundle", manifest)
    assert asked(folder, folder / "selfcheck" / "00.png")[0] == 2
    with pytest.raises(BundleError, match=f"'{missed}' is not as it should be"):
        classifier_of(folder)


@pytest.mark.parametrize("what", ["graphs", "tools"])
def test_how_it_was_packed_changes_no_answer(bundles: dict[str, Path], tmp_path: Path, what: str) -> None:
    manifest = document(bundles["cautious"])
    del manifest[what]
    folder = bent(bundles["cautious"], tmp_path / "bundle", manifest)
    assert asked(folder, folder / "selfcheck" / "00.png")[0] == 0
    assert classifier_of(folder).caution.strangers is not None


def test_without_a_self_check_the_file_of_strangers_and_its_section_belong_together(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    manifest = document(bundles["cautious"])
    del manifest["strangers"], manifest["files"]["selfcheck.json"]
    folder = bent(bundles["cautious"], tmp_path / "bundle", manifest)
    (folder / "selfcheck.json").unlink()
    with pytest.raises(BundleError, match="'strangers' is not as it should be"):
        classifier_of(folder)


def test_another_file_of_strangers_is_missed_though_the_manifest_means_it(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    manifest = document(bundles["cautious"])
    folder = bent(bundles["cautious"], tmp_path / "bundle", manifest)
    manifest["files"]["strangers.safetensors"] = manifest["files"]["model.onnx"]
    (folder / "strangers.safetensors").write_bytes((folder / "model.onnx").read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="'strangers' is not as it should be"):
        classifier_of(folder)
    assert asked(folder, folder / "selfcheck" / "00.png")[0] == 2  # it is no such file at all
