"""What the program in a bundle refuses, in a line and with a code, and how it prints what it does not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from core.errors import BundleError
from core.models.load import classifier_of
from tests.models.conftest import asked


def rewritten(folder: Path, manifest: dict[str, Any], check: dict[str, Any] | None = None) -> None:
    """Another manifest, and another self-check that the manifest vouches for."""
    if check is not None:
        content = json.dumps(check).encode()
        (folder / "selfcheck.json").write_bytes(content)
        manifest["files"]["selfcheck.json"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_classes_in_another_order_are_refused_by_the_program_and_by_graft(unpacked: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert classifier_of(folder).classes == tuple(manifest["classes"])
    rewritten(folder, {**manifest, "classes": manifest["classes"][::-1]})
    code, out, err = asked(folder, folder / "selfcheck")
    assert (code, out) == (3, "")
    assert err == "Self-check failed: its classes, or their order, are not the manifest's.\n"
    with pytest.raises(BundleError, match="'classes' is not as it should be"):
        classifier_of(folder)
    check = json.loads((folder / "selfcheck.json").read_text())
    del check["classes"], check["manifest"]  # as bundles had it once, which came with a program of their own
    rewritten(folder, manifest, check)
    assert classifier_of(folder).classes == tuple(manifest["classes"])
    (folder / "selfcheck.json").unlink()
    assert classifier_of(folder).classes == tuple(manifest["classes"])


@pytest.mark.parametrize("n", [0, 3])
def test_a_self_check_with_fewer_photos_is_none(unpacked: Path, tmp_path: Path, n: int) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest, check = (json.loads((folder / name).read_text()) for name in ("manifest.json", "selfcheck.json"))
    answers = {key: check["models"]["model.onnx"][key][:n] for key in ("proba", "features")}
    models = {"model.onnx": {**check["models"]["model.onnx"], **answers}}
    rewritten(folder, manifest, {**check, "photos": check["photos"][:n], "models": models})
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    assert (code, out, err) == (3, "", "Self-check failed: its photos are not those that were exported.\n")


@pytest.mark.parametrize("key", ["proba", "features"])
def test_a_self_check_without_an_answer_for_each_photo_fails(unpacked: Path, tmp_path: Path, key: str) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest, check = (json.loads((folder / name).read_text()) for name in ("manifest.json", "selfcheck.json"))
    check["models"]["model.onnx"][key].pop()
    rewritten(folder, manifest, check)
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    assert (code, out, err) == (3, "", "Self-check failed: it has not one answer for each of its photos.\n")


RULE = {"kind": "threshold", "promised": 0.05, "threshold": 0.99, "n": 9, "answered": 0.5, "answered_ci": [0.3, 0.7]}


@pytest.mark.parametrize("what", ["abstention", "levels"])
def test_what_changes_answers_that_no_photo_of_the_self_check_has_is_held_against_it(
    unpacked: Path, tmp_path: Path, what: str
) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest, check = (json.loads((folder / name).read_text()) for name in ("manifest.json", "selfcheck.json"))
    assert check["strangers"] is None
    if what == "levels":
        manifest["preprocessing"]["levels"] = {"whole": [0, 255]}
    else:
        manifest["abstention"] = RULE
    rewritten(folder, manifest)
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    section = "preprocessing" if what == "levels" else what
    assert (code, out, err) == (3, "", f"Self-check failed: '{section}' in the manifest is not what was exported.\n")
    with pytest.raises(BundleError, match=f"'{section}' is not as it should be"):
        classifier_of(folder)


def test_a_manifest_in_another_encoding_is_not_said_to_be_missing(unpacked: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_text().encode("utf-16"))
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("This bundle is not as it was exported (UnicodeDecodeError: ")


@pytest.mark.parametrize("content", ["{}", "[]", "3", "no preprocessing"])
def test_a_manifest_that_is_none_is_said_in_a_line(unpacked: Path, tmp_path: Path, content: str) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    if content == "no preprocessing":
        content = json.dumps({key: value for key, value in manifest.items() if key != "preprocessing"})
    (folder / "manifest.json").write_text(content)
    code, out, err = asked(folder, folder / "selfcheck" / "00.png")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("This bundle is not as it was exported (")


def test_where_there_is_no_photo_that_is_said(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no photo")
    for name in (tmp_path / "empty", ""):
        assert asked(unpacked, unpacked / "selfcheck", name) == (2, "", f"There is no photo in '{name}'.\n")


def test_lines_come_one_by_one_and_who_reads_may_have_enough(unpacked: Path) -> None:
    line = [sys.executable, "-I", str(unpacked / "predict.py"), *[str(unpacked / "selfcheck")] * 4]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert "00.png: " in running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 0


def test_a_runtime_that_is_too_old_for_the_network_is_named(unpacked: Path, tmp_path: Path) -> None:
    import onnx

    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    network = onnx.load(folder / "model.onnx")
    network.ir_version = 999  # of the years to come: no runtime of today knows it
    content = network.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.onnx"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    rewritten(folder, manifest)
    code, out, err = asked(folder, folder / "selfcheck")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"onnxruntime {onnxruntime.__version__}, which is installed here, cannot run 'model.onnx' (")
    assert err.endswith("Install a newer one: pip install --upgrade onnxruntime\n")


def test_a_file_that_is_no_network_of_the_program_is_not_blamed_on_the_runtime(unpacked: Path) -> None:
    code, out, err = asked(unpacked, unpacked / "selfcheck", "--model", "openvino.xml")
    assert (code, out) == (2, "")
    assert err == "'openvino.xml' is no network for this program. It can ask: model.onnx.\n"


def test_a_pillow_that_is_too_old_is_told_by_what_to_install(unpacked: Path, tmp_path: Path) -> None:
    """As Ubuntu 22.04 has it: 9.0 knows no `Resampling`."""
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("")
    (tmp_path / "PIL" / "Image.py").write_text("BILINEAR = 2\n")
    line = [sys.executable, str(unpacked / "predict.py"), str(unpacked / "selfcheck")]
    done = subprocess.run(line, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Resampling" in done.stderr
    assert done.stderr.endswith("Install what this needs: pip install --upgrade onnxruntime numpy pillow\n")
