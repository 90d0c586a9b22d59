"""What the codes of warnings mean, in plain sentences with the remedy."""

from __future__ import annotations

from core.i18n import gettext as _


def warning_text(code: str) -> str:
    """What a warning means, and what to do; `code` may end in ":<class>" or ":<file>"."""
    kind, _colon, name = code.partition(":")
    if kind in ("names_guessed", "tables_guessed"):
        return _guess_text(kind, name)
    known = {
        "case_colliding_classes": _(
            "Some class names differ only in case or invisible characters. If they mean the same, give them one name."
        ),
        "class_too_small": _(
            "Class '{name}' has too few photos for all three splits. At least 3 are needed; 20 or more are better."
        ),
        "class_missing_in_train": _(
            "Class '{name}' has no photo in the training split, so it cannot be learned. Move some photos there."
        ),
        "class_missing_in_val": _(
            "Class '{name}' has no photo in the validation split, so its validation scores are not available."
        ),
        "class_missing_in_test": _(
            "Class '{name}' has no photo in the test split, so its test scores are not available."
        ),
        "nested_folders": _(
            "Some photos lie in folders below their class folder. They count as the class of the outer folder."
        ),
        "empty_class": _(
            "The folder '{name}' holds no photo that can be read. It is left out; add photos or remove it."
        ),
        "no_group": _(
            "The names of some photos ({name}) do not fit the pattern for groups; each of them counts by itself."
        ),
        "table_unused": _(
            "The table '{name}' was not used: its first row names no columns that are known. It needs a file column "
            "(filename) and a label, split or group column (label, split, patient, plant, video)."
        ),
        "table_unused_few": _(
            "The table '{name}' was not used: its rows name too few of the photos. Write the files' names as they are."
        ),
        "table_unused_splits": _(
            "The list '{name}' was not used: together with others it says several splits of the same photos. Keep one "
            "list for each split."
        ),
        "table_unread": _("The spreadsheet '{name}' cannot be read. Save it as CSV, and put that beside the photos."),
        "table_unused_large": _("The table '{name}' was not used: the tables are too large. Make them smaller."),
        "ragged_rows": _(
            "Some rows of a table have more cells than its first row ({name} is the first such row). Their labels were "
            "taken where they are labels of other rows, too; the other photos were left out. Put text that holds a "
            "comma into quotation marks."
        ),
        "several_rows": _(
            "Some photos have several rows with different labels, such as '{name}'. Several labels a photo are not "
            "supported yet: these photos were left out. Keep one row for each photo."
        ),
        "several_marks": _(
            "Some rows ({name}) say several labels. Several labels a photo are not supported yet: these photos were "
            "left out. Decide for one label a photo."
        ),
        "several_labels": _(
            "Some labels seem to be several at once, such as '{name}'. Several labels a photo are not supported yet: "
            "each combination counts as a class of its own. Decide for one label a photo, if that is not meant."
        ),
        "comma_labels": _(
            "Some labels hold a comma, such as '{name}'. Each counts as one class: several labels a photo are not "
            "supported yet."
        ),
        "one_group": _(
            "All photos of class '{name}' belong together (near duplicates, or one group), so they all stay in "
            "training and the splits that Graft makes have none. Add photos taken at other times or of other subjects."
        ),
        "few_groups": _(
            "The photos of class '{name}' belong to only two groups of near duplicates or of one subject, so one of "
            "the splits has none. Add photos taken at other times or of other subjects."
        ),
        "conflicting_duplicate": _(
            "The same photo is in two classes. Decide for one, since no model can satisfy both."
        ),
        "train_val_leak": _(
            "Some photos are in both training and validation, so validation scores flatter. Remove the copies."
        ),
        "train_test_leak": _("Some photos are in both training and test, so test scores flatter. Remove the copies."),
        "val_test_leak": _("Some photos are in both validation and test, so test scores flatter. Remove the copies."),
    }
    return known.get(kind, kind).format(name=name)


def _guess_text(kind: str, readings: str) -> str:
    """What a guess at an encoding means; `readings` is the one that was taken, and others after semicolons."""
    taken, _semicolon, others = readings.partition("; ")
    message = (
        _("The names of files and folders do not say their encoding. By their letters they were read as {taken}.")
        if kind == "names_guessed"
        else _("The table does not say its encoding. By its letters it was read as {taken}.")
    )
    more = _("Also possible: {others}.") if others else ""
    remedy = _("If that is wrong, choose another reading: on the Data page, or with --encoding on the command line.")
    return " ".join(filter(None, (message, more, remedy))).format(taken=taken, others=others)
