from __future__ import annotations

import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.samples import fetching, torchvision
from core.data.samples.catalogue import SAMPLES
from core.data.samples.fetching import RECIPES, explanation, fetched, sample_root
from core.data.samples.textures import PER_CLASS, SIZE_PX, TEXTURES, texture, texture_png
from core.errors import Cancelled, DatasetError
from core.progress import Progress, silent
from tests.conftest import photo


def test_textures_are_seeded_and_no_two_are_alike() -> None:
    assert texture_png("dots", 3) == texture_png("dots", 3)
    assert texture("dots", 3).size == (SIZE_PX, SIZE_PX)
    assert len({texture(label, i).tobytes() for label in TEXTURES for i in range(3)}) == 3 * len(TEXTURES)


def test_coarse_pixels_and_colours_do_not_tell_textures_apart() -> None:
    images = [(texture(label, i).resize((16, 16)), label) for label in TEXTURES for i in range(20)]
    pixels = np.array([np.asarray(image, dtype=np.float64).ravel() for image, _label in images])
    labels = np.array([label for _image, label in images])
    squares = (pixels**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * pixels @ pixels.T
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() < 0.4


@pytest.mark.parametrize("name", ["textures", pytest.param("digits", marks=pytest.mark.slow)])
def test_the_offline_samples_are_what_they_say(name: str) -> None:
    info = SAMPLES[name]
    assert info.offline
    dataset = ingest(f"sample:{name}")
    assert (len(dataset.classes), len(dataset.items), dataset.source) == (
        info.classes,
        info.images,
        f"sample:{name}",
    )
    assert dataset.skipped == ()
    assert info.note in dataset.note
    assert ingest(f"sample:{name}") == dataset


def test_the_textures_are_labelled_as_generated() -> None:
    assert "generated" in SAMPLES["textures"].description
    assert len(TEXTURES) * PER_CLASS == SAMPLES["textures"].images


class FakeSet:
    """Looks like one of torchvision's data sets; "downloads" by writing files."""

    classes = ("a/b", "c")

    def __init__(self, root: str, download: bool, split: str = "train") -> None:
        folder = Path(root) / "files"
        if not download and not folder.is_dir():
            raise RuntimeError("Dataset not found")
        folder.mkdir(parents=True, exist_ok=True)
        self._image_files, self._labels = [], []
        for i in range(24):
            path = folder / f"{split}{i}.png"
            photo((9 * i, 50, 90), seed=100 * len(split) + i, size_px=8).save(path)
            self._image_files.append(path)
            self._labels.append(i % 2)


@pytest.fixture
def fake_dtd(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = types.ModuleType("torchvision.datasets")
    datasets.DTD = FakeSet  # type: ignore[attr-defined]
    package = types.ModuleType("torchvision")
    package.datasets = datasets  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)

    def download(name: str, root: Path, *_rest: Any) -> None:
        RECIPES[name].datasets(root, download=True)

    monkeypatch.setattr(fetching, "_run", download)


def test_a_torchvision_set_is_fetched_once_and_taken_with_its_splits(
    fake_dtd: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "dtd", replace(RECIPES["dtd"], most={"test": 5}))
    dataset = ingest("sample:dtd")
    assert dataset.classes == ("a b", "c")
    assert dataset.given_splits == {"train": 24, "val": 24, "test": 10}
    assert dataset.made_splits == ()
    assert "DTD" in dataset.note
    assert (sample_root("dtd") / ".complete").exists()
    monkeypatch.setattr(torchvision, "fetched", None)
    assert ingest("sample:dtd") == dataset


def test_arrays_and_image_folders_are_read_too(tmp_path: Path) -> None:
    arrays = types.SimpleNamespace(data=np.zeros((2, 4, 4, 3), np.uint8), targets=[1, 0])
    assert [label for label, _image in torchvision._rows(arrays)] == [1, 0]
    folder = types.SimpleNamespace(samples=[("x/a.jpg", 0), ("x/b.jpg", 1)])
    assert torchvision._rows(folder) == [(0, Path("x/a.jpg")), (1, Path("x/b.jpg"))]
    assert torchvision._png(arrays.data[0])[:4] == b"\x89PNG"


def test_with_no_network_the_error_says_what_to_do() -> None:
    text = explanation("flowers102", "Oxford Flowers-102", "Name or service not known")
    assert "Name or service not known" in text
    assert "102flowers.tgz, imagelabels.mat, setid.mat" in text
    assert str(sample_root("flowers102") / "flowers-102") in text
    assert "textures" in text


def test_a_public_app_shows_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert str(sample_root("dtd").parent) not in explanation("dtd", "DTD", "x")


def _child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The download process runs `code` instead, with the name and the folder as its arguments."""
    real = fetching.subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([command[0], "-c", code, *command[3:]], **options)

    monkeypatch.setattr(fetching.subprocess, "Popen", start)


def test_a_failed_download_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    _child(monkeypatch, "print('noise'); print('no route to host'); raise SystemExit(1)")
    with pytest.raises(DatasetError, match=r"EuroSAT could not be downloaded \(no route to host\).*EuroSAT\.zip"):
        inspect("sample:eurosat")


def test_a_download_reports_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    _child(
        monkeypatch,
        "import pathlib, sys, time\npathlib.Path(sys.argv[2], 'x.zip').write_bytes(bytes(3_000_000)); time.sleep(1)",
    )
    seen: list[Progress] = []
    root = fetched("eurosat", "EuroSAT", 94, seen.append)
    assert (seen[-1].done, seen[-1].total) == (3_000_000, 94_000_000)
    assert (root / ".complete").exists()
    assert fetched("eurosat", "EuroSAT", 94, silent) == root


def test_a_download_can_be_cancelled_and_leaves_no_half_unpacked_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    _child(
        monkeypatch,
        "import pathlib, sys, time\n"
        "root = pathlib.Path(sys.argv[2]); (root / 'eurosat.zip').touch()\n"
        "(root / 'eurosat/2750/x').mkdir(parents=True)\n"
        "time.sleep(60)",
    )
    root = sample_root("eurosat")

    def stop(step: Progress) -> None:
        if (root / "eurosat/2750/x").exists():
            raise Cancelled

    with pytest.raises(Cancelled):
        fetched("eurosat", "EuroSAT", 94, stop)
    assert (root / "eurosat.zip").exists()
    assert not (root / "eurosat/2750").exists()
    assert not (root / ".complete").exists()


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_recipes_fit_the_installed_torchvision(name: str, tmp_path: Path) -> None:
    """torchvision's own classes read small stand-ins that lie as their archives unpack."""
    pytest.importorskip("torchvision")
    recipe = RECIPES[name]
    _unpack(name, tmp_path)
    from unittest import mock

    import torchvision.datasets as sets

    cls = getattr(sets, recipe.cls)
    patches = [
        mock.patch.object(cls, c, return_value=True) for c in ("_check_integrity", "_check_exists") if hasattr(cls, c)
    ]
    patches.append(mock.patch("torchvision.datasets.cifar.check_integrity", return_value=True))
    for patch in patches:
        patch.start()
    try:
        plan = torchvision.planned(recipe, tmp_path)
    finally:
        mock.patch.stopall()
    splits = {split for split, _options in recipe.parts}
    assert {n.split("/")[0] if None not in splits else None for n, _image in plan} == splits
    assert all(not isinstance(image, Path) or image.is_file() for _name, image in plan)
    assert plan


def _unpack(name: str, root: Path) -> None:
    small = photo((10, 200, 30), 1, 8)

    def save(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        small.save(path)

    if name == "eurosat":
        for label in ("Forest", "River"):
            save(root / "eurosat/2750" / label / f"{label}_1.jpg")
    elif name == "dtd":
        for split in ("train", "val", "test"):
            for word in ("bubbly", "woven"):
                save(root / f"dtd/dtd/images/{word}/{word}_{split}.jpg")
            labels = root / "dtd/dtd/labels" / f"{split}1.txt"
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("".join(f"{w}/{w}_{split}.jpg\n" for w in ("bubbly", "woven")))
    elif name == "pets":
        base = root / "oxford-iiit-pet"
        for split in ("trainval", "test"):
            lines = []
            for k, breed in enumerate(("Bengal", "pug")):
                save(base / f"images/{breed}_{split}.jpg")
                lines.append(f"{breed}_{split} {k + 1} {k + 1} 1\n")
            (base / "annotations").mkdir(exist_ok=True)
            (base / "annotations" / f"{split}.txt").write_text("".join(lines))
    elif name == "flowers102":
        from scipy.io import savemat

        base = root / "flowers-102"
        for i in range(1, 7):
            save(base / f"jpg/image_{i:05d}.jpg")
        savemat(base / "imagelabels.mat", {"labels": [[1, 1, 1, 2, 2, 2]]})
        savemat(base / "setid.mat", {"trnid": [[1, 4]], "valid": [[2, 5]], "tstid": [[3, 6]]})
    else:
        import pickle

        base = root / "cifar-10-batches-py"
        base.mkdir()
        rows = np.zeros((4, 3072), np.uint8)
        for batch in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
            (base / batch).write_bytes(pickle.dumps({"data": rows, "labels": [0, 1, 2, 3]}))
        (base / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"c{i}" for i in range(10)]}))


def test_the_digits_are_real_and_enlarged() -> None:
    from sklearn.datasets import load_digits

    from core.data.limits import Limits
    from core.data.samples.open import open_sample

    source = open_sample("digits", Limits(), silent)
    import io

    with Image.open(io.BytesIO(source.read(0))) as image:
        back = np.asarray(image.resize((8, 8), Image.Resampling.BOX), dtype=float)
    assert np.corrcoef(back.ravel(), load_digits().images[0].ravel())[0, 1] > 0.98
    assert source.entries[0].name == "0/0000.png"
