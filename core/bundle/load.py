"""A bundle becomes a predictor. Nothing in it is run, and nothing of it is believed before it has been checked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor

from core.backbones import registry
from core.backbones.backbone import Backbone
from core.backbones.encode import encode
from core.backbones.load import load as load_backbone
from core.backbones.preprocess import preprocess
from core.backbones.spec import BackboneInfo
from core.bundle.archive import read_manifest, read_model
from core.bundle.manifest import Manifest
from core.data.images.decode import UnreadableImage, open_rgb, upright
from core.data.images.decode import load as decode
from core.data.names import shown
from core.errors import BackboneError, BundleError, DatasetError
from core.i18n import gettext as _
from core.machine import decoding_threads
from core.progress import Progress, Report, silent

_BATCH, _BATCH_PX = 32, 224
_TYPES = {torch.float32: "F32", torch.int64: "I64"}


class Predictor:
    """A classifier from a bundle.

    Attributes:
        manifest: what is known of it.
    """

    def __init__(self, manifest: Manifest, backbone: Backbone, weight: Tensor, bias: Tensor) -> None:
        self.manifest = manifest
        self._backbone = backbone
        self._weight = weight.double().numpy()
        self._bias = bias.double().numpy()

    @property
    def classes(self) -> tuple[str, ...]:
        """The c class names, in the order of the probabilities."""
        return self.manifest.classes

    def predict(self, images: Sequence[Path | Image.Image], report: Report = silent) -> NDArray[np.float32]:
        """Class probabilities, (n, c) float32, rows sum to 1.

        Args:
            images: files, or opened images of any mode.
            report: is told of images done.

        Raises:
            DatasetError: an image cannot be read; the message names it.
            BundleError: the weights give no numbers.
        """
        px = self.manifest.preprocessing.input_px
        size = max(1, min(_BATCH, int(_BATCH * (_BATCH_PX / px) ** 2)))
        proba = np.zeros((len(images), len(self.classes)), dtype=np.float32)
        with ThreadPoolExecutor(decoding_threads(), thread_name_prefix="decode") as pool:
            for start in range(0, len(images), size):
                report(Progress(start, len(images), _("Predicting")))
                batch = torch.stack(list(pool.map(self._input, images[start : start + size])))
                proba[start : start + size] = self._softmax(encode(self._backbone, batch))
        report(Progress(len(images), len(images), _("Predicted")))
        return proba

    def _input(self, image: Path | Image.Image) -> Tensor:
        try:
            rgb = upright(image, decode(image)) if isinstance(image, Image.Image) else open_rgb(image)
        except UnreadableImage as problem:
            name = getattr(image, "filename", "") if isinstance(image, Image.Image) else image
            raise DatasetError(
                _("The image '{name}' cannot be read ({reason}). Save it again as JPEG or PNG.").format(
                    name=Path(name or "?").name, reason=problem.reason
                )
            ) from problem
        return preprocess(rgb, self.manifest.preprocessing)

    def _softmax(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = features.astype(np.float64) @ self._weight.T + self._bias
        if not np.isfinite(logits).all():
            raise BundleError(_("The weights in this bundle give no numbers for an image. Export it again."))
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)


def load(path: Path) -> Predictor:
    """Reads the bundle at `path`, without pickle and without unpacking it.

    Raises:
        BundleError: it is no bundle, it is damaged or tampered with, or its backbone is not known here.
    """
    manifest = read_manifest(path)
    info = _info(manifest)
    backbone = load_backbone(info.name, pretrained=False)
    _check_shape(backbone, manifest)
    try:
        state = safetensors.torch.load(read_model(path, manifest))
    except SafetensorError as problem:
        raise BundleError(_("The weights in this bundle cannot be read. Export it again.")) from problem
    weight, bias = state.pop("head.weight"), state.pop("head.bias")
    state = {key.removeprefix("backbone."): value for key, value in state.items()}
    backbone.load_state_dict(state, strict=True, assign=True)
    return Predictor(manifest, backbone.eval(), weight, bias)


def _info(manifest: Manifest) -> BackboneInfo:
    try:
        info = registry.info(manifest.backbone)
    except BackboneError:
        raise BundleError(
            _("This bundle's backbone '{name}' is not known to this Graft. Update Graft.").format(
                name=shown(manifest.backbone, 80)
            )
        ) from None
    if (info.architecture, info.feature_dim) != (manifest.architecture, manifest.feature_dim):
        raise BundleError(
            _("This bundle was made with another version of the backbone '{name}'. Export it again.").format(
                name=info.name
            )
        )
    return info


def _check_shape(backbone: Backbone, manifest: Manifest) -> None:
    """The weights must be those of the backbone that the manifest names, and of a head."""
    expected = {f"backbone.{k}": (_TYPES.get(t.dtype, ""), tuple(t.shape)) for k, t in backbone.state_dict().items()}
    given = {name: entry for name, entry in manifest.tensors.items() if name not in ("head.weight", "head.bias")}
    if expected != given:
        raise BundleError(
            _("The weights in this bundle do not fit its backbone '{name}'. Export it again.").format(
                name=manifest.backbone
            )
        )
