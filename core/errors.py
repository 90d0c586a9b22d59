"""The one tree of errors a user can meet.

GraftError
├── DatasetError           the photos: an archive, a folder, a sample, a split
│   └── RejectedError      an upload that is refused whole; carries a `code`
├── BackboneError          an unknown backbone, or weights that do not fit
│   └── WeightsUnavailable the weights are not on this machine and cannot be fetched
├── FeatureError           extraction or its store
├── ProbeError             a probe or a comparison that cannot be computed
├── TrainingError          a fine-tuning that cannot start or go on
│   └── Uncached           activations that cannot be kept; carries a `code`, and training goes on without
├── EvaluationError        predictions that cannot be judged
├── ExplainError           what a model looks at cannot be told
├── BundleError            a bundle that cannot be written or read
├── ServingError           an address at which a model cannot answer
├── HomeError              the folder in which Graft keeps its data cannot be used
├── RecordError            a request, a setting or a file that holds something else than it should
├── JobError               a job that does not exist or cannot be done
└── Cancelled              the user asked to stop; nothing went wrong

Messages say what, where and the remedy, in one paragraph, with no traceback and no path that the user did not give.
Anything that is not a GraftError is a bug, and is shown as one.
"""


class GraftError(Exception):
    """A mistake the user can mend; its message is for them."""


class DatasetError(GraftError):
    """The photos cannot be read, split or found."""


class RejectedError(DatasetError):
    """A whole upload is refused.

    Args:
        code: what was found, as a stable word such as `zip_bomb` or `no_images`.
        message: the same for the user, with the remedy.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BackboneError(GraftError):
    """The backbone is unknown, or its weights do not fit."""


class WeightsUnavailable(BackboneError):
    """The backbone's weights are not on this machine and could not be fetched."""


class FeatureError(GraftError):
    """Features could not be extracted or stored."""


class ProbeError(GraftError):
    """A probe could not be fitted or compared."""


class TrainingError(GraftError):
    """A fine-tuning cannot start or go on."""


class Uncached(TrainingError):
    """The activations of what is frozen cannot be kept; the training that wanted them goes on without.

    Args:
        code: why, as a stable word such as `no_room`.
        message: the same for the user.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EvaluationError(GraftError):
    """Predictions cannot be judged."""


class ExplainError(GraftError):
    """What a model looks at cannot be told, or a file that says it cannot be read."""


class BundleError(GraftError):
    """A bundle cannot be written or read."""


class ServingError(GraftError):
    """A model cannot answer at this address."""


class HomeError(GraftError):
    """The folder in which Graft keeps its data is not known, or cannot be used."""


class RecordError(GraftError):
    """A value in a request, a setting or a file is missing, or of another kind than it should be."""


class JobError(GraftError):
    """A job does not exist, or cannot do what was asked."""


class Cancelled(GraftError):
    """The user asked to stop."""
