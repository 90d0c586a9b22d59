"""How long it takes to take photos in, by rules of thumb: what each phase costs a photo, and a byte."""

from __future__ import annotations

from core.progress import Phase

TYPICAL_BYTES = 60_000
"""Of a photo, where only the size of an archive is known."""


def taking_in(n: int, n_bytes: int) -> tuple[Phase, ...]:
    """Reading and decoding n photos of so many bytes together, and finding near duplicates among them."""
    return reading(n, n_bytes), *comparing(n)


def reading(n: int, n_bytes: int) -> Phase:
    """Photos are read, and decoded elsewhere meanwhile."""
    return Phase("intake/read", 0.3 + 0.002 * n + 3e-8 * n_bytes)


def comparing(n: int) -> tuple[Phase, Phase]:
    """The thumbnails of n photos are read and compared, each with each."""
    return Phase("intake/thumbnails", 0.05 + 0.0006 * n), Phase("intake/compare", 0.05 + 0.0003 * n + 8e-8 * n**2)


def opening(n_bytes: int) -> Phase:
    """A source of so many bytes is opened, checked and told from others by its bytes."""
    return Phase("intake/open", 0.1 + 3e-9 * n_bytes)


def writing(n: int) -> Phase:
    """The records of n photos are written, and put in their place."""
    return Phase("intake/write", 0.2 + 0.0001 * n)


def linking(n: int) -> Phase:
    """n photos of another dataset are taken over."""
    return Phase("intake/link", 0.1 + 0.0002 * n)
