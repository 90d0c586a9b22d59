"""A model that is explained, and a photo as it sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional as images

from core.backbones.encode import encode
from core.backbones.preprocess import preprocess
from core.engines.choose import check, choose
from core.engines.engine import FP32, Forward
from core.evaluation.predictions import softmax
from core.explaining.layers import TOKENS, Layer, explained_layer
from core.explaining.records import CELLS, GRAD_CAM, LAYERLESS, METHODS, OCCLUSION
from core.explaining.sight import Sight
from core.models.classifier import Classifier

BATCH = 16


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as a model sees it.

    Attributes:
        upright: the whole photo, RGB.
        inputs: the model's input, (3, h, w), or (3, n) of several backbones side by side.
        sight: where that lies in the photo.
    """

    upright: Image.Image
    inputs: Tensor
    sight: Sight

    @cached_property
    def cells(self) -> Tensor:
        """Of each pixel of the input, in a row, the cell of the photo that it belongs to; -1 for padding."""
        return torch.from_numpy(self.sight.cells(CELLS))

    @cached_property
    def blurred(self) -> Tensor:
        """The input so blurred that only its colours are left, each square by itself."""
        sides = self.sight.sides
        squares = torch.split(self.inputs.flatten(1), [side**2 for side in sides], dim=1)
        blurred = [_blurred(square.reshape(3, side, side)) for square, side in zip(squares, sides, strict=True)]
        return torch.cat([square.flatten(1) for square in blurred], dim=1).reshape(self.inputs.shape)

    def hidden(self, cells: NDArray[np.bool_], fill: Tensor | None = None) -> Tensor:
        """The input with some cells of the photo hidden.

        Args:
            cells: (CELLS², ) or of any shape with so many entries: which.
            fill: what is seen in their place, as an input; by default the mean colour, which is 0.
        """
        is_hidden = torch.from_numpy(np.append(cells.ravel(), False))[self.cells].reshape(self.inputs.shape[1:])
        return torch.where(is_hidden, torch.zeros(()) if fill is None else fill, self.inputs)


def _blurred(square: Tensor) -> Tensor:
    side = square.shape[-1]
    sigma = side / 10
    blurred: Tensor = images.gaussian_blur(square, [2 * int(side / 6) + 1] * 2, [sigma, sigma])
    return blurred


class Subject:
    """A model that is explained.

    What is explained is a class's score: its logit less the mean of all classes' logits, since only differences of
    logits make probabilities.

    Args:
        classifier: the model, in eval mode; changes to its backbone after the first answer have no effect.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self._layers: list[Layer | None] | None = None
        self._forwards: list[Forward] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.classifier.classes

    def photo(self, image: Path | Image.Image) -> Photo:
        """A photo as the model sees it.

        Raises:
            DatasetError: it cannot be read; the message names it.
        """
        upright, preprocessing = self.classifier.upright(image), self.classifier.preprocessing
        return Photo(upright, preprocess(upright, preprocessing), Sight.of(upright.size, preprocessing))

    def layers(self, photo: Photo) -> list[Layer | None]:
        """The layer that is explained of each of the model's backbones; found once, by way of any photo."""
        if self._layers is None:
            apart = self.classifier.backbone.apart(self.on_device(photo.inputs[None]))
            self._layers = [explained_layer(backbone, images) for backbone, images in apart]
        return self._layers

    def methods(self, photo: Photo) -> tuple[str, ...]:
        """The methods that this model can be explained by, the one to begin with first."""
        if None in self.layers(photo):
            return LAYERLESS
        return METHODS

    def default(self, photo: Photo) -> str:
        """The method to begin with: Grad-CAM, but for networks of tokens and those without layers.

        A class token gathers what it needs in many layers, of which Grad-CAM sees one. Of a small vision transformer
        that told patterns apart, whose places were known, Grad-CAM's maps were little better than the same ones moved
        elsewhere, and occlusion's beat them all.
        """
        layers = self.layers(photo)
        return OCCLUSION if any(layer is None or layer.form == TOKENS for layer in layers) else GRAD_CAM

    def on_device(self, inputs: Tensor) -> Tensor:
        """Inputs on the device of the model."""
        return inputs.to(self.classifier.head.weight.device)

    def scores(self, logits: Tensor, target: int) -> Tensor:
        """Logits (b, c) -> the scores of a class (b,)."""
        return logits[:, target] - logits.mean(1)

    def logits(self, inputs: Tensor) -> NDArray[np.float32]:
        """Inputs (b, 3, h, w) -> logits (b, c), a few at a time."""
        features = np.concatenate([self._features(batch) for batch in torch.split(inputs, BATCH)])
        return encode(self.classifier.head, torch.from_numpy(features))

    def _features(self, batch: Tensor) -> NDArray[np.float32]:
        """What the head gets, by an engine that is ready at once: a map and its test take hundreds of passes."""
        apart = self.classifier.backbone.apart(batch)
        if self._forwards is None:
            self._forwards = [check(choose(FP32), backbone, images).forward for backbone, images in apart]
        return np.hstack([forward(images) for forward, (_backbone, images) in zip(self._forwards, apart, strict=True)])

    def proba(self, inputs: Tensor) -> NDArray[np.float32]:
        """Inputs (b, 3, h, w) -> the probabilities of classes (b, c)."""
        return softmax(self.logits(inputs))
