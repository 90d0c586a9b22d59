"""Bundles that are not as Graft writes them, made from the parts of one that is."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.errors import BundleError
from core.models.load import classifier_of


def pack(path, parts, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as bundle:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            bundle.writestr(name, content)
    return path


def refused(path, message=r"\w"):
    with pytest.raises(BundleError, match=message) as caught:
        classifier_of(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def bent(parts, change):
    """The parts with a manifest that `change` has had its way with."""
    manifest = json.loads(parts["manifest.json"])
    change(manifest)
    return {**parts, "manifest.json": json.dumps(manifest).encode()}


def np_image():
    """A photo of noise."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8))
