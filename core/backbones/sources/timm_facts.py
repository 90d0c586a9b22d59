"""Writes `timm.json`, the facts about timm's models, and `timm_pins.json`, what has to arrive from the Hub.

    python -m core.backbones.sources.timm_facts            from the installed timm; no network is needed
    python -m core.backbones.sources.timm_facts --pin      asks the Hub for revisions and hashes

Every pretrained model is in it that has its weights in a repository of the Hub and a square input. Accuracies on
ImageNet are not: timm's package holds none, and those that are published are often of another input size than ours.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from core.backbones.places import SAFETENSORS
from core.backbones.sources.timm import FACTS, PINS, PREFIX, USUAL, Timm
from core.backbones.spec import Preprocessing
from core.paths import write_bytes, write_json

_SIZES_PX = {"dinov2": 224}
"""The input size where it is another than timm's: DINOv2's 518 px take seven times as long for little."""


def names() -> list[str]:
    """The names of the models that the file is about."""
    import timm

    return [name for name in timm.list_pretrained() if _is_usable(name)]


def facts(name: str) -> dict[str, Any]:
    """What timm publishes about a model, and what can be measured without its weights."""
    published, how = _published(name), preprocessing(name)
    elsewhere = {"repository": published.hf_hub_id} if published.hf_hub_id != f"timm/{name}" else {}
    usual = {**USUAL, "antialias": True}
    return {
        "name": name,
        "family": _family(name),
        **elsewhere,
        "licence": published.license or "",
        **({"fixed": True} if published.fixed_input_size else {}),
        "preprocessing": {key: value for key, value in how.to_json().items() if usual.get(key) != value},
        **measured(name, how.input_px),
    }


def preprocessing(name: str) -> Preprocessing:
    """How timm makes a model's input of a photo, at the size that is used here."""
    from core.backbones.networks.timm_trunks import preprocessing_of

    published = _published(name)
    side_px = next((px for part, px in _SIZES_PX.items() if part in name), published.input_size[1])
    return preprocessing_of(published.to_dict() | {"input_size": (3, side_px, side_px)})


def measured(name: str, side_px: int) -> dict[str, Any]:
    """A model's width, size, cost and stages, measured on a build without memory for weights.

    `params` and `size_mb` count the classifier, as timm does; the file on the Hub is as large as its tensors in
    float32, but for those that were put down in fewer bits.
    """
    from core.backbones.networks import measure
    from core.backbones.networks.timm_trunks import TimmTrunk, hollow_model

    model = hollow_model(name, side_px)
    params = sum(parameter.numel() for parameter in model.parameters())
    size_mb = round(4 * sum(tensor.numel() for tensor in model.state_dict().values()) / 2**20, 1)
    of_trunk = measure.measured(TimmTrunk(model).eval(), side_px)
    return {
        "feature_dim": of_trunk["feature_dim"],
        "params": params,
        "size_mb": size_mb,
        "gflops": of_trunk["gflops"],
        "memory_mb": of_trunk["memory_mb"],
        "stages": of_trunk["stages"],
    }


def pinned(repository: str) -> dict[str, str]:
    """The newest revision of a repository of the Hub, and the hash of its weights."""
    from huggingface_hub import HfApi

    about = HfApi(endpoint=os.environ.get("HF_ENDPOINT")).model_info(repository, files_metadata=True)
    file = next(file for file in about.siblings or () if file.rfilename == SAFETENSORS)
    if about.sha is None or file.lfs is None:
        raise ValueError(f"the Hub names no revision or hash of {repository}")
    return {"revision": about.sha, "sha256": file.lfs.sha256}


def _published(name: str) -> Any:
    from timm.models import get_pretrained_cfg

    return get_pretrained_cfg(name)


def _is_usable(name: str) -> bool:
    """Whether a model has its weights on the Hub and a square input, and is no encoder that feeds a language model."""
    published, architecture = _published(name), name.partition(".")[0]
    channels, height, width = published.input_size
    return bool(published.hf_hub_id) and channels == 3 and height == width and not architecture.endswith("_enc")


def _family(name: str) -> str:
    """The family of a model by timm's own file for it, such as "convnext"."""
    from timm.models import model_entrypoint

    return model_entrypoint(name.partition(".")[0]).__module__.rpartition(".")[2]


def _write(every: list[dict[str, Any]]) -> None:
    """One model a line, so that a change shows."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in every)
    write_bytes(FACTS, f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    if sys.argv[1:] == ["--pin"]:
        pins = {info.name.removeprefix(PREFIX): pinned(info.repository) for info in Timm().infos() if info.listed}
        write_json(PINS, pins)
        print(f"{PINS}: {len(pins)} models")
    else:
        _write([facts(name) for name in names()])
        print(f"{FACTS}: {len(names())} models")
