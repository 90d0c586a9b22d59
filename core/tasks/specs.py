"""From a request to a job and back: the one place that knows how each kind of request is queued, listed and titled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.backbones.names import called
from core.data.library import is_dataset_id
from core.errors import GraftError, JobError
from core.i18n import gettext as _
from core.i18n import language
from core.jobs.spec import LONG, SHORT, JobSpec
from core.tasks.adopting import AddBackboneRequest
from core.tasks.attention import AttentionRequest
from core.tasks.base import PhotosRequest, Request
from core.tasks.explaining import ExplainRequest
from core.tasks.forecasting import ForecastRequest, LrRangeRequest
from core.tasks.judging.looks import LooksRequest
from core.tasks.judging.other import JudgeRequest
from core.tasks.judging.robustness import RobustnessRequest
from core.tasks.judging.tta import TtaRequest
from core.tasks.requests import (
    CompareRequest,
    ComponentsRequest,
    DepthRequest,
    EditEffectRequest,
    EmbeddingMapRequest,
    FinetuneRequest,
    FramingRequest,
    HealthRequest,
    IngestRequest,
    LearningCurveRequest,
    PackRequest,
    PreviewRequest,
    RegroupRequest,
)
from core.tasks.sweeping import SweepRequest
from core.tasks.using import ExportRequest, PredictRequest, StrangersRequest
from core.training.choices import mode_label
from core.training.planning.presets import preset_label


@dataclass(frozen=True)
class _Kind:
    """How jobs of one kind are queued; see `JobSpec`."""

    request: type[Request]
    slot: str
    listed: bool = True
    kept: bool = False


_KINDS: Mapping[str, _Kind] = {
    kind.request.kind: kind
    for kind in (
        _Kind(IngestRequest, SHORT),
        _Kind(RegroupRequest, SHORT),
        _Kind(HealthRequest, LONG),
        _Kind(CompareRequest, LONG),
        _Kind(FinetuneRequest, LONG),
        _Kind(SweepRequest, LONG),
        _Kind(LearningCurveRequest, LONG, listed=False, kept=True),
        _Kind(DepthRequest, LONG, listed=False, kept=True),
        _Kind(ComponentsRequest, LONG, listed=False, kept=True),
        _Kind(FramingRequest, LONG, listed=False, kept=True),
        _Kind(EditEffectRequest, SHORT, listed=False),
        _Kind(LooksRequest, SHORT, listed=False),
        _Kind(JudgeRequest, SHORT, listed=False, kept=True),
        _Kind(RobustnessRequest, SHORT, listed=False, kept=True),
        _Kind(TtaRequest, SHORT, listed=False, kept=True),
        _Kind(PackRequest, SHORT, listed=False),
        _Kind(EmbeddingMapRequest, SHORT, listed=False),
        _Kind(PreviewRequest, SHORT, listed=False),
        _Kind(ForecastRequest, SHORT, listed=False),
        _Kind(LrRangeRequest, SHORT, listed=False),
        _Kind(PredictRequest, SHORT, listed=False),
        _Kind(ExportRequest, SHORT, listed=False),
        _Kind(ExplainRequest, SHORT, listed=False),
        _Kind(AttentionRequest, SHORT, listed=False, kept=True),
        _Kind(StrangersRequest, SHORT, listed=False),
        _Kind(AddBackboneRequest, SHORT, listed=False),
    )
}


def spec_of(request: Request, photos: str = "") -> JobSpec:
    """The job that a request becomes, in the language of this context.

    Args:
        request: the request.
        photos: the user's name for the photos, for the job's title.
    """
    kind = _KINDS[request.kind]
    dataset = request.dataset if isinstance(request, PhotosRequest | ExplainRequest) else ""
    return JobSpec(
        request.kind,
        request.to_json(),
        slot=SHORT if isinstance(request, FinetuneRequest) and request.take_best else kind.slot,
        title=_title(request, photos),
        dataset_id=dataset if is_dataset_id(dataset) else "",
        language=language(),
        listed=kind.listed,
        kept=kind.kept,
    )


def request_of(spec: JobSpec) -> Request:
    """The request of a job.

    Raises:
        JobError: another version of Graft made the request, and this one cannot read it.
    """
    kind = _KINDS.get(spec.kind)
    if kind is None:
        raise JobError(_("This version of Graft does not know jobs of the kind '{kind}'.").format(kind=spec.kind))
    return kind.request.of(spec)


def takes_upload(spec: JobSpec) -> bool:
    """Whether a job removes its upload at the end, so that it cannot be run again."""
    try:
        request = request_of(spec)
    except GraftError:
        return False
    takes = (IngestRequest, PredictRequest, JudgeRequest, ExplainRequest, AddBackboneRequest)
    return isinstance(request, takes) and request.delete_source


def keeps_progress(spec: JobSpec) -> bool:
    """Whether a job that is stopped has kept what it had done to that moment, and goes on from there."""
    return spec.kind in (FinetuneRequest.kind, SweepRequest.kind)


def _title(request: Request, photos: str) -> str:  # noqa: PLR0911, PLR0912 (one line a kind)
    match request:
        case IngestRequest(tour=tour) if tour:
            return _("Tour: read the sample")
        case CompareRequest(tour=tour) if tour:
            return _("Tour: compare")
        case FinetuneRequest(tour=tour) if tour:
            return _("Tour: fine-tune")
        case IngestRequest():
            return _("Read '{name}'").format(name=request.name or request.source)
        case RegroupRequest():
            return _("Group the photos of '{name}'").format(name=photos)
        case HealthRequest():
            return _("Check '{name}'").format(name=photos)
        case CompareRequest():
            return _("Compare {n} backbones on '{name}'").format(n=len(request.backbones), name=photos)
        case FinetuneRequest(config=config, take_best=True):
            return _("Best so far of {backbone} ({mode}) on '{name}'").format(
                backbone=called(config.backbone), mode=mode_label(config.mode).lower(), name=photos
            )
        case FinetuneRequest(config=config, source=source) if source:
            return _("Train {backbone} ({mode}) further on '{name}'").format(
                backbone=called(config.backbone), mode=mode_label(config.mode).lower(), name=photos
            )
        case FinetuneRequest(config=config, preset=preset) if preset:
            return _("Fine-tune {backbone} ({mode}) on '{name}'").format(
                backbone=called(config.backbone), mode=preset_label(preset).lower(), name=photos
            )
        case FinetuneRequest(config=config) if config.seed:
            return _("Fine-tune {backbone} ({mode}, seed {seed}) on '{name}'").format(
                backbone=called(config.backbone), mode=mode_label(config.mode).lower(), seed=config.seed, name=photos
            )
        case FinetuneRequest(config=config):
            return _("Fine-tune {backbone} ({mode}) on '{name}'").format(
                backbone=called(config.backbone), mode=mode_label(config.mode).lower(), name=photos
            )
        case ForecastRequest():
            return _("What fine-tuning {backbone} would take").format(backbone=called(request.backbone))
        case LrRangeRequest(config=config):
            return _("Learning rates for {backbone}").format(backbone=called(config.backbone))
        case SweepRequest():
            return _("Search for settings on '{name}'").format(name=photos)
        case LearningCurveRequest():
            return _("Learning curve of {backbone}").format(backbone=called(request.backbone))
        case DepthRequest():
            return _("Depth of {backbone}").format(backbone=called(request.backbone))
        case ComponentsRequest():
            return _("Components of {backbone}").format(backbone=called(request.backbone))
        case FramingRequest():
            return _("Framings of {backbone}").format(backbone=called(request.backbone))
        case EmbeddingMapRequest():
            return _("Map of {backbone}").format(backbone=called(request.backbone))
        case JudgeRequest():
            return _("Judge by '{name}'").format(name=request.name or request.photos)
        case RobustnessRequest():
            return _("How much photos can be spoilt")
        case TtaRequest():
            return _("What several views bring")
        case LooksRequest():
            return _("How the photos look")
        case EditEffectRequest():
            return _("What the edits bring")
        case PackRequest():
            return _("Zip of the edited photos")
        case PreviewRequest():
            return _("Preview")
        case PredictRequest():
            return _("Predict")
        case ExportRequest():
            return _("Export")
        case ExplainRequest():
            return _("Explain")
        case AttentionRequest():
            return _("Where a model looks in the photos of '{name}'").format(name=photos)
        case StrangersRequest():
            return _("Learn to know strangers")
        case AddBackboneRequest():
            return _("Add the backbone '{name}'").format(name=request.name)
    raise TypeError(f"a title is missing for {request.kind!r}")
