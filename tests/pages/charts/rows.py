"""Results as the charts take them, and a name that is markup."""

from core.health.shortcuts import Shortcut
from core.probing.studies.depth import Stage
from core.training.results.history import Epoch

NASTY = "<b>R&D</b> $x$"
NASTY_SHOWN = "&lt;b&gt;R&amp;D&lt;/b&gt; &#36;x&#36;"


SHORTCUT = Shortcut("file", 0.8, (0.7, 0.85), 0.5, 60)
STAGE = Stage(name=NASTY, width=48, accuracy_mean=0.8, accuracy_ci=(0.7, 0.9), fold_accuracy=(0.8,))


def epoch(number, val_accuracy=0.5, val_loss=1.0, **more):
    values = {
        "train_loss": 2.0 / number if number else None,
        "val_loss": val_loss,
        "train_accuracy": 0.6,
        "val_accuracy": val_accuracy,
    }
    return Epoch(epoch=number, lr=0.01, seconds=1.0, **{**values, **more})
