"""The settings of a fine-tuning as a file: taken along as JSON, and read back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.errors import GraftError, TrainingError
from core.training.config import FinetuneConfig, settings_in
from pages.ui import downloads, state, text
from pages.ui.i18n import _

_TAKEN = "finetune-settings-file"


@dataclass(frozen=True)
class _Taken:
    """Settings that came from a file.

    Attributes:
        file: the upload that they were in.
        key: of the form that they are for.
        config: the settings.
    """

    file: str
    key: str
    config: FinetuneConfig


def opened(first: FinetuneConfig, key: str) -> tuple[FinetuneConfig, str]:
    """Draws the place for a file, and gives what the form begins with: the file's settings, or else the given ones.

    Args:
        first: what it begins with where there is no file.
        key: a part of the keys of its widgets.
    """
    with st.popover(_("Settings from a file"), icon=":material/upload_file:"):
        upload = st.file_uploader(
            _("Settings as JSON, or the run.json of a run"),
            type=["json"],
            max_upload_size=1,
            key="finetune-settings",
            help=_("As the button below the form gives them, and the command line takes them with --config."),
        )
        taken: _Taken | None = state.remembered(_TAKEN, None)
        if upload is not None and (taken is None or taken.file != upload.file_id):
            try:
                taken = _Taken(upload.file_id, key, _read(upload.getvalue()))
                state.remember(_TAKEN, taken)
            except GraftError as problem:
                st.error(text.literal(str(problem)))
    if taken is None or taken.key != key:
        return first, key
    return taken.config, f"{key}-{taken.file}"


def download(config: FinetuneConfig) -> None:
    """A button for the settings as a file."""
    downloads.document(_("Download the settings (JSON)"), config.to_json, "finetuning.json")


def _read(content: bytes) -> FinetuneConfig:
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TrainingError(_("The file is no text. Give settings as JSON.")) from problem
    return FinetuneConfig.from_json(settings_in(written))
