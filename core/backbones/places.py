"""Where weights are on this machine: in packages, and in the folders of torch, Keras and the Hugging Face Hub.

The rules and environment variables are those of `torch`, `keras` and `huggingface_hub`, so that what other programs
have fetched is there already; none is imported. The Hub's folder holds for each repository

    models--timm--resnet50.a1_in1k/refs/main                             the name of the newest revision
                                  /snapshots/<revision>/<file>           a link to
                                  /blobs/<sha256>
"""

from __future__ import annotations

import os
import re
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from core.paths import expanded

SAFETENSORS = "model.safetensors"
"""The file that is taken from a repository: one that cannot run code when it is read."""

_REPOSITORY = re.compile(r"models--([^/]+)--([^/]+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.")


def package_file(package: str, name: str) -> Path | None:
    """Where the file `name` of an installed package is, without importing the package; None where there is none."""
    try:
        files = metadata.files(package) or ()
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == name), None)


def torch_folder() -> Path:
    """The folder where torch keeps downloaded weights."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))  # noqa: PTH118 (an empty value means here)
    return _expanded(home, os.environ.get("HOME", "")) / "hub" / "checkpoints"


def hash_in_name(file_name: str) -> str:
    """The beginning of the sha256 that torchvision puts into a weights file's name, or ""."""
    match = _HASH_IN_NAME.search(file_name)
    return match.group(1) if match else ""


@cache
def has_keras() -> bool:
    """Whether Keras 3 is installed."""
    try:
        return metadata.version("keras").partition(".")[0] == "3"
    except metadata.PackageNotFoundError:
        return False


def keras_folder() -> Path:
    """The folder where Keras keeps downloaded weights."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        user = _expanded("~", os.environ.get("HOME", ""))
        home = str((user if os.access(user, os.W_OK) else Path("/tmp")) / ".keras")
    return Path(home) / "models"


def hugging_face_folder() -> Path:
    """The folder where the Hub's files are kept."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", os.path.join(cache, "huggingface"))  # noqa: PTH118
    old_setting = os.environ.get("HUGGINGFACE_HUB_CACHE", os.path.join(home, "hub"))  # noqa: PTH118
    return _expanded(os.path.expandvars(os.environ.get("HF_HUB_CACHE", old_setting)), os.environ.get("HOME", ""))


@lru_cache(maxsize=16)
def _expanded(folder: str, _user_home: str) -> Path:
    return expanded(folder)


def repository_folder(repository: str) -> Path:
    """Where the files of a repository of the Hub, such as "timm/resnet50.a1_in1k", are kept."""
    return hugging_face_folder() / f"models--{repository.replace('/', '--')}"


def repository_file(repository: str, revision: str = "") -> Path:
    """Where the weights of a repository are or belong: of this revision, or of the newest that was fetched."""
    folder = repository_folder(repository)
    if not revision:
        try:
            revision = (folder / "refs" / "main").read_text().strip()
        except (OSError, UnicodeError):
            revision = "main"
    return folder / "snapshots" / revision / SAFETENSORS


def repositories() -> frozenset[str]:
    """The repositories of which something is in the Hub's folder."""
    try:
        names = os.listdir(hugging_face_folder())  # noqa: PTH208 (names are all it takes)
    except OSError:
        return frozenset()
    return frozenset("/".join(match.groups()) for name in names if (match := _REPOSITORY.fullmatch(name)))


def sha256_in_hub(file: Path) -> str:
    """The hash of a file in the Hub's folder, by the name of what it links to; "" where it cannot be told so."""
    try:
        name = file.readlink().name
    except (OSError, ValueError):  # missing, or no link, as on systems that have none
        return ""
    return name if _SHA256.fullmatch(name) else ""
