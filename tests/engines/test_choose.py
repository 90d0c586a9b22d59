import numpy as np
import pytest
import torch

from core.backbones.encode import encode
from core.engines import choose as choosing
from core.engines.choose import PLAIN, agreement, check, choose, exact, named
from core.engines.onnx import OnnxRuntime
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


def test_on_a_cpu_it_is_onnx_runtime() -> None:
    assert choose() == exact() == OnnxRuntime()


def test_an_engine_whose_features_point_elsewhere_falls_back_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(shift=100.0), PLAIN])
    checked = check(FakeEngine(shift=100.0), network, images)
    assert checked.engine == PLAIN
    assert checked.note == "fake gives other features on this machine, so torch, plain is used."
    np.testing.assert_array_equal(checked.forward(images), encode(network, images))


def test_an_engine_that_fails_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "ENGINES", [])
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    assert check(FakeEngine(fails=True), network, images).engine == PLAIN


def test_an_engine_that_agrees_is_used() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    checked = check(FakeEngine(factor=2.0), network, images)
    assert (checked.engine, checked.note) == (FakeEngine(factor=2.0), "")
    np.testing.assert_array_equal(checked.forward(images), 2 * encode(network, images))


@pytest.mark.parametrize(
    ("start", "images", "is_tried"), [(100.0, 10_000, False), (1e-9, 10_000, True), (1e-9, 0, False)]
)
def test_an_engine_with_a_long_start_is_tried_only_where_there_is_much_to_run(
    start: float, images: int, is_tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(shift=100.0, start=start), PLAIN])
    network, batch = backbone(apart=False), torch.randn(4, 3, 16, 16)
    checked = check(FakeEngine(shift=100.0, start=start), network, batch, images)
    assert (checked.engine, bool(checked.note)) == (PLAIN, is_tried)


def test_an_engine_with_a_start_is_used_where_it_is_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    network, batch, ticks = backbone(apart=False), torch.randn(4, 3, 16, 16), iter([0.0, 9.0, 0.0, 1.0, 0.0, 5.0])
    quick, slow = FakeEngine("quick", factor=2.0, start=0.1), FakeEngine("slow", factor=3.0, start=0.1)
    monkeypatch.setattr(choosing, "ENGINES", [slow, quick, PLAIN])
    monkeypatch.setattr(choosing, "perf_counter", lambda: next(ticks))
    assert check(slow, network, batch, 1000).engine == quick


def test_agreement_is_the_least_cosine() -> None:
    a = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.float32)
    assert agreement(a, a) == pytest.approx(1.0)
    assert agreement(a, 3 * a) == pytest.approx(1.0)
    assert agreement(a[:2], np.array([[1.0, 0.0], [2.0, 2.0]], np.float32)) == pytest.approx(0.5**0.5)
    assert agreement(a, a * np.nan) == 0.0


def test_an_engine_is_found_by_its_name_where_it_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    there, gone = FakeEngine("there"), FakeEngine("gone", available=False)
    monkeypatch.setattr(choosing, "ENGINES", [gone, there, PLAIN])
    assert [named(name) for name in ("there", "gone", "never", PLAIN.name)] == [there, None, None, PLAIN]
