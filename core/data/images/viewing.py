"""The ways of looking at a photo (see `views.py`), as users name them and read of them."""

from __future__ import annotations

from core.data.images.views import CROPS, FLIP, ONE, VIEWS
from core.errors import EvaluationError
from core.i18n import gettext as _


def check_views(views: str) -> str:
    """The way itself.

    Raises:
        EvaluationError: there is no such way.
    """
    if views not in VIEWS:
        raise EvaluationError(
            _("There is no way '{name}' of looking at a photo. Choose one of: {names}.").format(
                name=views, names=", ".join(VIEWS)
            )
        )
    return views


def views_name(views: str) -> str:
    """What a way of looking is called."""
    return {ONE: _("one view"), FLIP: _("mirrored, too"), CROPS: _("mirrored and cut, too")}[views]
