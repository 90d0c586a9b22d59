"""Downloads weights on first use, into the folder where torch keeps them.

A download is hashed on its way into a temporary file, which takes its place only when it is whole and right. Where
`GRAFT_WEIGHTS_URL` is set (an `https:` or `file:` folder), files are taken from there by name instead, so that a lab
without internet access can have a mirror. This file does not import torch.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from core.backbones.spec import BackboneInfo
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.paths import FULL, is_of_nobody, replacing
from core.progress import Progress, Report, silent

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
MIRROR = "GRAFT_WEIGHTS_URL"


def fetch(info: BackboneInfo, report: Report = silent) -> Path:
    """The backbone's weights file, verified; downloaded where it is missing or damaged. Progress is in bytes.

    Raises:
        WeightsUnavailable: it is missing and cannot be downloaded; the message says what to put where.
    """
    file = info.file
    if file is None:
        raise ValueError(f"{info.name} has no weights")
    if file.is_file() and _is_whole(file, info):
        return file
    _download(info, file, report)
    return file


def _is_whole(file: Path, info: BackboneInfo) -> bool:
    algorithm, expected = _hash(info)
    with file.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest().startswith(expected)


def _hash(info: BackboneInfo) -> tuple[str, str]:
    """The algorithm and the beginning of what it gives: sha256, where it is not said as "md5:"."""
    algorithm, _colon, expected = info.sha256.rpartition(":")
    return algorithm or "sha256", expected


def _download(info: BackboneInfo, file: Path, report: Report) -> None:
    url = _url(info)
    if is_of_nobody(file):
        text = _("this user has no home folder; set {variable} to a folder for weights")
        raise _unavailable(info, file, text.format(variable="KERAS_HOME" if info.needs else "TORCH_HOME"))
    if not url.startswith(("https:", "http:", "file:")):
        raise _unavailable(info, file, _("{variable} must begin with https: or file:").format(variable=MIRROR))
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # scheme checked above
            total = int(response.headers.get("Content-Length") or 0)
            expected = total or round(info.size_mb * 2**20)
            check_room(file, expected)
            _save(info, file, _read(response, info, expected, report), total)
    except (OSError, HTTPException, ValueError) as problem:
        raise _unavailable(info, file, reason_of(problem)) from problem


def _url(info: BackboneInfo) -> str:
    mirror = os.environ.get(MIRROR, "").rstrip("/")
    return f"{mirror}/{info.url.rsplit('/', 1)[-1]}" if mirror else info.url


def _read(response: HTTPResponse, info: BackboneInfo, total: int, report: Report) -> Iterator[bytes]:
    message = _("Downloading the weights of {name}: {done:.0f} of {total:.0f} MB")
    n_bytes = 0
    while True:
        report(
            Progress(
                n_bytes, max(total, n_bytes), message.format(name=info.name, done=n_bytes / 2**20, total=total / 2**20)
            )
        )
        chunk = response.read(CHUNK_BYTES)
        if not chunk:
            return
        n_bytes += len(chunk)
        yield chunk


def _save(info: BackboneInfo, file: Path, chunks: Iterator[bytes], total: int) -> None:
    algorithm, promised = _hash(info)
    digest, n_bytes = hashlib.new(algorithm), 0
    with replacing(file) as out:
        for chunk in chunks:
            out.write(chunk)
            digest.update(chunk)
            n_bytes += len(chunk)
        if total and n_bytes < total:
            raise ValueError(_("the connection broke off"))
        if not digest.hexdigest().startswith(promised):
            raise ValueError(_("what arrived is not the file that was promised (its hash differs)"))


def check_room(file: Path, n_bytes: int) -> None:
    """Makes sure that the disk has room for a file of this size.

    Raises:
        OSError: it has not, or its folder cannot be made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(file.parent).free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def reason_of(problem: BaseException) -> str:
    """Why a download failed, in a few words."""
    if isinstance(problem, OSError) and problem.errno in FULL:
        return _("the disk is full")
    if isinstance(problem, OSError) and problem.errno in (errno.EACCES, errno.EROFS):
        return _("the folder cannot be written to")
    cause = getattr(problem, "reason", problem)
    return str(getattr(cause, "strerror", None) or cause) or type(problem).__name__


def _unavailable(info: BackboneInfo, file: Path, reason: str) -> WeightsUnavailable:
    if file.is_file():
        reason = _("the file that is here is damaged, and there is no other ({reason})").format(reason=reason)
    return WeightsUnavailable(
        _(
            "The weights of '{name}' could not be downloaded: {reason}. With a network, try again; without one, put "
            "the file {file} ({size:.0f} MB, from {url}) into the folder {folder}."
        ).format(
            name=info.name,
            reason=reason.rstrip("."),
            file=file.name,
            size=info.size_mb,
            url=info.url,
            folder=file.parent,
        )
    )
