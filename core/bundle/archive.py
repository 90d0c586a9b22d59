"""The zip of a bundle: written at once, and read only as far as its manifest vouches for it. No torch."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from core.bundle.files import CARD, MANIFEST, PAGE, REQUIRED, SELFCHECK, FileFacts, Files, most_bytes
from core.bundle.manifest import Manifest
from core.bundle.opening import opened
from core.bundle.parts import Tensors, tensors_from_json
from core.bundle.portable.whole import changed
from core.bundle.strict import damaged, of_kind, part, read_json_strictly
from core.errors import BundleError
from core.i18n import gettext as _
from core.paths import file_sha256, replacing
from core.progress import Progress, Report, silent
from core.runs import MODEL, STRANGERS

MAX_HEADER = 1 << 20
_CHUNK = 4 << 20


def read_manifest(path: Path) -> Manifest:
    """The manifest of the bundle at `path`: a zip, or the folder into which one was unpacked.

    Raises:
        BundleError: it is no bundle, or the manifest is not as it should be.
    """
    with opened(path) as bundle:
        content = bundle.read(MANIFEST)
    return Manifest.from_json(read_json_strictly(content))


def file_sizes(path: Path, manifest: Manifest) -> dict[str, int]:
    """By its name, the bytes of each file that is in the bundle at `path`: what each has, then what travels along.

    Raises:
        BundleError: it is no bundle.
    """
    with opened(path) as bundle:
        sizes = {name: bundle.size(name) for name in (MODEL, CARD, MANIFEST, *manifest.files)}
    return {name: size for name, size in sizes.items() if size is not None}


def read_card(path: Path) -> str:
    """The model card of the bundle at `path`, in Markdown.

    Raises:
        BundleError: it is no bundle.
    """
    with opened(path) as bundle:
        return bundle.read(CARD).decode("utf-8", "replace")


def read_model(path: Path, manifest: Manifest) -> bytes:
    """The weights of the bundle at `path` as a safetensors file, which is what the manifest says it is.

    Raises:
        BundleError: size, hash, names, types or shapes are others than the manifest's.
    """
    content = _verified(path, MODEL, FileFacts(manifest.sha256, manifest.n_bytes))
    if content is None or _header(content[: 8 + MAX_HEADER]) != manifest.tensors:
        raise _other_weights()
    return content


def read_file(path: Path, manifest: Manifest, name: str) -> bytes | None:
    """One of the files that travel along with the model; None where the manifest names none of this name.

    Raises:
        BundleError: its size or hash are others than the manifest's, or it is missing.
    """
    facts = manifest.files.get(name)
    if facts is None:
        return None
    content = _verified(path, name, facts)
    if content is None:
        raise BundleError(
            _("'{name}' in this bundle is not what its manifest describes. Export it again.").format(name=name)
        )
    return content


def check_whole(path: Path, manifest: Manifest) -> None:
    """Holds what the manifest of the bundle at `path` says against its self-check, where it has one.

    Raises:
        BundleError: the classes are others, or in another order; a section was changed, left out or put in; or the
            self-check is not the manifest's.
    """
    with opened(path) as bundle:
        if bundle.size(SELFCHECK) is None:
            return
        document = of_kind(read_json_strictly(bundle.read(MANIFEST)), dict, MANIFEST)
    content = read_file(path, manifest, SELFCHECK)
    if content is None:
        raise damaged("files")
    check = of_kind(read_json_strictly(content), dict, SELFCHECK)
    if check.get("classes", list(manifest.classes)) != list(manifest.classes):
        raise damaged("classes")
    what = changed(document, part(check, "manifest", dict)) if "manifest" in check else ""  # bundles had none once
    known = manifest.files.get(STRANGERS)
    if check.get("strangers", known and known.sha256) != (known and known.sha256):
        what = "strangers"
    if what:
        raise damaged(what)


def _verified(path: Path, name: str, facts: FileFacts) -> bytes | None:
    """A file's content; None where it is another than the manifest's. Nothing is read whose size is wrong."""
    with opened(path) as bundle:
        if bundle.size(name) != facts.n_bytes:
            return None
        content = bundle.read(name)
    return content if hashlib.sha256(content).hexdigest() == facts.sha256 else None


def tensors_in(file: Path) -> Tensors:
    """What a safetensors file holds, from its header alone.

    Raises:
        BundleError: it is no safetensors file, or too large for a bundle.
    """
    with file.open("rb") as opened_file:
        return _header(opened_file.read(8 + MAX_HEADER))


def _header(start: bytes) -> Tensors:
    """Types and shapes from the beginning of a safetensors file: 8 bytes of length, then so much JSON."""
    length = int.from_bytes(start[:8], "little")
    if len(start) < 8 or length > min(MAX_HEADER, len(start) - 8):
        raise BundleError(_("The weights' header is cut off or larger than 1 MiB."))
    header = read_json_strictly(start[8 : 8 + length])
    if not isinstance(header, dict):
        raise BundleError(_("The weights' header is not as it should be."))
    return tensors_from_json({name: entry for name, entry in header.items() if name != "__metadata__"})


def facts_of(files: Mapping[str, Path]) -> Files:
    """What a manifest says of files that are to travel along, by their names in the bundle."""
    return {name: FileFacts(file_sha256(file), file.stat().st_size) for name, file in files.items()}


def write(out: Path, manifest: bytes, card: bytes, files: Mapping[str, Path], report: Report = silent) -> None:
    """Writes a bundle to `out`, whole or not at all. The same parts give the same bytes.

    Args:
        out: where to; what is there is replaced.
        manifest: the manifest as JSON.
        card: the model card.
        files: the weights, and what travels along with them, by their names in the bundle; they are copied.
        report: is told of bytes copied.

    Raises:
        BundleError: a bundle has no file of such a name, or not such a large one.
    """
    for name, file in files.items():
        _check(name, file)
    total, done = sum(file.stat().st_size for file in files.values()), 0
    with replacing(out) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), manifest)
        archive.writestr(_entry(CARD), card)
        for name, file in files.items():
            entry = _entry(name)
            if name == PAGE:  # bytes written as letters of 6 bits: a quarter of it is saved, in a second or two
                entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = file.stat().st_size
            with archive.open(entry, "w") as copy, file.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    report(Progress(done, total, _("Writing the bundle")))
                    copy.write(chunk)
                    done += len(chunk)
    report(Progress(total, total, _("Bundle written")))


def _check(name: str, file: Path) -> None:
    most = most_bytes(name)
    if most is None:
        raise BundleError(_("A bundle has no file '{name}'.").format(name=name))
    if file.stat().st_size <= most:
        return
    if name in REQUIRED:
        raise BundleError(_("This model is larger than the 4 GiB that a bundle can hold."))
    raise BundleError(
        _("'{name}' is larger than the {mb:,} MB that a bundle holds of it. Leave it out.").format(
            name=name, mb=most >> 20
        )
    )


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of 1980, so that equal content is an equal file
    entry.external_attr = 0o644 << 16
    return entry


def _other_weights() -> BundleError:
    return BundleError(_("The weights in this bundle are not those that its manifest describes. Export it again."))
