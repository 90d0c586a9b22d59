import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from huggingface_hub import constants

from core.backbones.hub import fetch
from core.backbones.load import load
from core.backbones.places import hugging_face_folder, repositories
from core.backbones.registry import backbones, info, ready_names
from core.backbones.sources import timm_facts
from core.backbones.sources.timm import Timm
from core.errors import Cancelled, WeightsUnavailable
from core.paths import write_json
from core.progress import Progress
from tests.fakes import plug_in
from tests.hub import REVISION, Hub, put, random_state, serving

MODEL = "test_resnet.r160_in1k"
NAME, REPOSITORY = f"timm:{MODEL}", f"timm/{MODEL}"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched from outside this machine."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with random weights of the model."""
    with serving() as served:
        served.files[REPOSITORY] = safetensors.torch.save(random_state(MODEL))
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def test_missing_weights_are_fetched_with_progress_in_bytes_and_once(hub: Hub) -> None:
    steps: list[Progress] = []
    assert not info(NAME).ready
    backbone = load(NAME, report=steps.append)

    file, size = info(NAME).file, len(hub.files[REPOSITORY])
    assert file is not None
    assert file.read_bytes() == hub.files[REPOSITORY]
    counts = [(step.done, step.total) for step in steps if step.total]
    assert counts[0] == (0, size)
    assert counts[-1] == (size, size)
    assert backbone.info.sha256 == info(NAME).sha256 == file.readlink().name
    assert load(NAME) is backbone
    fetch(info(NAME))
    assert hub.fetched == [REPOSITORY]


def test_what_is_on_this_machine_is_listed_and_ready_without_a_network() -> None:
    assert NAME not in {known.name for known in backbones()}
    put(REPOSITORY, random_state(MODEL))
    assert repositories() == {REPOSITORY}
    assert NAME in {known.name for known in backbones()}
    assert NAME in ready_names()
    assert load(NAME)(torch.zeros(1, 3, 160, 160)).shape == (1, info(NAME).feature_dim)


def test_other_weights_are_another_backbone_to_the_store() -> None:
    put(REPOSITORY, random_state(MODEL))
    before, loaded = info(NAME), load(NAME)
    put(REPOSITORY, random_state(MODEL, seed=1))
    assert before.sha256 != info(NAME).sha256
    assert load(NAME) is not loaded


def test_without_a_network_the_error_says_what_to_bring_from_where() -> None:
    with pytest.raises(WeightsUnavailable) as raised:
        load(NAME)
    message = str(raised.value)
    assert f"`hf download {REPOSITORY} model.safetensors`" in message
    assert f"the folder models--timm--{MODEL} (2 MB) from there into {hugging_face_folder()}" in message
    assert "could not be downloaded: Connection refused. With" in message
    assert "Ready on this machine: graft" in message


def test_a_setting_against_the_network_is_named(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsUnavailable, match="could not be downloaded: HF_HUB_OFFLINE is set"):
        load(NAME)
    assert hub.fetched == []


def test_a_repository_without_safetensors_is_refused(hub: Hub) -> None:
    hub.files.clear()
    with pytest.raises(WeightsUnavailable, match="no weights as safetensors"):
        load(NAME)


def test_where_an_account_is_asked_for_the_error_says_what_to_do(hub: Hub) -> None:
    hub.gated = True
    with pytest.raises(WeightsUnavailable, match="accept their terms on its page of the Hub, and set HF_TOKEN"):
        load(NAME)


def test_a_damaged_file_is_fetched_again(hub: Hub) -> None:
    file = put(REPOSITORY, random_state(MODEL))
    with file.open("r+b") as weights:
        weights.seek(-1, os.SEEK_END)
        weights.write(b"\x7f")
    load(NAME)
    assert file.read_bytes() == hub.files[REPOSITORY]


def test_what_arrives_must_be_what_the_hub_names_it_by(hub: Hub) -> None:
    hub.broken = True
    with pytest.raises(WeightsUnavailable, match="its hash differs"):
        load(NAME)
    assert not info(NAME).ready


@pytest.mark.parametrize("is_right", [True, False])
def test_what_arrives_must_be_what_is_pinned(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_right: bool
) -> None:
    load(NAME)
    sha256 = info(NAME).sha256 if is_right else "0" * 64
    write_json(tmp_path / "pins.json", {MODEL: {"revision": REVISION, "sha256": sha256}})
    plug_in(monkeypatch, Timm(tmp_path / "pins.json"))
    assert (info(NAME).sha256, info(NAME).revision) == (sha256, REVISION)
    if is_right:
        assert load(NAME).info.sha256 == sha256
    else:
        with pytest.raises(WeightsUnavailable, match="its hash differs"):
            load(NAME)


def test_what_is_pinned_is_what_the_hub_says_of_a_repository(hub: Hub) -> None:
    sha256 = hashlib.sha256(hub.files[REPOSITORY]).hexdigest()
    assert timm_facts.pinned(REPOSITORY) == {"revision": REVISION, "sha256": sha256}


def test_a_public_app_fetches_nothing_large(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert load(NAME).info.ready
    with pytest.raises(WeightsUnavailable, match="fetches none of more than 500 MB"):
        load("timm:vit_large_patch14_dinov2.lvd142m")


def test_a_download_can_be_cancelled(hub: Hub) -> None:
    def cancel(step: Progress) -> None:
        if step.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        load(NAME, report=cancel)
    assert not info(NAME).ready


@pytest.mark.parametrize(
    "environment",
    [{"HF_HOME": "~/a"}, {"XDG_CACHE_HOME": "/tmp/b"}, {"HF_HUB_CACHE": "/c/$USER_D", "USER_D": "d", "HF_HOME": "/e"},
     {"HUGGINGFACE_HUB_CACHE": "/f"}, {}],
)  # fmt: skip
def test_the_folder_is_that_of_the_hubs_own_library(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"
    theirs = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert str(hugging_face_folder()) == theirs
