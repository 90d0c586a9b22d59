from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.features.features import Features

ZipBuilder = Callable[..., Path]


def test_features_check_their_shapes() -> None:
    with pytest.raises(ValueError, match=r"2 photos.*\(3, 4\)"):
        Features(
            np.zeros((3, 4), np.float32),
            np.zeros(2, np.int64),
            ("a", "b"),
            np.array(["train"] * 2),
            ("x",),
            "b",
            "",
            "",
            "",
        )
