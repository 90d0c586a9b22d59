"""Where a model looks over many photos: on photos whose border, or whose centre, alone tells their classes apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.errors import ExplainError
from core.evaluation.intervals import wilson
from core.evaluation.pairwise.difference import paired_interval
from core.explaining.attention.measure import KEPT, measure
from core.explaining.attention.record import BORDER_SHARE, Attention, Hidden, border_cells
from core.explaining.records import CELLS, GRAD_CAM, HeatMap
from core.progress import Progress
from tests.conftest import ZipBuilder
from tests.explaining.models import told_by_colour

COLOURS = {"red": (220, 40, 40), "green": (40, 220, 40)}


def picture(colour: tuple[int, int, int], seed: int, *, at_border: bool) -> bytes:
    """A grey photo with noise whose border, or whose centre, has a colour."""
    rng = np.random.default_rng(seed)
    pixels = np.full((64, 64, 3), 90.0)
    cells = border_cells().repeat(4, 0).repeat(4, 1)
    pixels[cells if at_border else ~cells] = colour
    out = io.BytesIO()
    Image.fromarray((pixels + rng.normal(0, 10, pixels.shape)).clip(0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def photos(small_zip: ZipBuilder, *, at_border: bool) -> Dataset:
    extra = {
        f"{name}/{n}.png": picture(colour, 100 * c + n, at_border=at_border)
        for c, (name, colour) in enumerate(COLOURS.items())
        for n in range(30)
    }
    return ingest(small_zip(f"{at_border}.zip", classes=(), extra=extra))


@pytest.fixture
def looked(small_zip: ZipBuilder, tmp_path: Path) -> Callable[..., Attention]:
    def look(*, at_border: bool, **more: object) -> Attention:
        folder = tmp_path / "job"
        folder.mkdir()
        dataset = photos(small_zip, at_border=at_border)
        return measure(told_by_colour(64), dataset, "train", folder, **more)  # type: ignore[arg-type]

    return look


def test_a_shortcut_at_the_border_is_seen_and_proved(looked: Callable[..., Attention], tmp_path: Path) -> None:
    result = looked(at_border=True)
    assert result.n == result.right == result.of > 30
    assert result.border_mean > 0.8 > BORDER_SHARE
    assert result.centre.accuracy == 1  # the border is enough
    assert result.border.accuracy == pytest.approx(1 / 3, abs=0.2)  # the best of three colours of noise
    assert result.border_gives_away
    assert "still right for 100.0 %" in result.verdict
    assert {each.label for each in result.classes} == set(COLOURS)
    kept = result.photos
    assert len(kept) == KEPT
    assert [photo.border for photo in kept] == sorted((photo.border for photo in kept), reverse=True)
    heat = HeatMap.load(tmp_path / "job" / kept[0].map)
    assert heat.label == kept[0].predicted
    assert (tmp_path / "job" / kept[0].picture).is_file()
    assert Attention.load(tmp_path / "job") == result


def test_a_subject_in_the_centre_is_no_shortcut(looked: Callable[..., Attention]) -> None:
    result = looked(at_border=False)
    assert result.border_mean < 0.2 < BORDER_SHARE
    assert not result.border_gives_away
    assert f"no shortcut at the border was shown on {result.n} photos" in result.verdict
    assert "With nothing hidden it is right for 100.0 %" in result.verdict
    assert result.border.drop == 0
    assert result.centre.drop == pytest.approx(2 / 3, abs=0.2)
    (red,) = (each for each in result.classes if each.label == "red")
    cells = np.array(red.cells)
    assert cells.shape == (CELLS, CELLS)
    assert cells[~border_cells()].mean() > 5 * cells[border_cells()].mean()


def test_a_sample_has_of_every_class_the_same_share_and_is_told_of(looked: Callable[..., Attention]) -> None:
    steps: list[Progress] = []
    result = looked(at_border=True, most=10, report=steps.append)
    assert (result.n, result.largest) == (10, 5)
    assert result.of > 30
    assert [(step.done, step.total) for step in steps] == [(n, 10) for n in range(10)]


def test_photos_of_no_class_of_the_model_are_refused(small_dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    dataset = small_dataset(classes=("cat", "dog"), per_class=8)
    with pytest.raises(ExplainError, match="no photo of the model's classes in the split 'val'"):
        measure(told_by_colour(), dataset, "val", tmp_path)


@pytest.mark.parametrize(("right", "knows"), [(32, False), (37, False), (38, True)])
def test_a_model_that_guesses_gets_no_all_clear(right: int, knows: bool) -> None:
    hidden = Hidden(n=60, right=30, lost=2, won=0)
    result = Attention(
        backbone="resnet18", dataset="d", split="val", method=GRAD_CAM, n=60, of=60, right=right, largest=30,
        border_mean=0.5, border_sd=0.1, border=hidden, centre=hidden, classes=(),
    )  # fmt: skip
    assert wilson(37, 60)[0] < 0.5 < wilson(38, 60)[0]
    assert (result.knows_classes, result.as_json()["knows_classes"]) == (knows, knows)
    assert ("no shortcut at the border was shown" in result.verdict) is knows
    assert ("cannot be told: also with nothing hidden" in result.verdict) is not knows


def test_what_hiding_costs_is_a_paired_difference() -> None:
    hidden = Hidden(n=50, right=30, lost=12, won=2)
    assert hidden.accuracy == 0.6
    assert hidden.accuracy_ci == wilson(30, 50)
    assert hidden.drop == pytest.approx(0.2)
    assert hidden.drop_ci == paired_interval(12, 2, 50)
    with pytest.raises(ExplainError, match="damaged"):
        Hidden(n=5, right=6, lost=0, won=0)


def test_the_border_is_the_outermost_eighth_on_each_side() -> None:
    assert border_cells().mean() == pytest.approx(BORDER_SHARE)
    assert border_cells()[:2].all()
    assert not border_cells()[2:-2, 2:-2].any()
