import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core.pretraining.targets import Answers
from core.pretraining.teachers import Targets
from core.pretraining.views import Views, draw_views
from tests.pretraining.conftest import MeanColour, plan_of


class Counting(MeanColour):
    """A teacher that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        self.asked += 1
        yield from super().__call__(batches)


@pytest.fixture
def pixels() -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8))


def test_they_are_what_the_teacher_says_of_the_very_view(pixels: Tensor, tmp_path: Path) -> None:
    plan = partial(plan_of, 60)  # each image three times
    answers = Answers([MeanColour()], pixels, plan, tmp_path, name="x", input_px=8)
    rows = np.array([3, 27, 58])
    images = draw_views(pixels, np.array([3, 7, 18]), plan(1).of(rows), 8)
    (expected,) = MeanColour()([images])
    for output, values in expected.items():
        np.testing.assert_array_equal(answers(1)[output]["mean_colour"][rows], values)
    assert answers(1)["embedding"]["mean_colour"].shape == (60, 6)
    assert not torch.equal(answers(0)["embedding"]["mean_colour"], answers(1)["embedding"]["mean_colour"])


def test_a_view_is_computed_once_and_then_read_from_disk(pixels: Tensor, tmp_path: Path) -> None:
    teacher, lines = Counting(), list[str]()
    plan = partial(plan_of, 20)
    first = Answers([teacher], pixels, plan, tmp_path, name="x", input_px=8, report=lines.append)
    others = Answers([teacher], pixels, plan, tmp_path, name="x", input_px=8, report=lines.append)
    for output in ("embedding", "logits"):
        assert torch.equal(first(0)[output]["mean_colour"], others(0)[output]["mean_colour"])
    assert teacher.asked == 1
    assert lines == ["mean_colour: view 0 of x.8px answered in 0 s"]
    Answers([teacher], pixels, plan, tmp_path, name="x", input_px=16)(0)
    assert teacher.asked == 2


def test_two_that_need_the_same_view_ask_once(pixels: Tensor, tmp_path: Path) -> None:
    both, met = threading.Barrier(2), set[int]()

    def plan(view: int) -> Views:
        """Each of the two waits here once for the other, before it looks for what is on disk."""
        if (thread := threading.get_ident()) not in met:
            met.add(thread)
            both.wait(60)
        return plan_of(20, view)

    teacher = Counting()
    two_answers = [Answers([teacher], pixels, plan, tmp_path, name="x", input_px=8) for _i in range(2)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda answers: answers(0)["embedding"]["mean_colour"], two_answers)
    assert torch.equal(first, second)
    assert teacher.asked == 1


@pytest.mark.parametrize("damage", ["cut", "other", "gone"])
def test_a_damaged_file_is_computed_anew(pixels: Tensor, tmp_path: Path, damage: str) -> None:
    teacher = Counting()
    first = Answers([teacher], pixels, partial(plan_of, 20), tmp_path, name="x", input_px=8)(0)
    (path,) = tmp_path.glob("*.embedding.npy")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:150])
    elif damage == "other":
        np.save(path, np.zeros((3, 6), np.float16))
    else:
        path.unlink()
    second = Answers([teacher], pixels, partial(plan_of, 20), tmp_path, name="x", input_px=8)(0)
    assert torch.equal(second["embedding"]["mean_colour"], first["embedding"]["mean_colour"])
    assert teacher.asked == 2
