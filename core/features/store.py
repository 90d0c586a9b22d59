"""Features of images by many backbones, kept by the images' content.

    <home>/features/<backbone>-<key>/
        about.json              the settings that the key is the hash of
        speed.json              images a second, as last measured, and the dataset
        <sha256>.parquet        a shard: `id` (the image's sha256) and `features` (d float32), named by its own hash

There is one row an image, and one directory for each (weights, preprocessing, precision, schema), so features that were
computed differently are never mixed. A shard is written once, whole, under the hash of its content: a damaged one is
noticed, removed and computed again, and writers need no locks. It is Parquet, so that other programs can read it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import paths
from core.backbones.names import as_file
from core.backbones.spec import BackboneInfo
from core.engines.engine import FP32
from core.parquet import read_table

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Lookup:
    """The stored features of some images.

    Attributes:
        X: (n, d) float32; rows that are not stored are zero.
        present: (n,) bool, which rows are stored.
        damaged: how many shards were damaged and have been removed.
    """

    X: NDArray[np.float32]
    present: NDArray[np.bool_]
    damaged: int


@dataclass(frozen=True)
class Speed:
    """A measured speed of extraction.

    Attributes:
        images_per_s: decoding and network together, on this machine; 0 where it was never measured.
        fingerprint: of the dataset it was measured on; large photos take longer to decode than small ones.
    """

    images_per_s: float = 0.0
    fingerprint: str = ""


class FeatureStore:
    """The features of one backbone with one preprocessing in one precision.

    Attributes:
        root: the directory they are in.

    Args:
        info: of the backbone.
        precision: of the engine that runs it.
        content_name: names what is kept in place of the backbone's own features, "" for those.
        width: of a row; by default that of the backbone's features.
    """

    def __init__(self, info: BackboneInfo, precision: str = FP32, *, content_name: str = "", width: int = 0) -> None:
        self._about: dict[str, Any] = {
            "schema": SCHEMA,
            "backbone": info.name,
            "weights": info.weights,
            "weights_sha256": info.sha256,
            "preprocessing": info.preprocessing.to_json(),
            "precision": precision,
            "feature_dim": info.feature_dim,
            **({"what": content_name} if content_name else {}),
        }
        key = hashlib.sha256(json.dumps(self._about, sort_keys=True).encode()).hexdigest()
        self.root = paths.features() / f"{as_file(info.name)}-{key[:16]}"
        self._dim = width or info.feature_dim

    def read(self, ids: Sequence[str]) -> Lookup:
        """Looks up images by sha256; `ids` has no duplicates. Only shards that hold some of them are read whole."""
        rows = {id_: row for row, id_ in enumerate(ids)}
        X, present = np.zeros((len(ids), self._dim), np.float32), np.zeros(len(ids), np.bool_)
        damaged = 0
        for shard in sorted(self.root.glob("*.parquet")):
            if present.all():
                break
            try:
                self._read_shard(shard, rows, X, present)
            except FileNotFoundError:
                continue  # another process noticed that it is damaged, and removed it
            except (OSError, ValueError, KeyError):
                shard.unlink(missing_ok=True)
                damaged += 1
        return Lookup(X, present, damaged)

    def missing(self, ids: Iterable[str]) -> int:
        """How many images of these are not there, by what the shards say without being read whole."""
        import pyarrow as pa

        left = set(ids)
        for shard in sorted(self.root.glob("*.parquet")):
            try:
                left.difference_update(_ids_in(shard))
            except (OSError, pa.ArrowException):  # `read` will see to it
                continue
        return len(left)

    def _read_shard(
        self, shard: Path, rows: dict[str, int], X: NDArray[np.float32], present: NDArray[np.bool_]
    ) -> None:
        shard_ids = _ids_in(shard)
        matches = [(position, rows[id_]) for position, id_ in enumerate(shard_ids) if id_ in rows]
        if all(present[row] for _position, row in matches):
            return
        content = shard.read_bytes()
        if hashlib.sha256(content).hexdigest() != shard.stem:
            raise ValueError("the shard does not match its name")
        values = _matrix(read_table(BytesIO(content)), self._dim)
        for position, row in matches:
            X[row], present[row] = values[position], True

    def add(self, ids: Sequence[str], X: NDArray[np.float32]) -> Path:
        """Keeps the features X (n, d) of the images `ids` (n) as a new shard, and gives its file.

        Raises:
            OSError: it cannot be written, for example because the disk is full.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if X.shape != (len(ids), self._dim) or X.dtype != np.float32:
            raise ValueError(f"expected float32 of shape ({len(ids)}, {self._dim}), not {X.dtype} {X.shape}")
        features = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), self._dim)
        out = BytesIO()
        pq.write_table(pa.table({"id": list(ids), "features": features}), out, compression="zstd")
        content = out.getvalue()
        if not (self.root / "about.json").exists():
            paths.write_json(self.root / "about.json", self._about)
        shard = self.root / f"{hashlib.sha256(content).hexdigest()}.parquet"
        paths.write_bytes(shard, content)
        return shard

    def speed(self) -> Speed:
        """The speed at which features were last computed."""
        try:
            content = paths.read_json(self.root / "speed.json")
            return Speed(float(content["images_per_s"]), str(content["fingerprint"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Speed()

    def remember_speed(self, speed: Speed) -> None:
        """Keeps the speed, for extractions that read all features from the store."""
        paths.write_json(self.root / "speed.json", dataclasses.asdict(speed))


def _ids_in(shard: Path) -> list[str]:
    with shard.open("rb") as file:
        return list(map(str, read_table(file, ["id"])["id"].to_pylist()))


def _matrix(table: pa.Table, dim: int) -> NDArray[np.float32]:
    values = table["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = np.asarray(values, dtype=np.float32).reshape(table.num_rows, dim)
    if not np.isfinite(matrix).all():
        raise ValueError("the shard holds values that are no numbers")
    return matrix
