"""Whether it pays to keep the activations of what is frozen, from how long each part of the work takes.

Where only the last stages learn, everything below them gives the same for the same view of a photo. That can be
computed once and kept, and every epoch then trains the part above alone. This file never imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass

_FORWARD = 1 / 3
"""The share of a step that goes forward: backward takes about twice as long."""


@dataclass(frozen=True, kw_only=True)
class Paces:
    """How long one image takes on this machine, in seconds.

    Attributes:
        photo_s: to be drawn from its photo as an augmented view.
        trunk_s: to go through the frozen part, by the engine that fills the cache.
        top_s: to be learnt from by the part above: forward and backward.
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
        views: how many views an image has; 0 for a new one in each epoch.
        epochs: passes over the training images.
        n_train: training images.
        n_val: validation images, which have one view.
        image_bytes: of the activations of one view.
    """

    views: int
    epochs: int
    n_train: int
    n_val: int
    image_bytes: int

    @property
    def drawn(self) -> int:
        """How many views an image has that some epoch shows."""
        return min(self.views or self.epochs, self.epochs)

    @property
    def rows(self) -> int:
        """How many views there are of all images."""
        return self.drawn * self.n_train + self.n_val


@dataclass(frozen=True)
class Estimate:
    """What keeping the activations costs and saves.

    Attributes:
        cached_s: the seconds that all epochs take with them, filling included.
        uncached_s: the seconds without.
        disk_bytes: what they take of the disk.
    """

    cached_s: float
    uncached_s: float
    disk_bytes: int

    @property
    def pays(self) -> bool:
        """Whether keeping them is quicker."""
        return self.cached_s < self.uncached_s


def estimate(paces: Paces, extent: Extent) -> Estimate:
    """How long all epochs take with the activations kept and without.

    Without, an epoch draws each training image and learns from it by the whole network. Validation images are drawn
    once in both cases, and are looked at by the engine that fills the cache.
    """
    look_s = _FORWARD * paces.top_s
    with_s = extent.epochs * (extent.n_train * paces.top_s + extent.n_val * look_s)
    without_s = extent.epochs * (
        extent.n_train * (paces.photo_s + paces.whole_s) + extent.n_val * (paces.trunk_s + look_s)
    )
    filling_s = extent.rows * (paces.photo_s + paces.trunk_s)
    return Estimate(
        cached_s=filling_s + with_s,
        uncached_s=without_s + extent.n_val * paces.photo_s,
        disk_bytes=extent.rows * extent.image_bytes,
    )
