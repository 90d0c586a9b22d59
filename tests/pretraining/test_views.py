import numpy as np
import pytest
import torch

from core.pretraining import views as module
from core.pretraining.views import ALONE, BLEND, MOSAIC, Views, draw_views, plan_views

SAME = np.eye(3, 4, dtype=np.float32)[None]
WHOLE = [0, 0, 1, 1, 1, 0]


def view(box: list[float] = WHOLE, *, mix: int = ALONE, partners: tuple[int, int, int] = (0, 0, 0), share: float = 0.0,
         colour: np.ndarray = SAME) -> Views:  # fmt: skip
    """One view of one image."""
    return Views(
        np.array([box], np.float32), np.array([mix]), np.array([partners]), np.array([share], np.float32), colour
    )


def flat(*values: int) -> torch.Tensor:
    """Grey images of 8 px, of those brightnesses."""
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(-1, 8, 8, 3)


def test_a_crop_depends_on_seed_view_and_index_alone() -> None:
    few, many = plan_views(3, 1, 5, 0.25), plan_views(3, 1, 50, 0.25)
    np.testing.assert_array_equal(few.boxes, many.boxes[:5])
    assert not np.array_equal(plan_views(3, 2, 5, 0.25).boxes, few.boxes)
    assert not np.array_equal(plan_views(4, 1, 5, 0.25).boxes, few.boxes)
    assert (np.abs(many.boxes[:, :2]) + many.boxes[:, 2:4] <= 1 + 1e-6).all()


def test_tame_views_are_crops_and_nothing_else() -> None:
    tame = plan_views(0, 0, 500, 0.0)
    assert (tame.mix == ALONE).all()
    assert (tame.colour == SAME).all()
    assert (tame.boxes[:, 5] == 0).all()
    assert (tame.boxes[:, 2] * tame.boxes[:, 3]).min() > 0.3


def test_wild_views_have_the_shares_that_are_asked_for() -> None:
    plan = plan_views(0, 0, 20_000, 0.5)
    turned = plan.boxes[:, 5] != 0
    assert turned.mean() == pytest.approx(0.5, abs=0.02)
    assert [(plan.mix[turned] == kind).mean() for kind in (ALONE, BLEND, MOSAIC)] == pytest.approx(
        module.MIX_SHARES, abs=0.02
    )
    assert (plan.mix[~turned] == ALONE).all()
    changed = (plan.colour != SAME).any((1, 2))
    assert changed[turned].mean() == pytest.approx(1 - module.COLOUR_SHARES[0], abs=0.02)
    assert not changed[~turned].any()
    assert set(np.unique(plan.partners)) >= {0, 19_999}


def test_a_box_over_everything_is_the_image_and_its_mirror() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8))
    expected = pixels.permute(0, 3, 1, 2).float() / 255
    images = draw_views(pixels, np.array([1]), view(), 8)
    torch.testing.assert_close(images, expected[1:])
    images = draw_views(pixels, np.array([1]), view([0, 0, 1, 1, -1, 0]), 8)
    torch.testing.assert_close(images, expected[1:].flip(3))


def test_a_quarter_turn_turns_the_image() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8))
    images = draw_views(pixels, np.array([0]), view([0, 0, 1, 1, 1, np.pi / 2]), 8)
    torch.testing.assert_close(images, (pixels.permute(0, 3, 1, 2).float() / 255).rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_a_turned_box_keeps_its_sides() -> None:
    pixels = torch.zeros(1, 16, 16, 3, dtype=torch.uint8)
    pixels[:, 4:12, 6:10] = 255  # half the height, a quarter of the width
    images = draw_views(pixels, np.array([0]), view([0, 0, 0.5, 0.25, 1, np.pi / 2]), 16)
    assert images[:, :, 2:-2, 2:-2].min() > 0.99  # of its edge a part is from outside


def test_shrinking_averages_instead_of_skipping() -> None:
    pixels = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    pixels[:, ::2] = 200
    images = draw_views(pixels, np.array([0]), view(), 8)
    torch.testing.assert_close(images, torch.full_like(images, 100 / 255), atol=0.03, rtol=0)


def test_a_blend_has_its_share_of_the_partner() -> None:
    images = draw_views(flat(0, 255), np.array([0]), view(mix=BLEND, partners=(1, 0, 0), share=0.3), 8)
    torch.testing.assert_close(images, torch.full_like(images, 0.3))


def test_a_mosaic_has_four_images_in_its_corners() -> None:
    pixels = flat(0, 51, 102, 255)
    images = draw_views(pixels, np.array([0]), view(mix=MOSAIC, partners=(1, 2, 7)), 8)[0]  # 7 is image 3, once more
    corners = [images[:, :4, :4], images[:, :4, 4:], images[:, 4:, :4], images[:, 4:, 4:]]
    for corner, brightness in zip(corners, (0.0, 0.2, 0.4, 1.0), strict=True):
        torch.testing.assert_close(corner, torch.full_like(corner, brightness))


def test_colours_are_grey_swapped_negated_or_stretched_and_stay_in_range() -> None:
    plan = plan_views(0, 0, 4_000, 1.0)
    matrix, shift = plan.colour[:, :, :3], plan.colour[:, :, 3]
    sums = matrix.sum(2)
    np.testing.assert_allclose(sums, np.broadcast_to(sums[:, :1], sums.shape), atol=1e-5)  # grey stays grey
    grey = np.isclose(matrix, matrix[:, :1]).all((1, 2))
    assert grey.mean() == pytest.approx(module.COLOUR_SHARES[module.GREY], abs=0.03)
    np.testing.assert_allclose(np.abs(matrix[grey]), np.broadcast_to(module.LUMA, matrix[grey].shape), atol=1e-5)
    middle = 0.5 * sums + shift
    assert (np.abs(middle - 0.5) < 0.21).all()  # contrast turns about the middle; brightness moves it by a fifth
    images = draw_views(flat(0, 255), np.arange(4_000) % 2, plan, 8)
    assert images.min() >= 0
    assert images.max() <= 1
    assert images.std() > 0.2


def test_views_do_not_depend_on_the_rest_of_the_batch() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), dtype=np.uint8))
    plan, rows = plan_views(1, 0, 30, 0.8), np.arange(30)
    together = draw_views(pixels, rows, plan, 16)
    for i in (0, 7, 29):
        torch.testing.assert_close(draw_views(pixels, rows[[i]], plan.of(rows[[i]]), 16)[0], together[i])
