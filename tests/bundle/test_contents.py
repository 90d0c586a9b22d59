"""What may be wanted in a bundle."""

from __future__ import annotations

import pytest

from core.bundle.contents import BARE, Contents
from core.errors import BundleError


def test_by_default_the_network_comes_along_in_full_and_nothing_of_the_users() -> None:
    assert (Contents().onnx, Contents().page, Contents().photos, Contents().formats) == (("fp32",), False, False, ())
    assert BARE.onnx == ()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"onnx": ("fp8",)}, "no onnx 'fp8'. Choose among fp32, fp16, int8, photo"),
        ({"formats": ("coreml",)}, "no format 'coreml'. Choose among openvino, litert, keras"),
        ({"onnx": (), "page": True}, "made of the network as ONNX in fp32"),
        ({"onnx": ("int8",), "formats": ("openvino",)}, "made of the network as ONNX in fp32"),
    ],
)
def test_what_there_is_not_is_refused(wanted: dict[str, object], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Contents.from_json({key: list(value) if isinstance(value, tuple) else value for key, value in wanted.items()})


def test_it_comes_back_as_it_was_written() -> None:
    wanted = Contents(onnx=("fp32", "int8"), page=True, formats=("openvino",))
    assert Contents.from_json(wanted.to_json()) == wanted
