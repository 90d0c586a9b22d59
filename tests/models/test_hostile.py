"""Bundles that mean harm, or were cut, bent or made by another Graft: each gives one clear line."""

import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from core.bundle.archive import read_manifest
from core.errors import BundleError
from core.models.load import classifier_of
from tests.models.bundles import bent, np_image, pack, refused
from tests.models.conftest import NAMES


def test_the_untouched_parts_load(parts, tmp_path):
    assert classifier_of(pack(tmp_path / "b.zip", parts)).classes[0] == "ant_*"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from Linux's /proc")
def test_more_classes_than_there_are_weights_for_cost_no_memory(parts, tmp_path):
    """The head that this manifest claims would take 300 MB."""
    n = 100_000

    def many(manifest):
        manifest["classes"] = [str(i) for i in range(n)]
        manifest["model"]["tensors"]["head.weight"]["shape"] = [n, 768]
        manifest["model"]["tensors"]["head.bias"]["shape"] = [n]

    path = pack(tmp_path / "b.zip", bent(parts, many))
    script = """
import sys, pathlib
from core.errors import BundleError
from core.models.load import classifier_of

def peak_mb():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024

before = peak_mb()
try:
    classifier_of(pathlib.Path(sys.argv[1]))
except BundleError:
    print(peak_mb() - before)
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200


def test_no_file_and_no_zip(tmp_path):
    refused(tmp_path / "none.zip", r"There is no bundle 'none\.zip'")
    refused(tmp_path, "not a bundle")
    for name, content in {"empty": b"", "text": b"hello", "pickle": pickle.dumps([1]), "zeros": bytes(5000)}.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, "not a bundle")


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_entry(parts, tmp_path, missing):
    refused(pack(tmp_path / "b.zip", {k: v for k, v in parts.items() if k != missing}), "not a bundle")


@pytest.mark.parametrize("extra", ["../evil.py", "/etc/passwd", "data.pkl", "manifest.json", "a\\b"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_too_many(parts, tmp_path, extra):
    refused(pack(tmp_path / "b.zip", [*parts.items(), (extra, b"x")]), "not a bundle")


def test_compressed_entries_are_not_unpacked(parts, tmp_path):
    bomb = {**parts, "model.safetensors": bytes(50 << 20)}
    path = pack(tmp_path / "b.zip", bomb, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 20
    refused(path, "not a bundle")


def test_an_entry_that_claims_to_be_larger_than_the_file(parts, tmp_path):
    path = pack(tmp_path / "b.zip", parts)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<II", content, at + 20, 0xF0000000, 0xF0000000)
    path.write_bytes(content)
    refused(path, "not a bundle")


def test_an_encrypted_entry(parts, tmp_path):
    path = pack(tmp_path / "b.zip", parts)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    refused(path, "not a bundle")


def test_a_huge_directory_is_not_read(parts, tmp_path):
    path = pack(tmp_path / "b.zip", [*parts.items(), *((f"{i:060d}", b"") for i in range(2000))])
    refused(path, "not a bundle")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_bundle(pixels_bundle, tmp_path, share):
    content = pixels_bundle.read_bytes()
    (tmp_path / "b.zip").write_bytes(content[: int(len(content) * share)])
    refused(tmp_path / "b.zip", "not a bundle")


def test_every_flipped_byte_is_noticed_or_harmless(pixels_bundle, tmp_path):
    """Whatever byte is wrong, there is either one clear error or the same predictions."""
    content = pixels_bundle.read_bytes()
    image = [np_image()]
    expected = classifier_of(pixels_bundle).predict(image)
    rng = np.random.default_rng(0)
    directory = content.index(b"PK\x01\x02")
    places = [*rng.integers(0, len(content), 150), *rng.integers(directory, len(content), 100), *range(0, 60)]
    path = tmp_path / "b.zip"
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        try:
            assert np.array_equal(classifier_of(path).predict(image), expected)
        except BundleError:
            continue


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"format": 1' + b"0" * 5000 + b"}",
    ],
)  # fmt: skip
def test_a_manifest_that_is_no_json_object(parts, tmp_path, content):
    refused(pack(tmp_path / "b.zip", {**parts, "manifest.json": content}), "not as it should be|not a bundle made")


def change(*keys, value):
    def apply(manifest):
        place = manifest
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("format",), "other", "not a bundle made by Graft"),
        (("schema",), 2, "schema 2, and this Graft reads 1. Update Graft"),
        (("schema",), "9" * 10_000, "Update Graft"),
        (("backbone", "name"), "resnet99", "backbone 'resnet99' is not known"),
        (("backbone", "name"), "../../etc", "is not known"),
        (("backbone", "name"), "resnet18", "another version of the backbone 'resnet18'"),
        (("backbone", "architecture"), "residual-v9", "another version"),
        (("backbone", "feature_dim"), 512, r"'head\.weight'"),
        (("backbone",), [], "'backbone'"),
        (("classes",), ["a", "b"], r"'head\.weight'"),
        (("classes",), ["a", "a", "b"], "'classes'"),
        (("classes",), ["a", 1, "b"], "'classes'"),
        (("classes",), "abc", "'classes'"),
        (("kind",), "script", "'kind'"),
        (("seed",), True, "'seed'"),
        (("seed",), None, "'seed'"),
        (("metrics",), {"val": 1}, "'metrics'"),
        (("metrics",), {"val": {}}, "'metrics'"),
        (("metrics", "val", "accuracy"), "all", "'metrics'"),
        (("metrics", "val", "accuracy"), 10**400, "'metrics'"),
        (("metrics", "val", "epochs"), [], "'metrics'"),
        (("versions",), {"torch": 2}, "'versions'"),
        (("dataset", "photos"), [], "'photos'"),
        (("purpose",), {"not_for": 3}, "'purpose'"),
        (("purpose",), {"not_for": "x" * 2001}, "'purpose'"),
        (("dataset", "photos"), {"train": {"ant_*": "2"}}, "'photos'"),
        (("dataset", "photos"), {"train": {"owl": 2}}, "'photos'"),
        (("dataset", "photos"), {"spare": {"ant_*": 2}}, "'photos'"),
        (("preprocessing", "crop_px"), 10**6, "'preprocessing'"),
        (("preprocessing", "crop_px"), 8, "another version of the backbone 'pixels_16'"),
        (("preprocessing", "crop_px"), 0, "'preprocessing'"),
        (("preprocessing", "crop_px"), 1.5, "'crop_px'"),
        (("preprocessing", "mean"), ["nan", 0, 0], "'preprocessing'"),
        (("preprocessing", "std"), [0, 1, 1], "'preprocessing'"),
        (("preprocessing", "std"), [10**400, 1, 1], "'preprocessing'"),
        (("preprocessing", "interpolation"), "__import__", "'preprocessing'"),
        (("preprocessing",), {}, "'mean'"),
        (("model", "sha256"), "0" * 64, "not those that its manifest describes"),
        (("model", "sha256"), "x", r"'model\.sha256'"),
        (("model", "bytes"), 1, "not those that its manifest describes"),
        (("model", "tensors", "head.bias", "shape"), [4], r"'head\.bias'"),
        (("model", "tensors", "head.bias", "shape"), ["3"], r"'model\.tensors'"),
        (("model", "tensors", "head.bias", "dtype"), "F64", r"'head\.bias'"),
        (("model", "tensors", "backbone.extra"), {"dtype": "F32", "shape": [1]}, "do not fit its backbone"),
        (("model", "tensors"), {str(i): {"dtype": "F32", "shape": []} for i in range(2001)}, r"'model\.tensors'"),
    ],
)
def test_a_bent_manifest(parts, tmp_path, keys, value, message):
    refused(pack(tmp_path / "b.zip", bent(parts, change(*keys, value=value))), message)


def test_a_manifest_is_read_without_torch(pixels_bundle):
    code = (
        "import sys, pathlib, core.bundle.archive as a; a.read_manifest(pathlib.Path(sys.argv[1]));"
        "a.read_card(pathlib.Path(sys.argv[1])); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(pixels_bundle)], check=False).returncode == 0
    assert read_manifest(pixels_bundle).backbone == "pixels_16"
