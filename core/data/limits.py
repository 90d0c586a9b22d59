"""What an upload may be: every limit of the data room in one record."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.paths import is_public

_MIB = 1 << 20
_NO_LIMIT = 1 << 50
_MOST_LOCAL_BYTES = 245 * _MIB  # one file is read whole; a photo of 64 million pixels takes as much uncompressed
_USUAL_BYTES = 5  # a pixel while it is decoded, and in the formats that take more:
_DECODED_BYTES = {"HEIF": 10, "WEBP": 12, "AVIF": 16}


@dataclass(frozen=True)
class Limits:
    """Limits on archives and images; counted while reading, never believed from a header.

    The defaults are those for public use; `Limits.here()` gives those for where Graft runs.

    Attributes:
        max_upload_bytes: the archive itself.
        max_entries: entries in an archive, folders and junk included.
        bytes_an_entry: an archive may have more entries than `max_entries` where it has so many bytes for each, as
            photos have and archives made to exhaust a reader have not; 0: never.
        max_entry_bytes: one unpacked entry.
        max_total_bytes: all unpacked entries together.
        max_ratio: unpacked over packed bytes, looked at from `ratio_floor_bytes` on.
        ratio_floor_bytes: entries smaller than this may have any ratio.
        max_pixels: width times height of one image; fewer where a format takes more memory (see `most_pixels`).
        max_whole_pixels: a larger image is used at a half, quarter or eighth of its size.
        max_scaled_pixels: `max_pixels` for JPEG, which can be decoded at a half, quarter or eighth of its size.
        max_side: the longer side of one image.
        decode_timeout_s: processor seconds that decoding one image may take.
        formats: Pillow's names of the formats that are accepted.
        zip_methods: zip's compression methods that are accepted (0 stored, 8 deflated).
        min_classes: fewer cannot be told apart.
        max_classes: more are refused.
        max_name_bytes: a longer entry name (UTF-8) is skipped.
    """

    max_upload_bytes: int = 200 * _MIB
    max_entries: int = 20_000
    bytes_an_entry: int = 0
    max_entry_bytes: int = 30 * _MIB
    max_total_bytes: int = 1024 * _MIB
    max_ratio: int = 200
    ratio_floor_bytes: int = 4 * _MIB
    max_pixels: int = 128_000_000
    max_whole_pixels: int = 40_000_000
    max_scaled_pixels: int = 256_000_000
    max_side: int = 20_000
    decode_timeout_s: float = 5.0
    formats: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF")
    zip_methods: tuple[int, ...] = (0, 8)
    min_classes: int = 2
    max_classes: int = 1000
    max_name_bytes: int = 255

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(self.formats))
        object.__setattr__(self, "zip_methods", tuple(self.zip_methods))

    @classmethod
    def public(cls) -> Limits:
        """For an app that strangers use."""
        return cls()

    @classmethod
    def local(cls) -> Limits:
        """For the user's own machine: the disk bounds amounts; pixels and structures are judged as anywhere."""
        return cls(
            max_upload_bytes=_NO_LIMIT,
            max_entry_bytes=_MOST_LOCAL_BYTES,
            max_total_bytes=_NO_LIMIT,
            bytes_an_entry=256,
        )

    @classmethod
    def here(cls) -> Limits:
        """Those of the two that fit where Graft runs now."""
        return cls.public() if is_public() else cls.local()

    def most_pixels(self, format_name: str) -> int:
        """The most pixels that an image may have in this format, as Pillow calls it."""
        if format_name == "JPEG":
            return self.max_scaled_pixels
        return self.max_pixels * _USUAL_BYTES // decoded_bytes(format_name)

    def share_of(self, pixels: int) -> int:
        """The n for which an image of so many pixels is used at 1/n of its width and height."""
        return next((share for share in (1, 2, 4) if pixels <= self.max_whole_pixels * share**2), 8)

    def entries_of(self, archive_bytes: int) -> int:
        """How many entries an archive of this size may have."""
        return max(self.max_entries, archive_bytes // self.bytes_an_entry if self.bytes_an_entry else 0)

    def for_own_files(self) -> Limits:
        """The same for a folder that is on the machine already: images are judged as before, amounts are not."""
        return replace(self, max_entries=5_000_000, max_total_bytes=_NO_LIMIT)


def decoded_bytes(format_name: str) -> int:
    """The most bytes that decoding takes for a pixel in this format, as Pillow calls it; a reduced JPEG takes fewer."""
    return _DECODED_BYTES.get(format_name, _USUAL_BYTES)
