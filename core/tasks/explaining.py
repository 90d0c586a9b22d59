"""Tell where a model looks in photos: what is asked for, the verb, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.errors import BundleError, DatasetError, ExplainError
from core.explaining.records import INTEGRATED, OCCLUSION, check_method
from core.i18n import gettext as _
from core.paths import replacing, write_json
from core.progress import Phase, Plan, Progress, Report
from core.runs import Run
from core.tasks.base import Request
from core.tasks.common import drop_uploads, model_of
from core.tasks.explained import Explained, Explanation
from core.tasks.using import NamedFile

if TYPE_CHECKING:
    from PIL import Image

    from core.explaining.neighbours import Bank
    from core.explaining.subject import Photo, Subject

OF_DATASET, UPLOADED, ANSWERED = "dataset", "upload", "answered"
"""Where photos that are explained are from: a dataset, an upload, or the answers of the Predict page."""

PICTURE_PX = 640
_FILE = "explanations.json"
_PASSES: Mapping[str, int] = {OCCLUSION: 83, INTEGRATED: 100}
_CHECK_PASSES, _OTHER_PASSES = 86, 4


@dataclass(frozen=True, kw_only=True)
class ExplainRequest(Request):
    """Draw heat maps of photos.

    Attributes:
        model: a bundle, or a run as in `core.tasks.using.ExportRequest`.
        dataset: the id of the dataset that `photos` are of; "" where there are none.
        photos: the sha256 of photos of the dataset.
        images: files.
        label: the class that is explained; "" for each photo's likeliest one.
        method: as of `core.explaining.records.METHODS`; "" for the one that suits the model.
        check: whether each map is tested by hiding what it marks.
        alike: how many of the training photos that the model finds most like each are named; of a run whose photos are
            there.
        delete_source: whether the images are uploads, removed at the end.
    """

    kind: ClassVar[str] = "explain"
    model: str
    dataset: str = ""
    photos: tuple[str, ...] = ()
    images: tuple[NamedFile, ...] = ()
    label: str = ""
    method: str = ""
    check: bool = True
    alike: int = 0
    delete_source: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BundleError(_("There is no model to explain. Choose a run or a bundle."))
        if not (self.photos if self.dataset else self.images):
            raise DatasetError(_("There is no photo to explain. Give at least one."))
        if self.method:
            check_method(self.method)

    @property
    def source(self) -> str:
        """Where the photos are from; files that stay are those that the Predict page keeps with its answers."""
        if self.dataset:
            return OF_DATASET
        return UPLOADED if self.delete_source else ANSWERED


@dataclass(frozen=True)
class _Asked:
    """A photo that is asked about: its file, what is known of it, and why it cannot be read, if so."""

    path: Path
    name: str
    sha256: str = ""
    true: str = ""
    error: str = ""


def explain(job_dir: Path, request: ExplainRequest, report: Report) -> Explained:
    """Draws a heat map of each photo; one that cannot be read gets an error instead, and does not stop the others.

    Raises:
        GraftError: the model or the dataset cannot be read, or the model has no such class, or the method does not suit
            it.
    """
    from core.explaining.subject import Subject
    from core.models.load import classifier_of

    n = len(request.photos) if request.dataset else len(request.images)
    plan = Plan(report, {"load": (Phase("load", 1.5),), "judge": (Phase("judge", 0.3),), "explain": (phase(n),)})
    model = model_of(request, request.model)
    subject = Subject(classifier_of(model, plan.begin("load")))
    check_label(request.label, subject.classes)
    asked = _asked(request, plan.begin("judge"))
    first = next((photo.path for photo in asked if not photo.error), None)
    request = replace(request, method=request.method or (method_for(subject, first) if first else ""))
    gflops = subject.classifier.backbone.info.gflops
    plan.expect({"bank": (), "explain": (phase(n, request.method, request.check, gflops),)})
    bank = _bank(subject, model, request, plan.begin("bank"))
    telling = plan.begin("explain")
    explanations = []
    for row, photo in enumerate(asked):
        telling(Progress(row, n, _("Looking at photo {n} of {all}").format(n=row + 1, all=n)))
        explanations.append(_explanation(job_dir, row, photo, subject, request, bank))
    write_json(job_dir / _FILE, [explanation.to_json() for explanation in explanations])
    drop_uploads(request, (image.path for image in request.images))
    return Explained(file=_FILE, photos=n, failed=sum(bool(each.error) for each in explanations))


def _bank(subject: Subject, model: Run | Path, request: ExplainRequest, report: Report) -> Bank | None:
    """The training photos of a run, where their neighbours are asked for and the photos are there."""
    from core.data.library import open_dataset
    from core.explaining.neighbours import bank_of

    if not request.alike or not isinstance(model, Run):
        return None
    try:
        dataset = open_dataset(request.workspace, model.dataset_id)
    except DatasetError:
        return None
    return bank_of(subject, model, dataset, report)


def method_for(subject: Subject, photo: Path) -> str:
    """The method that suits a model, found by way of any photo; "" where that cannot be read."""
    try:
        return subject.default(subject.photo(photo))
    except DatasetError:
        return ""


def check_label(label: str, classes: Sequence[str]) -> None:
    """Makes sure that a model knows a class; "" stands for the likeliest.

    Raises:
        ExplainError: it does not.
    """
    if label and label not in classes:
        raise ExplainError(
            _("This model knows no class '{name}'. Choose one of: {known}.").format(
                name=label, known=", ".join(classes)
            )
        )


def phase(photos: int, method: str = "", check: bool = True, gflops: float = 1.0) -> Phase:
    """What drawing the heat maps of so many photos takes."""
    passes = _PASSES.get(method, _OTHER_PASSES) + (_CHECK_PASSES if check else 0)
    return Phase(f"explain/{method}", photos * (0.05 + passes * (0.003 + gflops / 50)))


def _asked(request: ExplainRequest, report: Report) -> list[_Asked]:
    """The photos that are asked about; files are judged first, as they may be anything."""
    from core.data.intake.judging import examine
    from core.data.library import open_dataset
    from core.data.limits import Limits
    from core.data.messages import skip_text

    if not request.dataset:
        files = [(Path(image.path), image.name) for image in request.images]
        judged = examine(files, {}, Limits.here(), report)
        errors = [skip_text(file.reason, (file.width, file.height)) if file.reason else "" for file in judged]
        return [_Asked(path, name, error=error) for (path, name), error in zip(files, errors, strict=True)]
    dataset = open_dataset(request.workspace, request.dataset)
    items = {item.sha256: item for item in dataset.items}
    return [
        _Asked(dataset.path(item), item.name, item.sha256, dataset.classes[item.label])
        if (item := items.get(sha256))
        else _Asked(Path(), sha256[:8], sha256, error=_("This photo is not among the photos any more."))
        for sha256 in request.photos
    ]


def _explanation(
    job_dir: Path, row: int, asked: _Asked, subject: Subject, request: ExplainRequest, bank: Bank | None
) -> Explanation:
    from core.explaining.neighbours import features_of

    known = partial(Explanation, photo=asked.name, sha256=asked.sha256, true=asked.true)
    if asked.error:
        return known(error=asked.error)
    try:
        photo = subject.photo(asked.path)
    except DatasetError as problem:
        return known(error=str(problem))
    if bank is not None:
        known = partial(known, alike=bank.nearest(features_of(subject, photo), request.alike, asked.sha256))
    return _drawn(job_dir, row, known, photo, subject, request)


def _drawn(
    job_dir: Path, row: int, known: partial[Explanation], photo: Photo, subject: Subject, request: ExplainRequest
) -> Explanation:
    """The explanation of a photo, with its map and a picture of it in the job's directory."""
    from core.explaining.explain import explain as draw
    from core.explaining.faithfulness import faithfulness
    from core.explaining.overlay import framed

    proba = subject.proba(photo.inputs[None])[0]
    label = request.label or subject.classes[int(proba.argmax())]
    target, method = subject.classes.index(label), request.method or subject.default(photo)
    heat = draw(subject, photo, target, method)
    heat.save(job_dir / f"{row}-map.npz")
    picture = photo.upright.copy()
    picture.thumbnail((PICTURE_PX, PICTURE_PX))
    _write(picture, job_dir / f"{row}-photo.jpg")
    if not heat.sees_all:
        _write(framed(picture, heat.seen), job_dir / f"{row}-framed.jpg")
    return known(
        label=label,
        proba=dict(zip(subject.classes, map(float, proba), strict=True)),
        method=method,
        map=f"{row}-map.npz",
        picture=f"{row}-photo.jpg",
        framed="" if heat.sees_all else f"{row}-framed.jpg",
        faithfulness=faithfulness(subject, photo, heat, target) if request.check else None,
    )


def _write(picture: Image.Image, path: Path) -> None:
    with replacing(path) as file:
        picture.save(file, "JPEG", quality=90)
