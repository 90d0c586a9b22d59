"""Entry names: labels for people, never paths on disk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

_JUNK_FOLDERS = {
    "__macosx", ".git", ".svn", ".ipynb_checkpoints", ".spotlight-v100", ".trashes", ".fseventsd", ".appledouble",
    ".temporaryitems", "$recycle.bin", "recycler", "system volume information", "@eadir", "@recycle", "#recycle",
    "@recently-snapshot", "#snapshot", "lost+found", "network trash folder", "temporary items", ".cache", ".thumbnails",
    ".trash", "__pycache__", ".hg", ".idea", ".vscode", ".venv", "node_modules",
}  # fmt: skip
_JUNK_FILES = {
    ".ds_store", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", ".directory", ".localized", "icon\r",
    ".apdisk", ".gitkeep", ".gitignore", ".picasa.ini", ".nomedia",
}  # fmt: skip
EXTENSIONS = {
    "", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo", ".png", ".apng", ".webp", ".bmp", ".dib",
    ".gif", ".tif", ".tiff", ".avif", ".avifs", ".heic", ".heif", ".heics", ".heifs", ".hif",
}  # fmt: skip
"""What the names of photos end in, in small letters; photos without an ending are known by their content."""

_CAMERA_RAW = {
    ".3fr", ".ari", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc",
    ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".ori", ".pef", ".ptx", ".raf", ".raw", ".rw2", ".rwl", ".sr2",
    ".srf", ".srw", ".x3f",
}  # fmt: skip
_SMALL_COPIES = {"thumbs", "thumbnails"}
_SIGNED_COPIES = {
    "thumb",
    "thumbnail",
    "cache",
}  # with a sign before them: "thumb" alone may be a class
_ARCHIVES = {
    ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".lz4", ".zipx", ".001", ".z01",
    ".cab", ".iso", ".arj", ".lzh",
}  # fmt: skip
# What downloads, editors and image servers put behind an ending: .jpg_large, .jpg:large, .jpeg~, .jpg!d, .jpg?w=9.
_MORE_BEHIND = re.compile(r"(\.[a-z0-9]+)(?:\?.*|[_:~!@%#&=+-][^.]*|\.\d{1,3}| ?\(\d+\))$")
_DIGITS = re.compile(r"(\d+)")
_LINE_ENDS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")  # and tabs: a name has one line
_DRIVE = re.compile(r"[A-Za-z]:")
_JOINERS = "\u200c\u200d"
_BLACK_FLAG = "\U0001f3f4"


def is_unsafe(name: str) -> bool:
    """Whether a name would leave the place it is unpacked in, on any system."""
    return (
        name.startswith(("/", "\\"))
        or "\0" in name
        or _DRIVE.match(name) is not None
        or ".." in (part.strip() for part in re.split(r"[/\\]", name))
    )


def parts_of(name: str) -> tuple[str, ...]:
    """The folders and the file of a name; both kinds of slash separate, "." and nothing are left out."""
    return tuple(part for part in re.split(r"[/\\]", name) if part not in ("", "."))


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether systems and tools leave such a file about without anyone asking."""
    file = parts[-1].casefold()
    if file in _JUNK_FILES or file.startswith("._"):
        return True
    return any(part in _JUNK_FOLDERS or part.startswith(".trash-") for part in map(str.casefold, parts))


def is_hidden(folders: Sequence[str]) -> bool:
    """Whether a folder among these is one that systems do not show, or keep small copies of photos in."""
    return any(folder.startswith(".") or _holds_small_copies(folder) for folder in folders)


def _holds_small_copies(folder: str) -> bool:
    name = folder.casefold()
    plain = name.strip("_-~@#. ")
    return plain in _SMALL_COPIES or (plain != name and plain in _SIGNED_COPIES)


def is_zip_name(name: str) -> bool:
    """Whether a file is a zip, by the ending of its name."""
    return name.casefold().endswith(".zip")


def is_other_archive(parts: Sequence[str]) -> bool:
    """Whether a file is an archive that is no zip, or a part of one, by the ending of its name."""
    return PurePosixPath(parts[-1].lower()).suffix in _ARCHIVES and not parts[-1].lower().endswith(".nii.gz")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """What names are sorted by as people count: "class 2" comes before "class 10", and "1" before "2" before "10"."""
    return [int(part) if part.isdecimal() else part for part in _DIGITS.split(name)], name


def may_be_photo(parts: Sequence[str]) -> bool:
    """Whether a file may be a photo, by the ending of its name; one without an ending may."""
    return _ending(parts) in EXTENSIONS


def is_camera_raw(parts: Sequence[str]) -> bool:
    """Whether a file is what a camera's sensor saw, by the ending of its name."""
    return _ending(parts) in _CAMERA_RAW


def is_placeholder(parts: Sequence[str]) -> bool:
    """Whether a file stands for one that is in iCloud and not on this machine, by the ending of its name."""
    return _ending(parts) == ".icloud"


def is_asked_about(parts: Sequence[str]) -> bool:
    """Whether a file in a folder is meant when that folder is: by its ending a photo, or what stands for one."""
    return may_be_photo(parts) or is_camera_raw(parts) or is_placeholder(parts)


def photo_behind(parts: Sequence[str]) -> str:
    """The photo that a RAW file or a file in iCloud stands for, without the ending that is not known; "" for none."""
    file = PurePosixPath(parts[-1])
    if is_placeholder(parts):
        return file.stem.removeprefix(".")
    return file.stem if is_camera_raw(parts) else ""


def without_ending(name: str) -> str:
    """A path without the ending of a photo, where it has one."""
    head, slash, file = name.rpartition("/")
    ending, at = _photo_ending(file)
    return f"{head}{slash}{file[:at]}" if ending in EXTENSIONS else name


def _ending(parts: Sequence[str]) -> str:
    return _photo_ending(parts[-1])[0]


def _photo_ending(file: str) -> tuple[str, int]:
    """What a file's name ends in, in small letters, and where that begins; a photo's may have more behind it."""
    name = file.rstrip(". ").lower()
    suffix = PurePosixPath(name).suffix
    more = _MORE_BEHIND.search(name) if suffix not in EXTENSIONS else None
    if more is not None and more[1] in EXTENSIONS and more.start():
        return more[1], more.start()
    return suffix, len(name) - len(suffix)


def visible(text: str) -> str:
    """`text` in NFC without what cannot be seen or turns text around: control, bidi and other format characters.

    Joiners are kept between characters that need them (emoji, Arabic, Indic), tags only in flags. Lines are joined by
    spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub(" ", unicodedata.normalize("NFC", text))
    kept: list[str] = []
    for i, c in enumerate(text):
        category = unicodedata.category(c)
        if c in _JOINERS:
            joins = 0 < i < len(text) - 1 and kept and kept[-1] > "\x7f" and text[i + 1] > "\x7f"
            if not joins:
                continue
        elif "\U000e0020" <= c <= "\U000e007f":
            if not kept or not (kept[-1] == _BLACK_FLAG or "\U000e0020" <= kept[-1] <= "\U000e007f"):
                continue
        elif category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            continue
        kept.append(c)
    return unicodedata.normalize("NFC", "".join(kept))


def class_name(folder: str) -> str:
    """A folder's name as a class: visible characters, without the spaces and dots that Windows would drop."""
    return visible(folder).rstrip(". ").strip()


def shown(name: str, max_bytes: int) -> str:
    """An entry's name for a list: visible characters, cut where it is absurdly long."""
    text = visible(name.replace("\\", "/"))
    return text if len(text.encode("utf-8", "replace")) <= max_bytes else text[:40] + "..."
