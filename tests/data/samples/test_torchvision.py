"""torchvision's data sets as sources: made sets that keep images as torchvision's classes do, and those classes."""

from __future__ import annotations

import io
import shutil
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from core.data.ingest import ingest
from core.data.limits import Limits
from core.data.samples import fetching
from core.data.samples.catalogue import SAMPLES
from core.data.samples.fetching import RECIPES, SampleRecipe, sample_root
from core.data.samples.torchvision import TorchvisionSample, planned
from core.progress import silent
from tests.conftest import photo


@dataclass(frozen=True, kw_only=True)
class MadeRecipe(SampleRecipe):
    """A recipe whose data sets are made by `made(root, split)`."""

    made: Callable[[Path, str | None], Any]

    def datasets(self, root: Path, *, download: bool) -> list[tuple[str | None, Any]]:
        return [(split, self.made(root, split)) for split, _options in self.parts]


# Writes 24 photos for each split.
DOWNLOAD = """
import pathlib, sys
from tests.conftest import photo
for split in ("train", "val", "test"):
    for i in range(24):
        photo((9 * i, 50, 90), seed=100 * len(split) + i, size_px=8).save(pathlib.Path(sys.argv[2], f"{split}{i}.png"))
"""


def downloaded(root: Path, split: str | None) -> Any:
    """What `DOWNLOAD` wrote, as torchvision's sets of files keep it."""
    files = [root / f"{split}{i}.png" for i in range(24)]
    return types.SimpleNamespace(classes=("a/b", "c"), _image_files=files, _labels=[i % 2 for i in range(24)])


def use(patch: pytest.MonkeyPatch, name: str, made: Callable[[Path, str | None], Any], **changes: Any) -> None:
    """From here on the sample `name` is of data sets that are made."""
    facts = {**vars(RECIPES[name]), **changes}
    patch.setitem(RECIPES, name, MadeRecipe(**facts, made=made))


def test_a_torchvision_set_is_fetched_once_and_taken_with_its_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "COMMAND", (sys.executable, "-c", DOWNLOAD))
    use(monkeypatch, "dtd", downloaded, most={"test": 5})
    dataset = ingest("sample:dtd")
    assert dataset.classes == ("a b", "c")
    assert dataset.given_splits == {"train": 24, "val": 24, "test": 10}
    assert dataset.made_splits == ()
    assert "DTD" in dataset.note
    shutil.rmtree(sample_root("dtd"))
    monkeypatch.setattr(fetching, "COMMAND", (sys.executable, "-c", "raise SystemExit('it is fetched again')"))
    assert ingest("sample:dtd") == dataset


def test_arrays_are_read_as_png_files(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    arrays = types.SimpleNamespace(classes=("ant", "bee"), data=pixels, targets=[1, 0])
    use(monkeypatch, "cifar10", lambda _root, _split: arrays, parts=((None, {}),))
    sample_root("cifar10").mkdir(parents=True)
    (sample_root("cifar10") / ".complete").touch()
    sample = TorchvisionSample(SAMPLES["cifar10"], Limits(), silent)
    assert [entry.name for entry in sample.entries] == ["ant/00001.png", "bee/00000.png"]
    for index, row in enumerate((1, 0)):
        with Image.open(io.BytesIO(sample.read(index))) as image:
            assert image.format == "PNG"
            np.testing.assert_array_equal(np.asarray(image), pixels[row])


def test_image_folders_are_read_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = types.SimpleNamespace(classes=("ant", "bee"), samples=[("x/a.jpg", 1), ("x/b.jpg", 0)])
    use(monkeypatch, "eurosat", lambda _root, _split: folder)
    assert planned(RECIPES["eurosat"], tmp_path) == [("ant/b.jpg", Path("x/b.jpg")), ("bee/a.jpg", Path("x/a.jpg"))]


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_recipes_fit_the_installed_torchvision(name: str, tmp_path: Path) -> None:
    """torchvision's own classes read small stand-ins that lie as their archives unpack."""
    pytest.importorskip("torchvision")
    recipe = RECIPES[name]
    _unpack(name, tmp_path)
    import torchvision.datasets as sets

    cls = getattr(sets, recipe.cls)
    patches = [
        mock.patch.object(cls, c, return_value=True) for c in ("_check_integrity", "_check_exists") if hasattr(cls, c)
    ]
    patches.append(mock.patch("torchvision.datasets.cifar.check_integrity", return_value=True))
    for patch in patches:
        patch.start()
    try:
        plan = planned(recipe, tmp_path)
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
