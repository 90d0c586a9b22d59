"""What lies about in uploads, and is not meant to be taken."""

from __future__ import annotations

from collections.abc import Callable

from tests.data.readings.made import Made

_SYSTEM = (
    ".cache/x", ".thumbnails", ".Trash-1000/files", "@Recycle", "@eaDir", "lost+found", "__MACOSX/cat", "$RECYCLE.BIN",
    "System Volume Information", ".ipynb_checkpoints", ".git/objects", ".hidden", "Thumbs", "#recycle",
)  # fmt: skip
_NOTES = (
    "README.md", "LICENSE", "notes.txt", "classes.txt", "train.py", "model.h5", "data.yaml", ".DS_Store", "Thumbs.db",
    "desktop.ini", "report.pdf", "clip.mov",
)  # fmt: skip
_DOCS = ("docs/img/fig1.png", "docs/figure.png", "figures/plot.png", "assets/logo.png", "screenshots/a/1.png")
_TABLES = {
    "metadata.csv": b"width,height\n10,20\n",
    "sample_submission.csv": b"id,label\n1,0.5\n2,0.5\n",
    "history.csv": b"epoch,loss\n1,0.3\n",
    "results.csv": b"model,accuracy\nresnet,0.9\n",
}


def one_photo(made: Made, top: str) -> None:
    """A photo above all folders."""
    made.add(f"{made.rng.choice(['', top])}{made.rng.choice(['preview.png', 'logo.jpg', 'contact sheet.jpeg'])}")


def pictures_of_docs(made: Made, top: str) -> None:
    """Figures in folders of their own, where no class is called so."""
    if any(label == "docs" for _split, label in made.meant.values()):
        return
    for _figure in range(made.rng.choice([1, 1, 2])):
        made.add(f"{made.rng.choice(['', top])}{made.rng.choice(_DOCS)}")


def hidden(made: Made, top: str) -> None:
    """Folders of systems, with photos in them."""
    inside = made.rng.choice(["", top, *{f"{name.rpartition('/')[0]}/" for name in made.meant if "/" in name}])
    for folder in made.rng.sample(_SYSTEM, made.rng.randint(1, 4)):
        for i in range(made.rng.randint(1, 12)):
            made.add(f"{inside}{folder}/{i}.jpg")


def notes(made: Made, top: str) -> None:
    """Files that are no photos."""
    for file in made.rng.sample(_NOTES, made.rng.randint(1, 4)):
        made.add(f"{made.rng.choice(['', top])}{file}", b"hello")


def other_tables(made: Made, top: str) -> None:
    """Tables that are about something else."""
    name = made.rng.choice(list(_TABLES))
    made.add(f"{made.rng.choice(['', top])}{name}", _TABLES[name])


def empty_folders(made: Made, top: str) -> None:
    """Folders that hold nothing."""
    made.folders += [f"{top}empty/", f"{top}models/", f"{top}logs/run1/"]


def sidecars(made: Made, _top: str) -> None:
    """A file of notes for each photo."""
    ending = made.rng.choice([".txt", ".xml", ".json", ".jpg.json"])
    for name in list(made.meant):
        made.add(f"{name.rpartition('.')[0]}{ending}", b"x")


STRAYS: tuple[Callable[[Made, str], None], ...] = (
    one_photo, pictures_of_docs, hidden, notes, other_tables, empty_folders, sidecars,
)  # fmt: skip
