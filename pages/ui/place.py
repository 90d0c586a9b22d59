"""What an address names beside its page: the photos, and the job or model that is looked at.

This file knows neither the browser nor the disk: whether what is named is there, others find out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.training.choices import MODES


@dataclass(frozen=True)
class Place:
    """The parameters of an address; "" for one that is not in it.

    Attributes:
        w: the id of the workspace, on a public deployment.
        dataset: the id of the photos.
        run: the key of the model.
        tour: the token of the tour that is watched.
        job: the id of the job that the page shows.
        backbone: the backbone that a form begins with.
        mode: what it trains of that.
        last_stages: how many of the last stages, likewise.
    """

    w: str = ""
    dataset: str = ""
    run: str = ""
    tour: str = ""
    job: str = ""
    backbone: str = ""
    mode: str = ""
    last_stages: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Place:
        """The place that an address names; parameters that mean nothing here are left out."""
        return cls(**{field.name: parameters.get(field.name, "") for field in dataclasses.fields(cls)})

    def parameters(self) -> dict[str, str]:
        """The address's parameters, without the empty ones."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value}

    def but(self, **changes: str) -> Place:
        """This place with something changed."""
        return dataclasses.replace(self, **changes)

    def elsewhere(self, **changes: str) -> Place:
        """A place on another page: the photos, their model and the tour come along, unless they are changed.

        Args:
            changes: what the link names; a model does not come along to other photos.
        """
        same_photos = changes.get("dataset", self.dataset) == self.dataset
        carried = Place(self.w, self.dataset, self.run if same_photos else "", self.tour)
        return carried.but(**changes)

    @property
    def training(self) -> tuple[str, int]:
        """What to train, and how many of the last stages; "" and 1 where the address does not say it."""
        count = int(self.last_stages) if re.fullmatch(r"[1-9]\d?", self.last_stages) else 1
        return self.mode if self.mode in MODES else "", count
