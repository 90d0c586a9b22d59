"""Reading Parquet without Arrow's threads.

Arrow keeps the threads of its pools until the process ends, and an interpreter that ends just then is aborted now and
then ("terminate called without an active exception"), whatever its exit code was to be. Our files are small enough for
one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa


def read_table(file: BinaryIO, columns: Sequence[str] | None = None) -> pa.Table:
    """The table in a Parquet file, of which no more is read than is wanted.

    Args:
        file: opened, since pyarrow itself opens no path that is no text.
        columns: the names of those that are wanted; None for all.

    Raises:
        pyarrow.ArrowInvalid: a `ValueError`; they are no Parquet.
    """
    import pyarrow.parquet as pq

    wanted = None if columns is None else list(columns)
    return pq.ParquetFile(file, pre_buffer=False).read(columns=wanted, use_threads=False)
