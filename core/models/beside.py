"""What travels along with a model in its bundle: networks for other programs, the self-check, and who runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.backbones.spec import BackboneInfo
from core.bundle.contents import Contents
from core.bundle.files import FOLDER, ONNX, ONNX_PHOTO, PAGE, PREDICT, README, SELFCHECK
from core.bundle.graphs import GraphFacts, LeftOut
from core.bundle.manifest import Manifest
from core.bundle.page import page
from core.bundle.photos import CheckPhoto
from core.bundle.program import program
from core.bundle.readme import readme
from core.data.dataset import Dataset
from core.errors import BundleError
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.formats.make import CONVERTERS, FILES, Outcome, converted
from core.models.formats.make import phases as format_phases
from core.models.onnx.make import Graphs, differs, graphs_of
from core.models.onnx.parity import TOLERANCE, trial_photos
from core.models.onnx.phases import phases as graph_phases
from core.models.onnx.phases import proving
from core.models.selfcheck import CheckAnswers, check_answers, check_photos, differs_by, self_check
from core.progress import Phase, Plan, Progress, Report
from core.strangers.store import as_bytes

_PAGE_S = 1.1


@dataclass
class Beside:
    """Files beside the model, by their names in the bundle; how networks were checked, and what was left out."""

    files: dict[str, Path] = field(default_factory=dict)
    graphs: dict[str, GraphFacts] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    def add(self, folder: Path, name: str, content: bytes) -> None:
        """Writes a file into `folder` for the bundle."""
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        self.files[name] = file


def phases(contents: Contents, info: BackboneInfo, dataset: Dataset | None) -> Mapping[str, tuple[Phase, ...]]:
    """How long what `beside` does takes, by a rule of thumb."""
    if not contents.onnx:
        return {}
    n_val = len(dataset.split("val")) if dataset else 0
    graphs = graph_phases(contents.onnx, info, n_val).values()
    parts = {"onnx": tuple(phase for some in graphs for phase in some), "prove": (proving(contents.onnx, info),)}
    if contents.page:
        parts["page"] = (Phase("page", _PAGE_S),)
    if contents.formats:
        parts["formats"] = tuple(phase for some in format_phases(contents.formats, info).values() for phase in some)
    return parts


def beside(
    classifier: Classifier,
    manifest: Manifest,
    contents: Contents,
    dataset: Dataset | None,
    folder: Path,
    plan: Plan,
) -> Beside:
    """Makes what is wanted, as files in `folder`.

    Args:
        classifier: the model.
        manifest: what is known of it; of what travels along, only what is not made here.
        contents: what is wanted.
        dataset: the one that the model was fitted to, where it is there.
        folder: a folder of ours.
        plan: has the phases of `phases`.

    Raises:
        DatasetError: a photo of the dataset cannot be read any more.
    """
    made = Beside()
    if not contents.onnx:
        return made
    resize_px = max(view.resize_px for view in classifier.preprocessing.views)
    photos = trial_photos(dataset, resize_px)
    graphs = graphs_of(classifier, contents.onnx, photos, plan.begin("onnx"))
    proving_it = plan.begin("prove")
    proving_it(Progress(0, len(graphs.contents), _("Answering the photos of the self-check")))
    checked = check_photos(dataset, resize_px, own=contents.photos)
    answers = _check_answers(classifier, graphs, checked, proving_it)
    made.graphs, made.left_out = graphs.facts, graphs.left_out
    for name, graph in graphs.contents.items():
        made.add(folder, name, graph)
    if ONNX not in graphs.contents:
        made.left_out |= _without_onnx(contents)
    if not graphs.contents:
        return made
    check = self_check(manifest, checked, answers)
    made.add(folder, SELFCHECK, check)
    for photo in checked:
        made.add(folder, f"{FOLDER}/{photo.name}", photo.content)
    made.add(folder, PREDICT, program())
    if contents.page and ONNX in graphs.contents:
        plan.begin("page")(Progress(0, 0, _("Making the page for browsers")))
        _add_page(made, folder, classifier, manifest, check, checked)
    if contents.formats and ONNX in graphs.contents:
        report = plan.begin("formats")
        wanted = {name: CONVERTERS[name] for name in contents.formats}
        _add_formats(made, converted(graphs.contents[ONNX], classifier, wanted, photos, folder, report))
    made.add(folder, README, readme(replace(manifest, graphs=made.graphs)))
    return made


def _check_answers(
    classifier: Classifier, graphs: Graphs, photos: Sequence[CheckPhoto], report: Report
) -> dict[str, CheckAnswers]:
    """What each graph says of the photos of the self-check.

    The one that takes photos does with them what Graft does only as far as it was tried. These are made to show a
    mistake, so it goes where it answers one of them otherwise than torch.
    """
    answers = {}
    for done, (name, graph) in enumerate(graphs.contents.items()):
        report(Progress(done, len(graphs.contents), _("Answering the photos of the self-check")))
        answers[name] = check_answers(classifier, graph, photos, graphs.facts[name].takes)
    if ONNX_PHOTO in answers:
        largest = differs_by(classifier, photos, answers[ONNX_PHOTO])
        if largest > TOLERANCE:
            graphs.leave_out(ONNX_PHOTO, "parity", differs(ONNX_PHOTO, largest, len(photos)))
            del answers[ONNX_PHOTO]
    return answers


def _without_onnx(contents: Contents) -> dict[str, LeftOut]:
    """What was wanted and is made of the network as ONNX, which is not there."""
    wanted = [*((PAGE,) if contents.page else ()), *(FILES[name] for name in contents.formats)]
    words = _("'{name}' was left out, since it is made of '{onnx}'.")
    return {name: LeftOut(code="no_onnx", message=words.format(name=name, onnx=ONNX)) for name in wanted}


def _add_page(
    made: Beside, folder: Path, classifier: Classifier, manifest: Manifest, check: bytes, photos: Sequence[CheckPhoto]
) -> None:
    known = classifier.caution.strangers
    strangers = as_bytes(known) if known else b""
    try:
        graph = made.files[ONNX].read_bytes()
        made.add(folder, PAGE, page(manifest, graph, check, photos, made.graphs[ONNX].inputs, strangers))
    except BundleError as problem:
        made.left_out[PAGE] = LeftOut(code="too_large", message=str(problem))


def _add_formats(made: Beside, outcomes: Mapping[str, Outcome]) -> None:
    for name, outcome in outcomes.items():
        if isinstance(outcome, LeftOut):
            made.left_out[FILES[name]] = outcome
            continue
        network, made.graphs[FILES[name]] = outcome
        made.files |= network.files
