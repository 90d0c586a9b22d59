"""Fetches weights from the Hugging Face Hub, by `huggingface_hub` and into its folder; see `core.backbones.places`.

Its environment variables hold: `HF_HUB_OFFLINE` for no network, `HF_ENDPOINT` for a mirror, `HF_TOKEN` for what needs
an account. What was fetched is held against the hash that Graft knows of it, or else against the one that the Hub named
it by. Only safetensors are taken, never a pickle.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from core.backbones.download import check_room, reason_of
from core.backbones.places import SAFETENSORS, hugging_face_folder, repository_folder, sha256_in_hub
from core.backbones.spec import BackboneInfo
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.paths import file_sha256, is_of_nobody
from core.progress import Progress, Report, silent

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")


def fetch(info: BackboneInfo, report: Report = silent) -> Path:
    """The weights of a backbone in a repository of the Hub, verified; fetched where they are missing or damaged.

    Raises:
        WeightsUnavailable: they are missing and cannot be fetched; the message says how to get them elsewhere.
    """
    file = info.file
    if file is not None and file.is_file() and _is_whole(file, info):
        return file
    fetched = _fetched(info, report, again=file is not None and file.is_file())
    if not _is_whole(fetched, info):
        fetched.resolve().unlink(missing_ok=True)
        raise _unavailable(info, _("what arrived is not the file that was promised (its hash differs)"))
    return fetched


def _is_whole(file: Path, info: BackboneInfo) -> bool:
    """Whether a file has the hash that it should have, as far as one is known."""
    expected = info.sha256 or sha256_in_hub(file)
    return not expected or file_sha256(file) == expected


def _fetched(info: BackboneInfo, report: Report, *, again: bool) -> Path:
    from httpx2 import HTTPError
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.constants import is_offline_mode
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError

    folder, revision = hugging_face_folder(), info.revision or None
    endpoint = os.environ.get("HF_ENDPOINT") or None
    if is_offline_mode():
        raise _unavailable(info, _("HF_HUB_OFFLINE is set"))
    if is_of_nobody(folder):
        raise _unavailable(info, _("this user has no home folder; set HF_HOME to a folder for weights"))
    try:
        # This asks once; `hf_hub_download` would ask for half a minute before it gives up.
        about = get_hf_file_metadata(hf_hub_url(info.repository, SAFETENSORS, revision=revision, endpoint=endpoint))
        check_room(folder / SAFETENSORS, about.size or round(info.size_mb * 2**20))
        return Path(
            hf_hub_download(
                info.repository,
                SAFETENSORS,
                revision=revision,
                cache_dir=folder,
                force_download=again,
                endpoint=endpoint,
                tqdm_class=_bar(info, report),
            )
        )
    except GatedRepoError as problem:
        reason = _("its makers ask for an account: accept their terms on its page of the Hub, and set HF_TOKEN")
        raise _unavailable(info, reason) from problem
    except EntryNotFoundError as problem:
        raise _unavailable(info, _("the repository has no weights as safetensors")) from problem
    except (HTTPError, OSError, ValueError) as problem:
        raise _unavailable(info, _first_line(problem)) from problem


def _bar(info: BackboneInfo, report: Report) -> Any:
    """A class of progress bars for `huggingface_hub` that report bytes in place of drawing."""
    from tqdm import tqdm

    text = _("Downloading the weights of {name}: {done:.0f} of {total:.0f} MB")
    most = 0

    class Bar(tqdm):  # type: ignore[misc]
        """One of them; where a file comes in parts there are several, and the furthest counts."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            self.total = options.get("total")
            self.n = options.get("initial", 0)
            self._tell()

        def update(self, n: float | None = 1) -> bool:
            """Counts n more bytes."""
            self.n += n or 0
            self._tell()
            return True

        def _tell(self) -> None:
            nonlocal most
            most = max(most, int(self.n))
            total = max(int(self.total or 0), round(info.size_mb * 2**20) if not self.total else 0, most)
            message = text.format(name=info.name, done=most / 2**20, total=total / 2**20)
            report(Progress(most, total, message))

    return Bar


def _first_line(problem: Exception) -> str:
    """What went wrong, in a few words: the Hub's library says it at length, and the cause is at the bottom."""
    cause: BaseException = problem
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return _NUMBER.sub("", reason_of(cause).strip().splitlines()[0])


def _unavailable(info: BackboneInfo, reason: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        _(
            "The weights of '{name}' could not be downloaded: {reason}. With a network, try again; without one, run "
            "`hf download {repository} {file}` where there is one, and bring the folder {source} "
            "({size:.0f} MB) from there into {folder}."
        ).format(
            name=info.name,
            reason=reason.rstrip(".:"),
            repository=info.repository,
            file=SAFETENSORS,
            source=repository_folder(info.repository).name,
            size=info.size_mb,
            folder=hugging_face_folder(),
        )
    )
