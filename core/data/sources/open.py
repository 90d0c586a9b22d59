"""Opens what a user names as the source of photos: a zip, a folder of their own, or a sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import paths
from core.data.limits import Limits
from core.data.samples.catalogue import SAMPLE_PREFIX
from core.data.samples.open import open_sample
from core.data.sources.archive import Archive
from core.data.sources.folder import FolderSource
from core.data.sources.nested import with_zips_inside
from core.data.sources.source import PhotoSource
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report


@contextmanager
def open_source(source: str | Path, limits: Limits, report: Report, encoding: str = "") -> Iterator[PhotoSource]:
    """Opens a zip, a folder, or "sample:NAME".

    Args:
        source: what is opened.
        limits: what is accepted.
        report: told of what takes time.
        encoding: that of names which do not say theirs; "" for what their letters say.

    Raises:
        RejectedError: an archive that is refused.
        DatasetError: there is no such file, folder or sample, a sample could not be fetched, or the names are not in
            the given encoding.
    """
    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        yield open_sample(source.removeprefix(SAMPLE_PREFIX), limits, report)
        return
    path = paths.expanded(source)
    if path.is_dir():
        if paths.is_public():
            raise DatasetError(_("Folders on this machine cannot be opened in a public app. Upload a zip file."))
        yield FolderSource(path, limits.for_own_files(), encoding)
    elif path.is_file():
        report(Progress(0, 0, _("Checking the archive")))
        with Archive(path, limits, encoding) as archive, with_zips_inside(archive, encoding) as opened:
            yield opened
    else:
        raise DatasetError(
            _("There is no file or folder '{name}'. Give a zip, a folder or a sample, such as sample:digits.").format(
                name=path.name
            )
        )
