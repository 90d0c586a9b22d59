import pytest
import torch

from core.backbones.networks.architectures import ARCHITECTURES, build
from core.errors import BackboneError


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_features_are_the_mean_of_the_hooked_maps(name: str) -> None:
    trunk = build(name).eval()
    maps: list[torch.Tensor] = []
    trunk.hook.register_forward_hook(lambda _module, _inputs, output: maps.append(output))
    with torch.inference_mode():
        features = trunk(torch.randn(2, 3, 64, 64))
    assert features.shape == (2, trunk.feature_dim)
    torch.testing.assert_close(features, maps[0].mean((2, 3)))


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_stages_run_in_order_are_the_network(name: str) -> None:
    trunk = build(name).eval()
    images = torch.randn(1, 3, 48, 80)
    with torch.inference_mode():
        maps = images
        for _stage, module in trunk.stages:
            maps = module(maps)
        torch.testing.assert_close(maps.mean((2, 3)), trunk(images))
    assert trunk.stages[0][0] == "stem"
    in_stages = {id(p) for _stage, module in trunk.stages for p in module.parameters()}
    assert in_stages == {id(p) for p in trunk.parameters()}


@pytest.mark.parametrize("name", ["residual", "plain", "inception"])
def test_the_students_are_small(name: str) -> None:
    trunk = build(name)
    assert 1e6 < sum(p.numel() for p in trunk.parameters()) < 4.2e6
    assert 256 <= trunk.feature_dim <= 512


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_an_image_has_the_same_features_alone_as_in_a_batch(name: str) -> None:
    trunk = build(name).eval()
    images = torch.randn(8, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(trunk(images)[3:4], trunk(images[3:4]), atol=1e-5, rtol=1e-4)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BackboneError, match=r"'resnet'.*plain"):
        build("resnet")
