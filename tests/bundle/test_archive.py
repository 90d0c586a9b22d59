"""What travels along in a bundle, and bundles that were unpacked or packed again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.bundle.archive import facts_of, read_card, read_file, read_manifest, read_model, write
from core.bundle.files import FileFacts
from core.errors import BundleError
from tests.bundle.conftest import WEIGHTS, manifest_of, parts_with

BESIDE = {"model.onnx": b"graph" * 50, "predict.py": b"print()\n", "selfcheck/00.png": b"\x89PNG", "README.txt": b"hi"}


def packed(path: Path, parts: Mapping[str, bytes], how: int = zipfile.ZIP_STORED, around: str = "") -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(around + name, content)
    return path


def unpacked(folder: Path, parts: Mapping[str, bytes]) -> Path:
    for name, content in parts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def is_read(path: Path) -> None:
    """Everything in the bundle comes out as it went in."""
    manifest = read_manifest(path)
    assert read_model(path, manifest) == WEIGHTS
    assert read_card(path) == "# Card"
    assert {name: read_file(path, manifest, name) for name in manifest.files} == BESIDE


def refused(path: Path, message: str = "not a bundle") -> None:
    with pytest.raises(BundleError, match=message):
        read_manifest(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    files = {name: unpacked(tmp_path / "from", BESIDE) / name for name in BESIDE}
    manifest = manifest_of(files=facts_of(files))
    weights = unpacked(tmp_path / "from", {"weights": WEIGHTS}) / "weights"
    out = tmp_path / "bundle.zip"
    write(out, json.dumps(manifest.to_json()).encode(), b"# Card", {"model.safetensors": weights, **files})
    is_read(out)
    assert read_manifest(out) == manifest


def test_the_page_alone_is_compressed(tmp_path: Path) -> None:
    contents = {"index.html": b"letters " * 5_000, "model.onnx": b"graph" * 5_000, "model.safetensors": WEIGHTS}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "b.zip"
    write(out, json.dumps(manifest_of().to_json()).encode(), b"# Card", {name: tmp_path / name for name in contents})
    with zipfile.ZipFile(out) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        assert archive.read("index.html") == contents["index.html"]
    assert [name for name, entry in entries.items() if entry.compress_type != zipfile.ZIP_STORED] == ["index.html"]
    assert entries["index.html"].compress_size < 1_000
    assert read_manifest(out) == manifest_of()


def test_a_bundle_without_anything_beside_has_no_such_word_in_its_manifest() -> None:
    assert "files" not in manifest_of().to_json()
    assert read_nothing() is None


def read_nothing() -> bytes | None:
    """What a manifest that names no file gives for one; the path is not even looked at."""
    return read_file(Path("nowhere.zip"), manifest_of(), "model.onnx")


@pytest.mark.parametrize("around", ["", "bundle/", "Bündel 2/"])
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_bundle_that_was_packed_again_is_read(tmp_path: Path, how: int, around: str) -> None:
    is_read(packed(tmp_path / "b.zip", parts_with(BESIDE), how, around))


def test_what_systems_add_when_they_pack_is_passed_over(tmp_path: Path) -> None:
    path = packed(tmp_path / "b.zip", parts_with(BESIDE), zipfile.ZIP_DEFLATED, "bundle/")
    with zipfile.ZipFile(path, "a") as archive:
        for litter in ("bundle/", "bundle/selfcheck/", "bundle/.DS_Store", "__MACOSX/bundle/._manifest.json"):
            archive.writestr(litter, b"" if litter.endswith("/") else b"x")
    is_read(path)


def test_a_bundle_that_was_unpacked_is_read_whatever_lies_beside_it(tmp_path: Path) -> None:
    is_read(unpacked(tmp_path / "bundle", {**parts_with(BESIDE), "my photo.jpg": b"x", "more/data.pkl": b"x"}))


@pytest.mark.parametrize(
    "names",
    [
        ("a/manifest.json", "b/MODEL_CARD.md", "a/model.safetensors"),
        ("a/b/manifest.json", "a/b/MODEL_CARD.md", "a/b/model.safetensors"),
        ("../manifest.json", "../MODEL_CARD.md", "../model.safetensors"),
        ("/manifest.json", "/MODEL_CARD.md", "/model.safetensors"),
        ("a/manifest.json", "a/MODEL_CARD.md", "model.safetensors"),
        ("selfcheck/manifest.json", "selfcheck/MODEL_CARD.md", "selfcheck/model.safetensors"),
    ],
)
def test_folders_other_than_one_around_all_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    refused(packed(tmp_path / "b.zip", dict(zip(names, parts_with({}).values(), strict=True))))


@pytest.mark.parametrize(
    "extra",
    ["evil.py", "selfcheck/0.png", "selfcheck/00.exe", "selfcheck/../00.png", "a/predict.py", "model.onnx.data"],
)
def test_a_file_that_no_bundle_has_is_refused(tmp_path: Path, extra: str) -> None:
    refused(packed(tmp_path / "b.zip", {**parts_with({}), extra: b"x"}))
    refused(packed(tmp_path / "b.zip", parts_with({extra: b"x"})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "b.zip", parts_with(BESIDE))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("predict.py", b"evil")
    refused(path)


@pytest.mark.parametrize("name", ["model.onnx", "index.html", "README.txt", "manifest.json"])
def test_what_would_swell_is_refused_unread(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "b.zip", {**parts_with({}), name: bytes(16 << 20)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 17
    refused(path)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_refused(tmp_path: Path, how: int) -> None:
    refused(packed(tmp_path / "b.zip", parts_with(BESIDE), how))


def test_a_file_larger_than_it_may_be_is_refused(tmp_path: Path) -> None:
    parts = parts_with({"predict.py": b"#" * ((1 << 20) + 1)})
    refused(packed(tmp_path / "b.zip", parts))
    refused(unpacked(tmp_path / "folder", parts), "'files' is not as it should be")


def test_only_regular_files_of_a_folder_are_read(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "bundle", parts_with(BESIDE))
    (tmp_path / "elsewhere").write_bytes(BESIDE["predict.py"])
    (folder / "predict.py").unlink()
    (folder / "predict.py").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="not a bundle"):
        read_file(folder, read_manifest(folder), "predict.py")


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    refused(tmp_path)
    refused(unpacked(tmp_path / "half", {"manifest.json": parts_with({})["manifest.json"]}))


@pytest.mark.parametrize("content", [b"other", BESIDE["model.onnx"][:-1] + b"x"])
def test_other_contents_under_the_same_name_are_refused(tmp_path: Path, content: bytes) -> None:
    path = packed(tmp_path / "b.zip", {**parts_with(BESIDE), "model.onnx": content})
    with pytest.raises(BundleError, match=r"'model\.onnx' in this bundle is not what its manifest describes"):
        read_file(path, read_manifest(path), "model.onnx")


def test_a_file_that_the_manifest_names_and_is_not_there(tmp_path: Path) -> None:
    parts = parts_with(BESIDE)
    path = packed(tmp_path / "b.zip", {name: parts[name] for name in parts if name != "model.onnx"})
    with pytest.raises(BundleError, match=r"'model\.onnx' in this bundle"):
        read_file(path, read_manifest(path), "model.onnx")


@pytest.mark.parametrize(
    "files",
    [
        [],
        {"model.onnx": 1},
        {"model.onnx": {"sha256": "0" * 63, "bytes": 1}},
        {"model.onnx": {"sha256": "0" * 64, "bytes": -1}},
        {"model.onnx": {"sha256": "0" * 64, "bytes": 2**40}},
        {"model.onnx": {"sha256": "0" * 64}},
        {"manifest.json": {"sha256": "0" * 64, "bytes": 1}},
        {"../x": {"sha256": "0" * 64, "bytes": 1}},
    ],
)
def test_a_bent_list_of_files(tmp_path: Path, files: object) -> None:
    parts = parts_with({})
    bent = {**json.loads(parts["manifest.json"]), "files": files}
    path = packed(tmp_path / "b.zip", {**parts, "manifest.json": json.dumps(bent).encode()})
    with pytest.raises(BundleError, match="is not as it should be"):
        read_manifest(path)


def test_a_name_that_no_bundle_has_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"no file 'evil\.py'"):
        write(tmp_path / "b.zip", b"{}", b"", {"evil.py": tmp_path / "x"})
    assert not (tmp_path / "b.zip").exists()


def test_facts_are_a_hash_and_a_size() -> None:
    with pytest.raises(ValueError, match="sha256"):
        FileFacts("x", 1)
