"""From what the user names on the command line to what is there: data, runs, images, backbones."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from core.backbones import choice
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.data.limits import Limits
from core.data.names import is_asked_about, is_hidden, is_junk, may_be_photo
from core.data.samples.catalogue import SAMPLE_PREFIX
from core.data.sources.folder import entries_below
from core.errors import BundleError, DatasetError, GraftError, TrainingError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.paths import expanded
from core.progress import TO_COME, Plan, Report
from core.runs import FILE, Run, RunConfig

_SHOWN = 5

if TYPE_CHECKING:
    from core.probing.probes.probe import ProbeConfig


def names(given: str) -> list[str]:
    """The backbones named, or the usual ones where none is."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    return names or list(choice.usual())


def probing(**given: Any) -> ProbeConfig:
    """How features are probed: what was given, and the default for what was not (None)."""
    from core.probing.probes.probe import ProbeConfig

    return ProbeConfig.from_json({name: value for name, value in given.items() if value is not None})


def source(data: str) -> str:
    """DATA as the verbs take it: a sample's name as it is, a path as an absolute one that is there."""
    if data.startswith(SAMPLE_PREFIX):
        return data
    path = expanded(data)
    if not path.exists():
        raise DatasetError(
            _("There is no file or folder '{name}'. Give a zip, a folder, or a sample such as sample:textures.").format(
                name=data
            )
        )
    return str(path.absolute())


class PhotosFields(TypedDict):
    """What the user says about the photos, by the names of `PhotosRequest`'s fields."""

    dataset: str
    group_pattern: str
    class_pattern: str
    encoding: str


def photos(data: str, group_pattern: str, class_pattern: str, encoding: str) -> PhotosFields:
    """DATA and how it is to be read, for a request."""
    return PhotosFields(
        dataset=source(data), group_pattern=group_pattern, class_pattern=class_pattern, encoding=encoding
    )


def taken_in(photos_given: PhotosFields, report: Report) -> Dataset:
    """The photos taken in, as they came."""
    from core.data.ingest import ingest

    return ingest(
        photos_given["dataset"],
        group_pattern=photos_given["group_pattern"],
        class_pattern=photos_given["class_pattern"],
        encoding=photos_given["encoding"],
        report=Plan(report, {"photos": (), "verb": (TO_COME,)}).begin("photos"),
    )


def run(folder: Path) -> Run:
    """The run in a directory, or in its subdirectory `run`, as a job keeps it.

    Raises:
        BundleError: it is a bundle.
        EvaluationError: there is none.
    """
    from core.models.runs import load_run

    if zipfile.is_zipfile(folder):
        raise BundleError(
            _("'{name}' is a bundle, and this needs the run. `evaluate --on` judges bundles by other photos.").format(
                name=folder
            )
        )
    inside = folder / "run"
    return load_run(inside if (inside / FILE).is_file() and not (folder / FILE).is_file() else folder)


def model(path: Path) -> Run | Path:
    """The run in a directory, or the path of a bundle."""
    return run(path) if any((path / name / FILE).is_file() for name in (".", "run")) else path


def training(folder: Path) -> tuple[RunConfig, str] | None:
    """How the training in a directory trains, and the fingerprint of its photos, be it over or not; None for none.

    Raises:
        TrainingError: it is no directory, what it has kept is damaged, or another version of Graft wrote it.
    """
    from core.models.runs import load_run
    from core.training.checkpoint import read_state

    if folder.exists() and not folder.is_dir():
        raise TrainingError(_("'{path}' is a file, and a run is to go there. Remove it.").format(path=folder))
    try:
        if (folder / FILE).is_file():
            finished = load_run(folder)
            return finished.config, finished.fingerprint
        state = read_state(folder)
    except GraftError as problem:
        raise TrainingError(_("'{path}': {problem}").format(path=folder, problem=problem)) from problem
    return None if state is None else (state.task.config, state.task.fingerprint)


@dataclass(frozen=True)
class ImageFiles:
    """What a user asks about.

    Attributes:
        files: the images, by their paths.
        hidden: folders in those named that systems do not show, with the number of photos in each; they are left out.
        others: the other files in those named that are left out, since their names are not those of photos.
    """

    files: list[str]
    hidden: Mapping[str, int]
    others: Sequence[str]

    @property
    def left_out(self) -> str:
        """What is left out, in sentences; "" where nothing is."""
        return " ".join(filter(None, (self._hidden_in_words, self._others_in_words)))

    @property
    def _hidden_in_words(self) -> str:
        n = sum(self.hidden.values())
        text = ngettext(
            "{n} photo in a hidden folder was left out ({folders}). Name the folder itself if it is meant.",
            "{n} photos in hidden folders were left out ({folders}). Name the folders themselves if they are meant.",
            n,
        )
        folders = ", ".join(f"'{folder}': {photos}" for folder, photos in self.hidden.items())
        return text.format(n=n, folders=folders) if n else ""

    @property
    def _others_in_words(self) -> str:
        n = len(self.others)
        text = ngettext(
            "{n} file was left out, since its name does not end as those of photos that Graft reads do ({files}).",
            "{n} files were left out, since their names do not end as those of photos that Graft reads do ({files}).",
            n,
        )
        more = [_("and {n} more").format(n=n - _SHOWN)] if n > _SHOWN else []
        files = ", ".join([*(f"'{file}'" for file in self.others[:_SHOWN]), *more])
        return text.format(n=n, files=files) if n else ""


def images(given: Sequence[str]) -> ImageFiles:
    """The files named, and those in the folders named that are photos by the endings of their names, or stand for one.

    What systems leave about and do not show is left out, and links to folders are followed, as where photos are taken
    in.
    """
    files: list[str] = []
    others: list[str] = []
    hidden: Counter[str] = Counter()
    for name in given:
        path = Path(name)
        if path.is_dir():
            entries = entries_below(path, Limits.here().for_own_files())
            below = sorted(Path(entry.name) for entry in entries if not entry.is_folder)
            hidden.update(str(path.joinpath(*folder)) for file in below if (folder := _hidden_folder(file.parts)))
            for file in below:
                if not (is_junk(file.parts) or is_hidden(file.parts[:-1])):
                    (files if _is_meant(path, file.parts) else others).append(str(path / file))
        elif path.is_file():
            files.append(name)
        else:
            raise DatasetError(_("There is no photo or folder '{name}'.").format(name=name))
    asked = ImageFiles(files, hidden, others)
    if not files:
        nothing = _("There is no photo in '{name}'.").format(name=", ".join(given))
        raise DatasetError(" ".join(filter(None, (nothing, asked.left_out))))
    return asked


def _is_meant(folder: Path, parts: tuple[str, ...]) -> bool:
    """Whether a file in a folder is meant when that folder is, or a link to a folder that is not followed."""
    return is_asked_about(parts) or folder.joinpath(*parts).is_dir()


def _hidden_folder(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The outermost folder for which a photo is left out; () for all other files."""
    if "." not in parts[-1][1:] or not may_be_photo(parts) or is_junk(parts[-1:]):
        return ()
    depths = (n for n in range(1, len(parts)) if is_hidden(parts[n - 1 : n]) or is_junk((parts[n - 1], "x")))
    return next((parts[:depth] for depth in depths), ())


def backbone_as_json(backbone: BackboneInfo) -> dict[str, Any]:
    """The entry of a backbone in `backbones --json`."""
    plain = (
        "name", "family", "embedded", "ready", "feature_dim", "params", "size_mb", "memory_mb", "input_px", "gflops",
        "imagenet_top1", "trained_on", "licence", "commercial", "weights", "package", "repository", "needs",
        "trainable", "note",
    )  # fmt: skip
    values = {name: getattr(backbone, name) for name in plain}
    return {**values, "stages": list(backbone.stages), "sizes": list(backbone.sizes)}
