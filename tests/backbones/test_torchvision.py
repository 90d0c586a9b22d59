import pytest
import torch
from torch import nn
from torchvision import models

from core.backbones.backbone import Stages
from core.backbones.networks.trunks import torchvision_trunk
from core.backbones.registry import info
from core.backbones.sources import torchvision as zoo
from core.backbones.sources.torchvision import Torchvision
from core.paths import read_json

# A member of every family: the layer that gives the ImageNet classes, and the least input it takes in px.
MEMBERS = {
    "alexnet": ("classifier.6", 64),
    "convnext_tiny": ("classifier.2", 64),
    "densenet121": ("classifier", 64),
    "efficientnet_b0": ("classifier.1", 64),
    "efficientnet_v2_s": ("classifier.1", 64),
    "googlenet": ("fc", 64),
    "inception_v3": ("fc", 75),
    "maxvit_t": ("classifier.5", 224),
    "mnasnet0_5": ("classifier.1", 64),
    "mobilenet_v2": ("classifier.1", 64),
    "mobilenet_v3_small": ("classifier.3", 64),
    "regnet_x_400mf": ("fc", 64),
    "regnet_y_400mf": ("fc", 64),
    "resnet18": ("fc", 64),
    "resnext50_32x4d": ("fc", 64),
    "shufflenet_v2_x0_5": ("fc", 64),
    "squeezenet1_1": ("classifier.1", 64),
    "swin_t": ("head", 64),
    "swin_v2_t": ("head", 64),
    "vgg11": ("classifier.6", 64),
    "vit_b_32": ("heads.head", 224),
    "wide_resnet50_2": ("fc", 64),
}
EVERY = [
    pytest.param(name, marks=() if name in ("resnet18", "mobilenet_v3_small", "swin_t") else pytest.mark.slow)
    for name in MEMBERS
]
# Parameters that belong to no layer: a vision transformer's class token and the places of its patches.
LOOSE = {"model.class_token", "model.encoder.pos_embedding"}


def original(name: str) -> nn.Module:
    options = {}
    if name in ("googlenet", "inception_v3"):
        options = {"transform_input": True, "aux_logits": True, "init_weights": False}
    torch.manual_seed(0)
    return models.get_model(name, weights=None, **options).eval()


@pytest.mark.parametrize("name", EVERY)
def test_features_are_what_the_classifier_gets(name: str) -> None:
    classifier, side = MEMBERS[name]
    model, images = original(name), torch.randn(2, 3, side, side)
    trunk = torchvision_trunk(name, model.state_dict())
    inputs: list[torch.Tensor] = []
    model.get_submodule(classifier).register_forward_hook(lambda _module, args, _output: inputs.append(args[0]))
    order = watch_order(trunk.stages)

    with torch.inference_mode():
        model(images)
        features = trunk(images)

    expected = (
        inputs[0] if inputs[0].ndim == 2 else inputs[0].mean((2, 3))
    )  # SqueezeNet pools after its last convolution
    assert features.shape == (2, info(name).feature_dim)
    torch.testing.assert_close(features, expected)
    assert order == sorted(order)
    assert_stages_hold_every_parameter_once(trunk, trunk.stages)


def watch_order(stages: Stages) -> list[int]:
    order: list[int] = []
    for at, (_name, modules) in enumerate(stages):
        for module in modules:
            module.register_forward_hook(lambda _module, _args, _output, at=at: order.append(at))
    return order


def assert_stages_hold_every_parameter_once(trunk: nn.Module, stages: Stages) -> None:
    held = [id(p) for _name, modules in stages for module in modules for p in module.parameters()]
    every = {id(p): name for name, p in trunk.named_parameters()}
    assert len(held) == len(set(held))
    assert {name for id_, name in every.items() if id_ not in set(held)} <= LOOSE


def test_every_family_is_among_the_members() -> None:
    assert {zoo.family(name) for name in MEMBERS} == {info.family for info in Torchvision().infos()}


def test_the_facts_are_those_of_the_installed_torchvision() -> None:
    committed = {facts["name"]: facts for facts in read_json(zoo.FACTS)}
    assert sorted(committed) == zoo.names()
    for name, facts in committed.items():
        published = zoo.published(name)
        assert {key: facts[key] for key in published} == published


@pytest.mark.parametrize("name", EVERY)
def test_widths_and_stages_are_those_of_the_networks(name: str) -> None:
    committed = next(facts for facts in read_json(zoo.FACTS) if facts["name"] == name)
    measured = zoo.measured(name)
    assert {key: committed[key] for key in measured} == measured
    assert 4 <= len(measured["stages"]) <= 6


def test_facts_of_resnet18() -> None:
    resnet = info("resnet18")
    assert resnet.family == "resnet"
    assert (resnet.params, resnet.feature_dim, resnet.input_px) == (11_689_512, 512, 224)
    assert resnet.imagenet_top1 == pytest.approx(0.69758)
    assert resnet.gflops == pytest.approx(1.814)
    assert resnet.size_mb == pytest.approx(44.661)
    assert resnet.memory_mb == pytest.approx(49.4)
    assert resnet.sha256 == "f37072fd"
    assert (resnet.preprocessing.resize_px, resnet.preprocessing.crop_px) == (256, 224)
    assert resnet.stages[-1] == "layer4.0 – layer4.1"


def test_weights_for_research_alone_are_named_as_such_and_only_where_there_are_no_others() -> None:
    swag = [info.name for info in Torchvision().infos() if "CC BY-NC" in info.licence]
    assert swag == ["regnet_y_128gf", "vit_h_14"]
    assert all("ImageNet" in info.trained_on for info in Torchvision().infos())


def test_old_names_in_densenet_files_are_understood() -> None:
    state = original("densenet121").state_dict()
    old = {
        key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.") if ".denselayer" in key else key: value
        for key, value in state.items()
    }
    assert old.keys() != state.keys()
    trunk = torchvision_trunk("densenet121", old)
    assert torch.equal(trunk.model.features.conv0.weight, state["features.conv0.weight"])


def test_weights_that_do_not_fit_are_refused() -> None:
    state = original("squeezenet1_1").state_dict()
    state.pop("features.0.weight")
    with pytest.raises(RuntimeError, match="Missing key"):
        torchvision_trunk("squeezenet1_1", state)
