"""How long it takes to extract features, by rules of thumb: what a photo costs, by its backbone."""

from __future__ import annotations

from itertools import chain

from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.engines.choose import choose
from core.features.store import FeatureStore
from core.progress import Phase


def extracting(dataset: Dataset, backbone: str) -> tuple[Phase, ...]:
    """The phases of `extract`: only photos without features in the store cost anything."""
    ids, precision = {dataset.view_id(item) for item in dataset.items}, choose().precision
    alone = (of_photos(info, FeatureStore(info, precision).missing(ids)) for info in find(backbone).each)
    return tuple(chain.from_iterable(alone))


def of_photos(info: BackboneInfo, n: int) -> tuple[Phase, ...]:
    """The phases of extracting the features of n photos: the backbone is loaded where there are any."""
    if info.parts:
        return tuple(phase for part in info.parts for phase in of_photos(part, n))
    loading = (loading_of(info),) if n else ()
    return *loading, Phase(f"extract/{info.name}", 0.05 + n * seconds_a_photo(info))


def loading_of(info: BackboneInfo) -> Phase:
    """A backbone is loaded, and an engine made ready for it."""
    return Phase(f"load/{info.name}", 0.3 if info.is_floor else 2.0 + info.size_mb / 100)


def seconds_a_photo(info: BackboneInfo) -> float:
    """Decoding a photo, and what its way through the network takes."""
    return 0.004 + info.network_s
