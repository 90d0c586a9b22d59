import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.backbones.pretraining.images import load_images
from core.errors import BackboneError
from tests.backbones.conftest import COLOURS
from tests.conftest import photo_bytes


def test_packed_images_are_decoded_in_order_with_their_labels(packed: Path, tmp_path: Path) -> None:
    images = load_images(packed, tmp_path / "cache", side_px=32)
    assert images.pixels.shape == (48, 32, 32, 3)
    assert images.labels.tolist() == [0, 1, 2] * 16
    brightest = images.pixels.mean((1, 2)).argmax(1)
    assert brightest.tolist() == [0, 1, 2] * 16


def test_a_zip_and_a_folder_of_the_same_images_give_the_same_squares(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        for i in range(3):
            data = photo_bytes(COLOURS[i], seed=i, size_px=40)
            (folder / f"{i}.png").write_bytes(data)
            archive.writestr(f"{i}.png", data)
    of_folder, of_zip = (load_images(tmp_path / name, tmp_path, side_px=32) for name in ("photos", "zipped.zip"))
    np.testing.assert_array_equal(of_folder.pixels, of_zip.pixels)
    assert of_folder.labels.tolist() == [-1, -1, -1]


def test_a_source_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="holds no images"):
        load_images(tmp_path / "nothing.zip", tmp_path, side_px=32)
