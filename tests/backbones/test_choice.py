from dataclasses import replace

import pytest

from core.backbones import registry
from core.backbones.choice import QUICK_S, TOGETHER_S, best, in_order, quickest, usual
from core.backbones.registry import info
from core.backbones.sources.packaged import Packaged
from tests.fakes import TinyBackbone, install, tiny_info


def test_the_best_that_are_quick_together_are_compared_at_first() -> None:
    assert usual() == ("efficientnet_lite0", "graft_residual", "pixels_16")
    assert sum(info(name).network_s for name in usual()) <= TOGETHER_S
    assert best() == "efficientnet_lite0"
    assert quickest() == "graft_plain"


def test_without_the_package_those_that_come_with_graft_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SOURCES", [source for source in registry.SOURCES if source != Packaged()])
    assert usual() == ("graft_residual", "graft_inception", "graft_plain", "pixels_16")
    assert best() == "graft_residual"


@pytest.mark.parametrize(("images_per_s", "is_taken"), [(round(0.9 / QUICK_S), False), (1000, True)])
def test_a_better_one_is_taken_where_it_is_quick(
    images_per_s: int, is_taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, TinyBackbone(replace(tiny_info(), imagenet_top1=0.9, images_per_s=images_per_s)))
    assert (usual()[0] == best() == quickest() == "tiny") is is_taken
    assert ("tiny" in usual()) is is_taken


def test_two_are_taken_even_where_they_are_slower_together(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [TinyBackbone(replace(tiny_info(f"tiny{n}"), imagenet_top1=0.9, images_per_s=50)) for n in range(3)]
    install(monkeypatch, *slow)
    assert usual() == ("tiny0", "tiny1", "pixels_16")


def test_what_was_not_measured_counts_by_its_multiply_adds() -> None:
    assert info("resnet18").network_s == pytest.approx(0.013 * 1.814)
    assert info("graft_residual").network_s == pytest.approx(1 / 133)


def test_a_picker_lists_what_is_ready_first_and_of_that_the_best_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    infos = in_order(registry.backbones())
    assert {known.name for known in infos} == {known.name for known in registry.backbones()}
    ready = [known.name for known in infos if known.ready]
    assert ready[:2] == ["efficientnet_lite0", "graft_residual"]
    assert ready[-1] == "pixels_16"
    assert [known.ready for known in infos] == sorted((known.ready for known in infos), reverse=True)
