"""The zip of a bundle: three stored entries, written at once and read without believing any of it. No torch.

Nothing is ever unpacked to the disk. Entries are stored, not compressed, so that a small file cannot become a large
one.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.bundle.manifest import Manifest, Tensors, read_json_strictly, tensors_from_json
from core.errors import BundleError
from core.i18n import gettext as _
from core.paths import replacing
from core.progress import Progress, Report, silent
from core.runs import MODEL

MANIFEST, CARD = "manifest.json", "MODEL_CARD.md"
MAX_BYTES = {MANIFEST: 16 << 20, CARD: 16 << 20, MODEL: 4 << 30}
MAX_DIRECTORY = 4096
MAX_HEADER = 1 << 20
_CHUNK = 4 << 20
_END, _END64, _LOCATOR64 = 22, 56, 20


def read_manifest(path: Path) -> Manifest:
    """The manifest of the bundle at `path`.

    Raises:
        BundleError: it is no bundle, or the manifest is not as it should be.
    """
    with _opened(path) as archive:
        content = archive.read(MANIFEST)
    return Manifest.from_json(read_json_strictly(content))


def read_card(path: Path) -> str:
    """The model card of the bundle at `path`, in Markdown.

    Raises:
        BundleError: it is no bundle.
    """
    with _opened(path) as archive:
        return archive.read(CARD).decode("utf-8", "replace")


def read_model(path: Path, manifest: Manifest) -> bytes:
    """The weights of the bundle at `path` as a safetensors file, which is what the manifest says it is.

    Raises:
        BundleError: size, hash, names, types or shapes are others than the manifest's.
    """
    with _opened(path) as archive:
        if archive.getinfo(MODEL).file_size != manifest.n_bytes:
            raise _other_weights()
        content = archive.read(MODEL)
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise _other_weights()
    if _header(content[: 8 + MAX_HEADER]) != manifest.tensors:
        raise _other_weights()
    return content


def tensors_in(file: Path) -> Tensors:
    """What a safetensors file holds, from its header alone.

    Raises:
        BundleError: it is no safetensors file, or too large for a bundle.
    """
    with file.open("rb") as opened:
        return _header(opened.read(8 + MAX_HEADER))


def _header(start: bytes) -> Tensors:
    """Types and shapes from the beginning of a safetensors file: 8 bytes of length, then so much JSON."""
    length = int.from_bytes(start[:8], "little")
    if len(start) < 8 or length > min(MAX_HEADER, len(start) - 8):
        raise BundleError(_("The weights' header is cut off or larger than 1 MiB."))
    header = read_json_strictly(start[8 : 8 + length])
    if not isinstance(header, dict):
        raise BundleError(_("The weights' header is not as it should be."))
    return tensors_from_json({name: entry for name, entry in header.items() if name != "__metadata__"})


def write(out: Path, manifest: bytes, card: bytes, model: Path, report: Report = silent) -> None:
    """Writes a bundle to `out`, whole or not at all. The same parts give the same bytes.

    Args:
        out: where to; what is there is replaced.
        manifest: the manifest as JSON.
        card: the model card.
        model: the file of weights, which is copied.
        report: is told of bytes copied.

    Raises:
        BundleError: the model is too large.
    """
    total = model.stat().st_size
    if total > MAX_BYTES[MODEL]:
        raise BundleError(_("This model is larger than the 4 GiB that a bundle can hold."))
    with replacing(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), manifest)
        archive.writestr(_entry(CARD), card)
        entry = _entry(MODEL)
        entry.file_size = total
        with archive.open(entry, "w") as target, model.open("rb") as source:
            done = 0
            while chunk := source.read(_CHUNK):
                report(Progress(done, total, _("Writing the bundle")))
                target.write(chunk)
                done += len(chunk)
    report(Progress(total, total, _("Bundle written")))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of 1980, so that equal content is an equal file
    entry.external_attr = 0o644 << 16
    return entry


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip, after its directory has been checked."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            _check_directory(file, size)
            with zipfile.ZipFile(file) as archive:
                _check_entries(archive, size)
                yield archive
    except FileNotFoundError:
        raise BundleError(_("There is no bundle '{name}'.").format(name=path.name)) from None
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as problem:
        raise _no_bundle() from problem


def _check_directory(file: BinaryIO, size: int) -> None:
    """A zip ends with a record that says how large its directory is; a directory of three entries is small.

    Python reads the whole directory into memory before anything can be asked, hence this look ahead.
    """
    file.seek(max(0, size - _END - _LOCATOR64 - _END64))
    tail = file.read()
    end = tail[-_END:]
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise _no_bundle()
    directory = int.from_bytes(end[12:16], "little")
    if tail[-_END - _LOCATOR64 :][:4] == b"PK\x06\x07":
        directory = max(directory, int.from_bytes(tail[40:48], "little"))
    if directory > MAX_DIRECTORY:
        raise _no_bundle()


def _check_entries(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    if sorted(entry.filename for entry in entries) != sorted(MAX_BYTES):
        raise _no_bundle()
    for entry in entries:
        stored = entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size
        if not stored or entry.flag_bits & 0x1 or entry.file_size > min(size, MAX_BYTES[entry.filename]):
            raise _no_bundle()


def _no_bundle() -> BundleError:
    return BundleError(_("This file is not a bundle made by Graft. Choose a zip that Graft has exported."))


def _other_weights() -> BundleError:
    return BundleError(_("The weights in this bundle are not those that its manifest describes. Export it again."))
