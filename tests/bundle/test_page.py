"""The page as text: its policy, its names, its size. Whether it works, a browser says (`tests/e2e`)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from functools import cache

import pytest

from core.bundle.page import RUNTIME_SHA256, page
from core.bundle.photos import CheckPhoto
from core.errors import BundleError
from core.scores import SplitScore
from tests.bundle.conftest import manifest_of

PHOTOS = (CheckPhoto("00.png", b"one"), CheckPhoto("01.jpg", b"two"))
CHECK = {"most": {"proba": 0.1, "features": 0.1}, "proba": [[0.5, 0.5], [1, 0]], "features": ["AAAA", "AAAA"]}
SCORE = SplitScore(n=8, accuracy=0.75, accuracy_ci=(0.4, 0.93), macro_f1=0.7, macro_f1_ci=(0.4, 0.9))


@cache
def written() -> str:
    manifest = replace(
        manifest_of(), dataset="</script><b>", classes=("<img src=x>", "dog {x}"), metrics={"val": SCORE}
    )
    check = json.dumps({"classes": ["<img src=x>", "dog {x}"], "models": {"model.onnx": CHECK}}).encode()
    return page(manifest, b"graph", check, PHOTOS, ["images"]).decode()


def block(pattern: str) -> str:
    (found,) = re.findall(pattern, written(), re.DOTALL)
    return str(found)


def test_the_policy_allows_just_this_script_and_style_and_no_connection() -> None:
    policy = block(r'Content-Security-Policy" content="([^"]*)"').replace("&#x27;", "'")
    for kind, text in (
        ("script", block(r'<script type="module">(.*?)</script>')),
        ("style", block(r"<style>(.*?)</style>")),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "connect-src" not in policy


def test_names_are_shown_and_never_markup() -> None:
    body = written()[: written().index('<script type="application/json"')]
    assert "&lt;/script&gt;&lt;b&gt;" in body
    assert "&lt;img src=x&gt;, dog {x}" in body
    assert "<img" not in body
    assert "Accuracy on its 8 validation photos: 75.0 % (95 % interval 40.0 to 93.0 %)." in body


def test_it_holds_the_model_the_runtime_and_the_self_check() -> None:
    about = json.loads(block(r'<script type="application/json" id="about">(.*?)</script>'))
    assert about["classes"] == about["check"]["classes"] == ["<img src=x>", "dog {x}"]
    assert [base64.b64decode(photo["content"]) for photo in about["check"]["photos"]] == [b"one", b"two"]
    assert base64.b64decode(block(r'id="model">(.*?)</script>')) == b"graph"
    runtime = gzip.decompress(base64.b64decode(block(r'id="runtime">(.*?)</script>')))
    assert hashlib.sha256(runtime).hexdigest() == RUNTIME_SHA256["ort.wasm"]


def test_a_network_that_is_too_large_for_a_page_is_refused() -> None:
    with pytest.raises(BundleError, match=r"networks of at most 27\.3 MB, and this one has 28\.2 MB"):
        page(manifest_of(), bytes(28_200_000), b"{}", (), ["images"])
