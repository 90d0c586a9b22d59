import numpy as np
import pytest
import torch

from core.backbones.encode import encode
from core.engines import choose as choosing
from core.engines.choose import PLAIN, agreement, check, choose, exact
from core.engines.torch import FusedTorch
from tests.engines.networks import FakeEngine, backbone


@pytest.mark.parametrize(
    ("engines", "expected", "expected_exact"),
    [
        ([FakeEngine("a", "bf16"), FakeEngine("b")], "a", "b"),
        ([FakeEngine("a", "bf16", available=False), FakeEngine("b")], "b", "b"),
        ([FakeEngine("a", "bf16")], "a", PLAIN.name),
        ([FakeEngine("a", available=False)], PLAIN.name, PLAIN.name),
    ],
)
def test_the_first_that_is_available_is_chosen(
    engines: list[FakeEngine], expected: str, expected_exact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "ENGINES", engines)
    assert choose().name == expected
    assert exact().name == expected_exact


def test_without_another_engine_it_is_torchs_fused_one() -> None:
    assert choose() == exact() == FusedTorch()


def test_an_engine_whose_features_point_elsewhere_falls_back_with_a_note() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    checked = check(FakeEngine(shift=100.0), network, images)
    assert checked.engine == PLAIN
    assert "plain" in checked.note
    np.testing.assert_array_equal(checked.forward(images), encode(network, images))


def test_an_engine_that_fails_falls_back() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    assert check(FakeEngine(fails=True), network, images).engine == PLAIN


def test_an_engine_that_agrees_is_used() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    checked = check(FakeEngine(factor=2.0), network, images)
    assert (checked.engine, checked.note) == (FakeEngine(factor=2.0), "")
    np.testing.assert_array_equal(checked.forward(images), 2 * encode(network, images))


def test_agreement_is_the_least_cosine() -> None:
    a = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.float32)
    assert agreement(a, a) == pytest.approx(1.0)
    assert agreement(a, 3 * a) == pytest.approx(1.0)
    assert agreement(a[:2], np.array([[1.0, 0.0], [2.0, 2.0]], np.float32)) == pytest.approx(0.5**0.5)
    assert agreement(a, a * np.nan) == 0.0
