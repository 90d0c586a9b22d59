"""Weights in a bundle that are none, or others than its manifest describes."""

import hashlib
import json
import pickle
import struct

import numpy as np
import pytest
import safetensors.numpy

from core.errors import BundleError
from core.models.load import classifier_of
from tests.models.bundles import bent, np_image, pack, refused


def with_weights(parts, content):
    """The parts with other weights, and a manifest that vouches for their hash and size."""

    def apply(manifest):
        manifest["model"]["sha256"] = hashlib.sha256(content).hexdigest()
        manifest["model"]["bytes"] = len(content)

    return {**bent(parts, apply), "model.safetensors": content}


def header(document, data=b""):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return struct.pack("<Q", len(text)) + text + data


HEAD = {"head.weight": np.zeros((3, 768), np.float32), "head.bias": np.zeros(3, np.float32)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 100) + b"{}",
        header(b" " * ((1 << 20) + 1)),
        header(b"[" * 100_000),
        header([]),
        header({"a": 1}),
        header({"head.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}, bytes(12)),
        header({str(i): {"dtype": "F32", "shape": [], "data_offsets": [0, 4]} for i in range(3000)}, bytes(4)),
        header(
            {
                "head.weight": {"dtype": "F32", "shape": [3, 768], "data_offsets": [0, 4]},
                "head.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 2**60]},
            },
            bytes(16),
        ),
        safetensors.numpy.save({**HEAD, "backbone.trunk.w": np.zeros(3, np.float32)}),
        safetensors.numpy.save({**HEAD, "head.bias": np.zeros(3, np.float64)}),
        pickle.dumps(HEAD),
    ],
)
def test_weights_that_are_none_though_their_hash_is_right(parts, tmp_path, content):
    refused(pack(tmp_path / "b.zip", with_weights(parts, content)))


def test_weights_that_give_no_numbers(parts, tmp_path):
    content = safetensors.numpy.save({**HEAD, "head.bias": np.full(3, np.nan, np.float32)})
    classifier = classifier_of(pack(tmp_path / "b.zip", with_weights(parts, content)))
    with pytest.raises(BundleError, match="give no numbers"):
        classifier.predict([np_image()])


def test_other_weights_under_the_old_manifest(parts, tmp_path):
    other = safetensors.numpy.save(HEAD)
    refused(pack(tmp_path / "b.zip", {**parts, "model.safetensors": other}), "not those that its manifest describes")
