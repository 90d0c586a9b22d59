"""Grad-CAM and HiResCAM: which places of the last layer that has places speak for a class.

Sources: R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization",
ICCV 2017; R. L. Draelos and L. Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
neural networks", arXiv:2011.08891 (2020).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import ExplainError
from core.explaining.layers import Layer
from core.explaining.records import GRAD_CAM
from core.explaining.subject import Photo, Subject
from core.i18n import gettext as _


def class_activation(subject: Subject, photo: Photo, target: int, method: str) -> list[NDArray[np.float32]]:
    """What each place of the explained layers adds to a class's score.

    HiResCAM multiplies each activation by its own gradient; Grad-CAM by its channel's mean gradient. Where the features
    are the activations' mean over places, both are the same.

    Returns:
        For each backbone of the model (h, w) float32, in units of the score.

    Raises:
        ExplainError: a backbone has no layer with places.
    """
    layers = [layer for layer in subject.layers(photo) if layer is not None]
    if len(layers) < len(subject.layers(photo)):
        raise ExplainError(
            _("This backbone has no layer with places to look at. Choose the method '{occlusion}'.").format(
                occlusion="occlusion"
            )
        )
    with torch.enable_grad():
        activations, score = _forward(subject, photo, target, layers)
        gradients = torch.autograd.grad(score, activations)
    added = []
    for layer, activation, gradient in zip(layers, activations, gradients, strict=True):
        weights, values = layer.as_maps(gradient), layer.as_maps(activation.detach())
        if method == GRAD_CAM:
            weights = weights.mean((2, 3), keepdim=True)
        added.append((weights * values).sum(1)[0].float().cpu().numpy())
    return added


def _forward(
    subject: Subject, photo: Photo, target: int, layers: list[Layer]
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What the explained layers give for a photo, and the class's score, with the way from these to that.

    Each backbone is run by itself: two may be one network that looks at two framings.
    """
    features, activations = [], []
    apart = subject.classifier.backbone.apart(subject.on_device(photo.inputs[None]))
    for (backbone, images), layer in zip(apart, layers, strict=True):
        with layer.watched() as outputs:
            features.append(backbone(images.detach().clone().requires_grad_()))
        activations.append(outputs[-1])
    logits = subject.classifier.head(torch.cat(features, dim=1))
    return activations, subject.scores(logits, target)[0]
