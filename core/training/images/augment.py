"""Training images, changed at random.

The steps, in this order; those that are off draw nothing away from the others, so switching one kind leaves the rest
of a sample as it was:

1. Where to look, in one resampling: a window on the image, which is the centre crop of the plain preprocessing, or a
   random part (resized crop, as in Szegedy et al. 2015), seen with a border (padding), nearer or farther (scale), off
   the centre (translation) and turned about its middle (rotation). Beyond the image's edge is the fill colour. Where
   the framing is not the centre, the image is the square that shows all of it, as in validation.
2. Horizontal, then vertical flip.
3. RandAugment: two operations of its list (see `core.training.images.randaugment`).
4. Brightness, contrast, saturation, hue, grayscale.
5. Gaussian noise.
6. Random erasing (Zhong et al. 2020): a box of 2 to 33 % of the input, up to 3.3 times as long as wide, has the mean
   colour.

A sample's randomness depends on (seed, epoch, index) alone: no global generator is read or changed, and any number of
threads in any order give the same images. With everything off there is the plain preprocessing's crop, which is what
validation always uses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms.v2 import functional as F

from core.backbones.names import CENTRE
from core.backbones.preprocess import crop, framed
from core.backbones.registry import info
from core.backbones.spec import Preprocessing
from core.data.images.decode import open_rgb
from core.data.images.levels import Levels
from core.training.config import FinetuneConfig
from core.training.images.augmentation import KINDS, Augmentation
from core.training.images.randaugment import NUMBERS, randaugment

_DRAWS = [5 if kind.name == "erasing" else 4 for kind in KINDS]  # numbers set aside for each, whether it is on or not
_SLOT = dict(zip((kind.name for kind in KINDS), accumulate(_DRAWS, initial=0), strict=False))
_ERASED, _ERASED_RATIO = (0.02, 0.33), 3.3
_GEOMETRY = ("resized_crop", "translation", "scale", "rotation", "padding")
_MAX_ASPECT = 4
_MAX_DETAIL = 2.0
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def augment(
    image: Image.Image, aug: Augmentation, seed: int, epoch: int, index: int, preprocessing: Preprocessing
) -> Image.Image:
    """One training image as the network sees it, before normalisation: RGB, `crop_px` on each side.

    Args:
        image: RGB, as `read` gave it.
        aug: what may be changed, and how strongly.
        seed: the run's seed.
        epoch: counts from 0.
        index: the image's place in the training split.
        preprocessing: the backbone's.
    """
    if not aug:
        return image
    rng = np.random.default_rng((seed, epoch, index))
    draws = _Draws(rng.random(sum(_DRAWS)))
    seen = _look(image, aug, draws, preprocessing)
    seen = _flip(seen, aug, draws)
    if aug.randaugment is not None:
        numbers = [draws.share("randaugment", which) for which in range(NUMBERS)]
        seen = randaugment(seen, aug.randaugment, numbers, fill_colour(aug.fill, preprocessing))
    seen = _recolour(seen, aug, draws)
    if aug.noise is not None:
        seen = _add_noise(seen, aug.noise, rng)
    return _erase(seen, draws, preprocessing) if draws.happens("erasing", aug.erasing) else seen


def read(path: Path, aug: Augmentation, preprocessing: Preprocessing) -> Image.Image:
    """Decodes the image at `path` to the size that training keeps in memory (see `working`).

    Raises:
        DatasetError: it cannot be read.
    """
    at_least_px = working_px(aug, preprocessing) if aug else 0
    image = open_rgb(path, at_least_px=at_least_px, levels=preprocessing.levels)
    return working(image, aug, preprocessing)


def working(image: Image.Image, aug: Augmentation, preprocessing: Preprocessing) -> Image.Image:
    """The image in the size that training keeps in memory: no larger than augmentation can make use of.

    Without augmentation that is the plain crop itself. Otherwise the short side is shrunk to what the smallest crop
    needs to fill the input, and at most twice the input; an image more than four times as long as wide loses its ends.
    With a framing other than the centre it is the framed square, no smaller than the input.
    """
    if not aug:
        return crop(image, preprocessing)
    if preprocessing.framing != CENTRE:
        side = min(max(image.size), working_px(aug, preprocessing))
        return framed(image, preprocessing, max(side, preprocessing.crop_px))
    image = _without_ends(image)
    short = min(image.size)
    target = working_px(aug, preprocessing)
    if short <= target:
        return image
    size = (int(target * image.width / short), int(target * image.height / short))
    return image.resize(size, _FILTERS[preprocessing.interpolation], reducing_gap=3.0)


def working_px(aug: Augmentation, preprocessing: Preprocessing) -> int:
    """Greatest short side, in pixels, of what `working` gives."""
    if not aug:
        return preprocessing.crop_px
    plain_px = _plain_px(preprocessing)
    nearest = 1.0 / math.sqrt(aug.resized_crop) if aug.resized_crop else plain_px / preprocessing.crop_px
    return max(plain_px, round(preprocessing.crop_px * min(nearest, _MAX_DETAIL)))


def _plain_px(preprocessing: Preprocessing) -> int:
    """The short side of an image of which the plain preprocessing sees a square of `crop_px`."""
    return preprocessing.resize_px if preprocessing.framing == CENTRE else preprocessing.crop_px


def preview(
    paths: Sequence[Path], config: FinetuneConfig, n: int, seed: int, levels: Levels | None = None
) -> list[list[Image.Image]]:
    """What training would see of some images: a row of `n` draws for each path, the epochs 0 to n - 1.

    Of several backbones side by side it is what the one with the largest input would see.

    Args:
        paths: the images.
        config: how they would be trained on.
        n: how many draws.
        seed: of the draws.
        levels: those of the images' dataset.

    Raises:
        BackboneError: there is no such backbone.
        DatasetError: an image cannot be read.
    """
    views = info(config.backbone).preprocessing.with_levels(levels).views
    how, aug = max(views, key=lambda view: view.crop_px), config.augmentation
    rows = []
    for index, path in enumerate(paths):
        kept = read(path, aug, how)
        rows.append([augment(kept, aug, seed, epoch, index, how) for epoch in range(n)])
    return rows


@dataclass(frozen=True)
class _Draws:
    """Numbers in 0..1, a few set aside for each kind."""

    numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]]

    def share(self, kind: str, which: int = 0) -> float:
        """One of the numbers in 0..1 that are set aside for a kind, the first by default."""
        return float(self.numbers[_SLOT[kind] + which])

    def around_zero(self, kind: str, strength: float | None, which: int = 0) -> float:
        """A number in -strength..strength; 0 where the kind is off."""
        return 0.0 if strength is None else strength * (2.0 * self.share(kind, which) - 1.0)

    def happens(self, kind: str, probability: float | None) -> bool:
        """True with this probability; False where the kind is off."""
        return probability is not None and self.share(kind) < probability


@dataclass(frozen=True)
class _Window:
    """What is looked at, in the image's pixels; x and y are its middle."""

    x: float
    y: float
    width: float
    height: float

    def box(self, left: float = 0, top: float = 0) -> tuple[float, float, float, float]:
        """Its left, upper, right and lower edge, counted from a point of the image."""
        x, y = self.x - left, self.y - top
        return x - self.width / 2, y - self.height / 2, x + self.width / 2, y + self.height / 2

    def is_within(self, size: tuple[int, int]) -> bool:
        """Whether nothing of it lies beyond the edges of an image of this size."""
        left, top, right, bottom = self.box()
        return left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]


def _look(image: Image.Image, aug: Augmentation, draws: _Draws, how: Preprocessing) -> Image.Image:
    if all(getattr(aug, name) is None for name in _GEOMETRY):
        return crop(image, how)
    window = _window(image.size, aug, draws, how)
    angle = draws.around_zero("rotation", aug.rotation)
    return _cut(image, window, angle, how, fill_colour(aug.fill, how))


def _window(size: tuple[int, int], aug: Augmentation, draws: _Draws, how: Preprocessing) -> _Window:
    border = min(size) * (aug.padding or 0.0) * draws.share("padding")
    canvas = (size[0] + 2 * border, size[1] + 2 * border)
    x, y = size[0] / 2, size[1] / 2
    width = height = min(canvas) * how.crop_px / _plain_px(how)
    if aug.resized_crop is not None:
        area = canvas[0] * canvas[1] * (aug.resized_crop + (1 - aug.resized_crop) * draws.share("resized_crop"))
        ratio = aug.ratio ** (2.0 * draws.share("resized_crop", 1) - 1.0)
        width, height = min(math.sqrt(area * ratio), canvas[0]), min(math.sqrt(area / ratio), canvas[1])
        x += (canvas[0] - width) * (draws.share("resized_crop", 2) - 0.5)
        y += (canvas[1] - height) * (draws.share("resized_crop", 3) - 0.5)
    if aug.scale is not None:
        zoom = (1.0 + aug.scale) ** (2.0 * draws.share("scale") - 1.0)
        width, height = width / zoom, height / zoom
    x += width * draws.around_zero("translation", aug.translation)
    y += height * draws.around_zero("translation", aug.translation, 1)
    return _Window(x, y, width, height)


def _cut(
    image: Image.Image, window: _Window, angle: float, how: Preprocessing, fill: tuple[int, int, int]
) -> Image.Image:
    """Resamples the window, turned by `angle` degrees, to the network's input."""
    size, method = (how.crop_px, how.crop_px), _FILTERS[how.interpolation]
    reach_x, reach_y = window.width / 2, window.height / 2
    if not angle and window.is_within(image.size):
        return image.resize(size, method, box=window.box())
    if angle:
        reach_x = reach_y = math.hypot(reach_x, reach_y)
    left, top = math.floor(window.x - reach_x) - 1, math.floor(window.y - reach_y) - 1
    around = (math.ceil(window.x + reach_x) + 1 - left, math.ceil(window.y + reach_y) + 1 - top)
    part = Image.new("RGB", around, fill)
    part.paste(image, (-left, -top))
    if angle:
        centre = (window.x - left, window.y - top)
        part = part.rotate(angle, Image.Resampling.BILINEAR, center=centre, fillcolor=fill)
    return part.resize(size, method, box=window.box(left, top))


def fill_colour(fill: str, how: Preprocessing) -> tuple[int, int, int]:
    """The colour, 0 to 255 for each channel, that a fill stands for."""
    if fill == "mean":
        return how.mean_colour
    return (255, 255, 255) if fill == "white" else (0, 0, 0)


def _flip(image: Image.Image, aug: Augmentation, draws: _Draws) -> Image.Image:
    if draws.happens("horizontal_flip", aug.horizontal_flip):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if draws.happens("vertical_flip", aug.vertical_flip):
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return image


def _recolour(image: Image.Image, aug: Augmentation, draws: _Draws) -> Image.Image:
    if aug.brightness is not None:
        image = F.adjust_brightness(image, 1.0 + draws.around_zero("brightness", aug.brightness))
    if aug.contrast is not None:
        image = F.adjust_contrast(image, 1.0 + draws.around_zero("contrast", aug.contrast))
    if aug.saturation is not None:
        image = F.adjust_saturation(image, 1.0 + draws.around_zero("saturation", aug.saturation))
    if aug.hue is not None:
        image = F.adjust_hue(image, draws.around_zero("hue", aug.hue))
    if draws.happens("grayscale", aug.grayscale):
        image = image.convert("L").convert("RGB")
    return image


def _add_noise(image: Image.Image, sigma: float, rng: np.random.Generator) -> Image.Image:
    values = np.asarray(image, dtype=np.float32)
    noisy = values + rng.standard_normal(values.shape, dtype=np.float32) * (255.0 * sigma)
    return Image.fromarray(np.rint(noisy).clip(0, 255).astype(np.uint8))


def _erase(image: Image.Image, draws: _Draws, how: Preprocessing) -> Image.Image:
    """The image with a box of the mean colour, which is zero to the network."""
    least, most = _ERASED
    area = least + (most - least) * draws.share("erasing", 1)
    widest = min(_ERASED_RATIO, 1 / area)  # a box that is wider still would not fit
    ratio = widest ** (2.0 * draws.share("erasing", 2) - 1.0)
    width = round(math.sqrt(area * ratio) * image.width)
    height = round(math.sqrt(area / ratio) * image.height)
    left = int(draws.share("erasing", 3) * (image.width - width + 1))
    top = int(draws.share("erasing", 4) * (image.height - height + 1))
    erased = image.copy()
    erased.paste(how.mean_colour, (left, top, left + width, top + height))
    return erased


def _without_ends(image: Image.Image) -> Image.Image:
    most = _MAX_ASPECT * min(image.size)
    left, top = (max(0, (side - most) // 2) for side in image.size)
    return image.crop((left, top, image.width - left, image.height - top)) if left or top else image
