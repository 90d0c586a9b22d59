"""When what a person asked for has been run, told from the messages between a page and its server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.visitor import Runs


class FakeSocket:
    """A page that opened a socket, and that socket: what is told to it reaches those who listen."""

    def __init__(self) -> None:
        self._listeners: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, listener: Callable[[Any], None]) -> None:
        self._listeners[event] = listener
        if event == "websocket":
            listener(self)

    def asks(self, part: str = "", by_itself: bool = False) -> None:
        message = BackMsg()
        message.rerun_script.fragment_id = part
        message.rerun_script.is_auto_rerun = by_itself
        self._listeners["framesent"](message.SerializeToString())

    def begins(self, *parts: str) -> None:
        message = ForwardMsg()
        message.new_session.name = "streamlit_app"
        message.metadata.run.fragment_ids.extend(parts)
        self._listeners["framereceived"](message.SerializeToString())

    def ends(self, *parts: str, early: bool = False) -> None:
        message = ForwardMsg()
        usual = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY if parts else ForwardMsg.FINISHED_SUCCESSFULLY
        message.script_finished = ForwardMsg.FINISHED_EARLY_FOR_RERUN if early else usual
        message.metadata.run.fragment_ids.extend(parts)
        self._listeners["framereceived"](message.SerializeToString())


@pytest.fixture
def socket() -> FakeSocket:
    return FakeSocket()


@pytest.fixture
def runs(socket: FakeSocket) -> Runs:
    return Runs(socket)  # type: ignore[arg-type]


def test_a_run_of_the_page_is_over_when_it_ends(socket: FakeSocket, runs: Runs):
    socket.asks()
    assert not runs.over
    socket.begins()
    assert not runs.over
    socket.ends()
    assert runs.over


def test_the_end_of_a_tick_that_ran_before_is_not_the_end_of_the_page(socket: FakeSocket, runs: Runs):
    socket.asks(part="tick", by_itself=True)
    socket.asks()
    socket.begins("tick")
    socket.ends("tick")
    assert runs.tick_over
    assert not runs.over
    socket.begins()
    socket.ends()
    assert runs.over


def test_an_end_that_the_server_never_told_is_told_by_the_tick_after_it(socket: FakeSocket, runs: Runs):
    socket.asks()
    socket.begins()
    socket.asks(part="tick", by_itself=True)
    socket.begins("tick")
    assert not runs.over
    socket.ends("tick")
    assert runs.over


def test_a_run_that_stops_to_be_run_again_is_not_over(socket: FakeSocket, runs: Runs):
    socket.asks()
    socket.begins()
    socket.ends(early=True)
    assert not runs.over
    socket.begins()
    socket.ends()
    assert runs.over


@pytest.mark.parametrize("with_it", [("form",), ("tick", "form"), ("around",), ()])
def test_a_part_is_over_with_a_run_that_it_may_be_in(socket: FakeSocket, runs: Runs, with_it: tuple[str, ...]):
    socket.asks(part="form")
    socket.begins(*with_it)
    assert not runs.over
    socket.ends(*with_it)
    assert runs.over
