from pathlib import Path

import pytest

from core.jobs import events
from core.progress import Progress


def test_events_are_read_as_they_were_written(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    events.append(log, Progress(1, 2, "läuft\nweiter 🐝", "resnet18", {"loss": 0.5}), at=12.0)
    events.append(log, Progress(2, 2), at=13.0)
    first, second = events.read(log)
    assert (first.line, first.at, first.done, first.total) == (0, 12.0, 1, 2)
    assert (first.message, first.stage, first.data) == ("läuft\nweiter 🐝", "resnet18", {"loss": 0.5})
    assert (second.line, second.done, second.message, second.data) == (1, 2, "", {})


def test_reading_goes_on_where_it_left_off(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    for i in range(5):
        events.append(log, Progress(i, 5), at=0.0)
    assert [e.done for e in events.read(log, since_line=3)] == [3, 4]
    assert events.read(log, since_line=5) == []


def test_no_log_is_no_events(tmp_path: Path) -> None:
    assert events.read(tmp_path / "events.jsonl") == []


def test_a_torn_last_line_is_not_read_yet(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    events.append(log, Progress(1, 2), at=0.0)
    with log.open("ab") as file:
        file.write('{"at": 1, "done": 2, "message": "蚂'.encode()[:-1])
    assert [e.done for e in events.read(log)] == [1]


def test_a_resumed_job_ends_the_torn_line_first(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_bytes(b'{"at": 1, "done": 1, "total": 9}\n{"at": 2, "do')
    events.append(log, Progress(3, 9), at=3.0)
    assert [(e.line, e.done) for e in events.read(log)] == [(0, 1), (2, 3)]


def test_data_that_is_not_json_is_a_fault_of_the_verb(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        events.append(tmp_path / "events.jsonl", Progress(1, 2, data={"loss": float("nan")}), at=0.0)
