"""The tour: one sample taken all the way by three jobs, and how long that takes on this machine."""

from __future__ import annotations

from core.backbones import choice
from core.backbones.registry import info as find
from core.data.intake.phases import taking_in, writing
from core.data.samples.catalogue import SAMPLE_PREFIX, SAMPLES
from core.features.phases import of_photos
from core.paces import Paces
from core.probing.phases import Rows, cross_validating, probing
from core.progress import Phase
from core.tasks.base import Request
from core.tasks.requests import CompareRequest, FinetuneRequest, IngestRequest
from core.training.config import FinetuneConfig
from core.training.work import training

SAMPLE = "textures"
EPOCHS = 10
_TRAIN, _OTHER = 0.7, 0.15
"""The shares of the photos that are for training, and for each of the other splits."""

_IMAGE_BYTES = 40_000


def tour_requests(workspace: str, token: str) -> tuple[IngestRequest, CompareRequest, FinetuneRequest]:
    """The tour's three jobs, in their order; they find each other by the token.

    The quickest backbone is fine-tuned, since a newcomer waits for it.
    """
    sample = SAMPLE_PREFIX + SAMPLE
    config = FinetuneConfig(backbone=choice.quickest(), mode="full", epochs=EPOCHS)
    return (
        IngestRequest(workspace=workspace, source=sample, tour=token),
        CompareRequest(workspace=workspace, dataset=sample, backbones=choice.usual(), tour=token),
        FinetuneRequest(workspace=workspace, dataset=sample, config=config, tour=token),
    )


def expected_s(request: Request, paces: Paces) -> float:
    """How many seconds one of the tour's jobs takes, at these paces."""
    return sum(phase.seconds * paces.of(phase.work) for phase in _phases(request))


def _phases(request: Request) -> tuple[Phase, ...]:
    n, classes = SAMPLES[SAMPLE].images, SAMPLES[SAMPLE].classes
    n_train, n_other = round(_TRAIN * n), round(_OTHER * n)
    match request:
        case CompareRequest():
            infos = [find(name) for name in request.backbones]
            features = [phase for info in infos for phase in of_photos(info, n)]
            rows = [Rows(info.name, n_train, info.feature_dim, classes) for info in infos]
            together = Rows("together", n_train, sum(sorted(each.width for each in rows)[-2:]), classes)
            probes = [phase for each in rows for phase in probing(request.config, each)]
            return *features, *probes, cross_validating(request.config, together)
        case FinetuneRequest():
            n_of = {"train": n_train, "val": n_other, "test": n_other}
            parts = training(request.config, n_of, classes, find(request.config.backbone))
            return tuple(phase for phases in parts.values() for phase in phases)
    return *taking_in(n, n * _IMAGE_BYTES), writing(n)
