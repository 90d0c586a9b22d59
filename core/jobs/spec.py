"""The request of a job. This file knows neither the verbs nor how a job is run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.records import fields_in

LONG, SHORT = "long", "short"
SLOTS = (LONG, SHORT)
VERBS = "core.tasks"


@dataclass(frozen=True)
class JobSpec:
    """A verb and its parameters, as JSON on disk.

    Attributes:
        kind: the verb's name.
        params: the verb's parameters, JSON-able; paths in them are absolute.
        slot: "long", or "short" for work that a person waits for (a preview, a prediction).
        title: the job's name in a list of jobs, in the user's language.
        dataset_id: the dataset it works on, "" where there is none.
        language: the language of its messages.
        verbs: the module that runs it by `run(job_dir, spec, report)`, imported by the worker alone.
        listed: whether lists of jobs show it; jobs that are not listed are removed an hour after their end.
        kept: whether a job that is not listed stays anyway, for a page that reads its result.
    """

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    slot: str = LONG
    title: str = ""
    dataset_id: str = ""
    language: str = "en"
    verbs: str = VERBS
    listed: bool = True
    kept: bool = False

    def __post_init__(self) -> None:
        if not self.kind.isidentifier() or self.kind.startswith("_"):
            raise ValueError(f"a job's kind is the name of a verb, not {self.kind!r}")
        if self.slot not in SLOTS:
            raise ValueError(f"a job's slot is one of {', '.join(SLOTS)}, not {self.slot!r}")
        try:
            json.dumps(self.params, allow_nan=False)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"the parameters of {self.kind!r} are not JSON: {problem}") from problem

    def to_json(self) -> dict[str, Any]:
        """This spec as a JSON object."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> JobSpec:
        """The spec in a JSON object; fields that a newer Graft added are left out.

        Raises:
            ValueError: the object holds no spec.
        """
        try:
            return cls(**fields_in(content, cls))
        except (AttributeError, TypeError) as problem:
            raise ValueError(f"not a job's spec: {problem}") from problem
