"""Heat maps as records: what is refused, what is computed from them, and what comes back from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ExplainError
from core.explaining.believed import Faithfulness, area_under
from core.explaining.records import GRAD_CAM, METHODS, HeatMap, method_label


def heat(values: object, **more: object) -> HeatMap:
    return HeatMap(GRAD_CAM, "owl", np.array(values), **more)  # type: ignore[arg-type]


def test_a_map_is_scaled_within_what_is_seen() -> None:
    shown = heat([[0, 2, 4, 0], [0, 3, 6, 0]], seen=(0.25, 0.0, 0.75, 1.0))
    np.testing.assert_allclose(shown.scaled, [[0, 0, 0.5, 0], [0, 0.25, 1, 0]])
    assert shown.window == (slice(0, 2), slice(1, 3))


def test_a_map_that_is_the_same_everywhere_marks_nothing() -> None:
    assert not heat(np.full((3, 3), 2.0)).scaled.any()


def test_the_hottest_place_is_told_in_words() -> None:
    assert heat(np.eye(6)[::-1][:1].T @ np.eye(6)[-1:]).place == "at the lower right"
    assert heat(np.outer([0, 1, 0], [0, 1, 0])).place == "in the middle"


def test_a_place_is_one_of_what_the_model_sees() -> None:
    assert heat(np.outer([0, 1, 0], [0, 1, 0])).where == "in the middle of the photo"
    cropped = heat(np.pad([[0.0, 0.0, 1.0]] * 3, ((0, 0), (6, 0))), seen=(2 / 3, 0, 1, 1))
    assert cropped.where == "at the upper right of what the model sees"
    assert cropped.seen_area == pytest.approx(1 / 3)
    assert heat(np.eye(6), seen=(0.005, 0, 1, 1)).sees_all
    assert not heat(np.eye(6), seen=(0.02, 0, 1, 1)).sees_all


def test_cells_are_means_of_what_they_cover() -> None:
    values = np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose(heat(values).cells(1), [[values.mean()]])
    np.testing.assert_allclose(heat(values).cells(2)[0], [(0 + 1 + (4 + 5) / 2) / 3, (2 + 3 + (6 + 7) / 2) / 3])
    np.testing.assert_allclose(heat([[1, 3]]).cells(4), [[1, 1, 3, 3]] * 4)
    np.testing.assert_allclose(heat([[9, 1, 3]], seen=(1 / 3, 0, 1, 1)).cells(2), [[1, 3]] * 2)


@pytest.mark.parametrize("values", [[1.0, 2.0], [[-1.0]], [[np.nan]], np.zeros((0, 3))], ids=str)
def test_what_is_no_map_is_refused(values: object) -> None:
    with pytest.raises(ExplainError, match="finite numbers"):
        heat(values)


def test_a_box_outside_the_photo_and_an_unknown_method_are_refused() -> None:
    with pytest.raises(ExplainError, match="box"):
        heat([[1.0]], seen=(0.5, 0, 0.4, 1))
    with pytest.raises(ExplainError, match=r"method is 'magic'.*grad-cam"):
        HeatMap("magic", "owl", np.ones((2, 2)))


def test_a_map_comes_back_from_its_file(tmp_path: Path) -> None:
    kept = heat([[0.5, 2.0]], seen=(0.0, 0.25, 1.0, 0.75))
    kept.save(tmp_path / "map.npz")
    read = HeatMap.load(tmp_path / "map.npz")
    assert (read.method, read.label, read.seen) == (kept.method, "owl", kept.seen)
    np.testing.assert_array_equal(read.values, kept.values)


def test_a_damaged_file_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "map.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ExplainError, match=r"map\.npz.*Draw it again"):
        HeatMap.load(tmp_path / "map.npz")
    with pytest.raises(ExplainError, match=r"none\.npz"):
        HeatMap.load(tmp_path / "none.npz")


def test_every_method_has_a_name() -> None:
    assert len({method_label(method) for method in METHODS}) == len(METHODS)


STRAIGHT = {"hidden_middle": (0.9, 0.74, 0.1), "shown_middle": (0.1, 0.26, 0.9)}


def of_curves(
    hidden: tuple[float, ...],
    shown: tuple[float, ...],
    middle: dict[str, tuple[float, ...]] = STRAIGHT,
    second: tuple[float, float] = (0.74, 0.26),
) -> Faithfulness:
    """A test against two maps elsewhere and the middle, at which the probability falls and grows in straight lines.

    Of the second map elsewhere the probabilities with a fifth hidden, and shown, can be others.
    """
    return Faithfulness(
        shares=(0.0, 0.2, 1.0), hidden=hidden, shown=shown,
        hidden_elsewhere=((0.9, 0.74, 0.1), (0.9, second[0], 0.1)),
        shown_elsewhere=((0.1, 0.26, 0.9), (0.1, second[1], 0.9)), **middle,
    )  # fmt: skip


def test_the_areas_are_those_of_trapezoids() -> None:
    assert area_under((0, 1), (0, 1)) == 0.5
    result = of_curves((0.9, 0.1, 0.1), (0.1, 0.9, 0.9))
    assert result.deletion == pytest.approx(0.2 * 0.5 + 0.8 * 0.1)
    assert result.insertion == pytest.approx(0.2 * 0.5 + 0.8 * 0.9)
    assert result.gain == pytest.approx(result.insertion - result.deletion)  # elsewhere both areas are 0.5
    assert result.wins == 2


def test_a_map_that_beats_all_others_is_said_to_hold_and_one_that_beats_none_is_not() -> None:
    good = of_curves((0.9, 0.1, 0.1), (0.1, 0.9, 0.9)).verdict
    assert "brightest fifth takes the probability from 90 % to 10 %; as much elsewhere, to 74 %" in good
    assert "Shown alone, it gives 90 %; as much elsewhere, 26 %." in good
    assert good.endswith(
        "It holds better than all 2 maps of its shape elsewhere, and than just the middle of the photo."
    )
    assert of_curves((0.9, 0.9, 0.1), (0.1, 0.1, 0.9)).verdict.endswith("do not rely on it.")
    assert not of_curves((0.9, 0.9, 0.1), (0.1, 0.1, 0.9)).holds


@pytest.mark.parametrize(("beaten", "words"), [(10, "do not rely on it."), (16, "do not rely on it."), (17, "hint.")])
def test_a_map_gives_a_hint_only_where_few_that_know_nothing_come_so_far_forward(beaten: int, words: str) -> None:
    elsewhere = tuple((0.9, 0.5 if n < beaten else 0.1, 0.1) for n in range(19))
    shown = tuple((0.1, 0.3, 0.9) for _n in range(19))
    result = Faithfulness(
        shares=(0, 0.2, 1), hidden=(0.9, 0.3, 0.1), shown=(0.1, 0.3, 0.9), hidden_elsewhere=elsewhere,
        shown_elsewhere=shown,
    )  # fmt: skip
    assert result.wins == beaten
    assert result.verdict.endswith(words)


def test_a_map_whose_places_the_model_does_better_without_gives_no_hint() -> None:
    elsewhere = tuple((0.9, 0.5, 0.1 if n < 18 else 0.9) for n in range(19))
    result = Faithfulness(
        shares=(0, 0.2, 1), hidden=(0.9, 0.6, 0), shown=(0.1, 0.3, 0.9), hidden_elsewhere=elsewhere,
        shown_elsewhere=tuple((0.1, 0.4, 0.5) for _n in range(19)),
    )  # fmt: skip
    assert result.wins == 19
    assert result.verdict.endswith("do not rely on it.")


def test_a_map_that_is_no_better_than_the_middle_is_but_a_hint() -> None:
    good = (0.9, 0.1, 0.1), (0.1, 0.9, 0.9)
    middle = {"hidden_middle": good[0], "shown_middle": (0.1, 0.86, 0.9)}
    result = of_curves(*good, middle, second=(0.58, 0.42))  # the spread elsewhere is 0.08
    assert result.lead == pytest.approx(0.5 * 0.04)
    assert not result.holds
    assert result.verdict.endswith("is hardly better than just the middle of the photo: take it as a hint.")
    assert of_curves(*good, middle, second=(0.7, 0.3)).holds  # the spread is 0.02, and a third of it is less than 0.02
    assert of_curves(*good).lead == of_curves(*good).gain  # here the middle is like all others


def test_a_map_that_is_only_just_better_than_one_elsewhere_is_but_a_hint() -> None:
    result = of_curves((0.9, 0.1, 0.1), (0.1, 0.9, 0.9), second=(0.13, 0.88))
    assert result.wins == 2
    assert not result.holds
    assert result.verdict.endswith("but one of them only just: take it as a hint.")


def test_a_map_of_what_the_model_hardly_needs_is_but_a_hint() -> None:
    result = of_curves((0.9, 0.7, 0.1), (0.1, 0.3, 0.9))  # elsewhere 0.74 and 0.26
    assert (result.wins, result.lead) == (2, pytest.approx(0.5 * (0.04 + 0.04)))
    assert not result.holds
    assert result.verdict.endswith("the model hardly needs what it marks: take it as a hint.")
    assert of_curves((0.9, 0.68, 0.1), (0.1, 0.26, 0.9)).holds  # 6 points where it is hidden,
    assert of_curves((0.9, 0.74, 0.1), (0.1, 0.32, 0.9)).holds  # or where it is all that is left, are enough


def test_a_test_from_before_the_middle_was_tried_is_read_and_never_holds() -> None:
    old = of_curves((0.9, 0.1, 0.1), (0.1, 0.9, 0.9), {})
    assert old.lead is None
    assert not old.holds
    assert old.verdict.endswith("It beats 2 of 2 maps of its shape elsewhere: do not rely on it.")
    assert Faithfulness.from_json(old.to_json()) == old


def test_a_test_with_curves_of_other_lengths_is_refused() -> None:
    with pytest.raises(ExplainError, match="each share"):
        of_curves((0.9, 0.1), (0.1, 0.9, 0.9))
    with pytest.raises(ExplainError, match="each share"):
        of_curves((0.9, 0.1, 0.1), (0.1, 0.9, 0.9), {"hidden_middle": (0.9, 0.1, 0.1)})
