from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.data.ingest import ingest
from core.data.limits import Limits
from core.data.samples.catalogue import SAMPLES
from core.data.samples.open import open_sample
from core.data.samples.textures import PER_CLASS, SIZE_PX, TEXTURES, texture, texture_png
from core.progress import silent


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


def test_the_digits_are_real_and_enlarged() -> None:
    from sklearn.datasets import load_digits

    source = open_sample("digits", Limits(), silent)
    with Image.open(io.BytesIO(source.read(0))) as image:
        back = np.asarray(image.resize((8, 8), Image.Resampling.BOX), dtype=float)
    assert np.corrcoef(back.ravel(), load_digits().images[0].ravel())[0, 1] > 0.98
    assert source.entries[0].name == "0/0000.png"
