"""Tables in Parquet files."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.parquet import read_table

TABLE = pa.table({"id": ["a", "b"], "x": [1.5, 2.5]})


def written() -> bytes:
    out = BytesIO()
    pq.write_table(TABLE, out)
    return out.getvalue()


def test_a_table_comes_back_whole_or_by_the_columns_that_are_wanted() -> None:
    assert read_table(BytesIO(written())) == TABLE
    assert read_table(BytesIO(written()), ["x"]).to_pydict() == {"x": [1.5, 2.5]}


def test_what_is_no_parquet_is_a_wrong_value() -> None:
    with pytest.raises(ValueError, match="Parquet"):
        read_table(BytesIO(b"no table"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system does not tell a process's threads")
def test_no_threads_of_arrow_are_left_that_would_abort_the_interpreter_at_its_end() -> None:
    script = """
import sys
from io import BytesIO
from pathlib import Path
import pyarrow.parquet
from core.parquet import read_table
threads = lambda: len(list(Path("/proc/self/task").iterdir()))
before = threads()
read_table(BytesIO(sys.stdin.buffer.read()))
print(threads() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], input=written(), capture_output=True, check=True)
    assert done.stdout.strip() == b"0"
