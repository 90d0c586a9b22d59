"""The networks of `keras.applications` without their tops, as torch networks: the one file that runs Keras.

Keras describes the network, and calls it with the weights that it is given (`stateless_call`), which are parameters
and buffers of a torch module like those of any other network. They are named by their places, as "3_kernel", since
Keras' own names count what was built before in the same process. What Keras does to pixels is left to Graft's
preprocessing, so that there is one for all backbones; the order of colours alone is changed here.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from torch import Tensor, nn

from core.errors import BackboneError
from core.i18n import gettext as _

BGR = ("ResNet50", "ResNet101", "ResNet152", "VGG16", "VGG19")
"""Learned from photos with blue first."""

SCALING = ("ConvNeXt", "EfficientNetV2", "MobileNetV3")
"""Those that scale pixels themselves unless they are told not to."""


class KerasTrunk(nn.Module):
    """A network that Keras describes, with weights of its own: normalised float (b, 3, h, w) -> (b, feature_dim).

    Args:
        network: without a top, its features averaged over places.
        state: its weights, as of `weights_of`.
        bgr: whether it sees blue first.

    Raises:
        RuntimeError: the weights do not fit the network.
    """

    def __init__(self, network: Any, state: dict[str, Tensor], *, bgr: bool) -> None:
        super().__init__()
        shapes = {name: value.shape for name, value in weights_of(network).items()}
        if shapes != {name: value.shape for name, value in state.items()}:
            raise RuntimeError("the weights do not fit the network")
        self._description = _Description(network)
        self._bgr = bgr
        for name, variable in _named(network):
            if variable.trainable:
                self.register_parameter(name, nn.Parameter(state[name]))
            else:
                self.register_buffer(name, state[name])

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> features (b, feature_dim)."""
        images = images.flip(1) if self._bgr else images
        weights = {**self._parameters, **self._buffers}
        return self._description.run(images.permute(0, 2, 3, 1), weights)


class _Description:
    """A network of Keras that is only read; copies of a trunk share it."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def run(self, images: Tensor, weights: dict[str, Any]) -> Tensor:
        """Images (b, h, w, 3) through the network with these weights."""
        of_variable = {id(variable): weights[name] for name, variable in _named(self._network)}
        given = [
            [of_variable.get(id(variable), variable.value) for variable in variables]
            for variables in (self._network.trainable_variables, self._network.non_trainable_variables)
        ]
        with keras().device(str(images.device)):
            features: Tensor = self._network.stateless_call(*given, images, training=False)[0]
        return features


def build(application: str, state: dict[str, Tensor] | None = None) -> KerasTrunk:
    """A network of `keras.applications`, as "VGG16", in eval mode; without a state its weights are random.

    Raises:
        BackboneError: Keras runs on something else than torch in this process.
        RuntimeError: the weights do not fit.
    """
    state = weights_of(network(application)) if state is None else state
    return KerasTrunk(network(application, "meta"), state, bgr=application in BGR).eval()


def read(application: str, file: Path) -> dict[str, Tensor]:
    """The weights in a file that Keras offers for a network without its top; nothing in it is run.

    Raises:
        BackboneError: as of `build`.
        OSError, ValueError, KeyError: the file holds something else.
    """
    whole = _built(application, "cpu")
    whole.load_weights(file)
    return weights_of(_without_scaling(application, whole))


def network(application: str, device: str = "cpu") -> Any:
    """A network as Keras builds it for any size of input, with random weights; on "meta" with none."""
    return _without_scaling(application, _built(application, device))


def weights_of(network: Any) -> dict[str, Tensor]:
    """A network's weights by their places and what they are."""
    return {name: variable.value.detach() for name, variable in _named(network)}


def _named(network: Any) -> list[tuple[str, Any]]:
    """The variables that are weights, and not the state of random numbers, with their names here."""
    weights = [variable for variable in network.variables if variable.value.is_floating_point()]
    return [(f"{at}_{variable.name.rstrip('_0123456789')}", variable) for at, variable in enumerate(weights)]


def _built(application: str, device: str) -> Any:
    options = {"include_preprocessing": False} if application.startswith(SCALING) else {}
    with keras().device(device):
        make = getattr(keras().applications, application)
        return make(include_top=False, weights=None, pooling="avg", **options)


def _without_scaling(application: str, network: Any) -> Any:
    """The network from the layer on that gets scaled pixels."""
    if not application.startswith("EfficientNetB"):
        return network
    return keras().Model(network.get_layer("stem_conv_pad").input, network.output)


def keras() -> Any:
    """Keras, on torch, with images as its networks are published for: colours last, float32.

    Raises:
        BackboneError: it runs on something else in this process.
    """
    os.environ["KERAS_BACKEND"] = "torch"
    module = import_module("keras")
    if module.config.backend() != "torch":
        raise BackboneError(
            _("Keras runs on {name} in this process. Set KERAS_BACKEND=torch before it is imported.").format(
                name=module.config.backend()
            )
        )
    module.config.set_image_data_format("channels_last")
    module.config.set_floatx("float32")
    return module
