"""Whether it pays to keep the activations of what is frozen, from how long each part of the work takes.

Where only the last stages learn, everything below them gives the same for the same view of a photo. That can be
computed once and kept, and every epoch then trains the part above alone. This file never imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.paths import is_public

LEAST_SAVED_S, LEAST_SHARE = 10.0, 0.2
"""Less than that, in seconds or as a share, is not worth the disk, and is lost in how much measured times vary."""
MOST_BYTES, MOST_BYTES_PUBLIC = 8 << 30, 256 << 20
"""What activations may take of the disk, on a user's machine and in a public app."""
FORWARD = 1 / 3
"""The share of a step that goes forward: backward takes about twice as long."""


@dataclass(frozen=True, kw_only=True)
class Paces:
    """How long one image takes on this machine, in seconds.

    Attributes:
        photo_s: to be drawn from its photo as a view.
        trunk_s: to go through what is frozen.
        top_s: to be learnt from by what is above: forward and backward.
        whole_s: to be learnt from by the whole network: forward through all of it and backward through the top.
    """

    photo_s: float = 0.0
    trunk_s: float
    top_s: float
    whole_s: float


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much there is to train.

    Attributes:
        views: how many views of each training image the epochs show.
        epochs: passes over the training images.
        n_train: training images.
        n_val: validation images, which have one view.
        looks: how often an epoch looks at each of those.
        image_bytes: of the activations of one view.
    """

    views: int
    epochs: int
    n_train: int
    n_val: int
    looks: int = 1
    image_bytes: int

    @property
    def rows(self) -> int:
        """How many views there are of all images together."""
        return self.views * self.n_train + self.n_val

    @property
    def disk_bytes(self) -> int:
        """What the activations of all views take of the disk."""
        return self.rows * self.image_bytes


@dataclass(frozen=True)
class Estimate:
    """What keeping the activations costs and saves.

    Attributes:
        filling_s: the seconds that it takes to compute them.
        cached_s: that all epochs take with them, computing them included.
        uncached_s: without them.
        disk_bytes: what they take of the disk.
    """

    filling_s: float
    cached_s: float
    uncached_s: float
    disk_bytes: int

    @property
    def pays(self) -> bool:
        """Whether keeping them saves enough time."""
        return self.uncached_s - self.cached_s >= max(LEAST_SAVED_S, LEAST_SHARE * self.uncached_s)


def estimate(paces: Paces, extent: Extent) -> Estimate:
    """How long all epochs take with the activations kept and without.

    Without, each epoch draws every image anew, learns from the training images by the whole network, and looks at the
    validation images by what is frozen and what is above.
    """
    look_s = FORWARD * paces.top_s
    looks = extent.looks * extent.n_val
    with_them = extent.n_train * paces.top_s + looks * look_s
    without = extent.n_train * (paces.photo_s + paces.whole_s) + looks * (paces.photo_s + paces.trunk_s + look_s)
    filling_s = extent.rows * (paces.photo_s + paces.trunk_s)
    return Estimate(
        filling_s=filling_s,
        cached_s=filling_s + extent.epochs * with_them,
        uncached_s=extent.epochs * without,
        disk_bytes=extent.disk_bytes,
    )


def most_bytes() -> int:
    """What activations may take of the disk here."""
    return MOST_BYTES_PUBLIC if is_public() else MOST_BYTES
