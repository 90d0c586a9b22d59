"""The endpoint, asked over a real socket: photos as a body and as a form, and all that a request should not be."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.types import ASGIApp

from core.errors import ServingError
from core.models.classifier import Classifier
from core.serving.app import application
from core.serving.requests import ServingLimits
from core.serving.server import Server
from tests.conftest import photo_bytes
from tests.fakes import TinyBackbone

RED, BLUE = photo_bytes((220, 30, 30), 1), photo_bytes((30, 30, 220), 2)
CLASSES = ("red", "green", "blue")
BOUNDARY = "next"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Says which colour a photo has most of."""
    made = Classifier(TinyBackbone(), CLASSES).eval()
    with torch.no_grad():
        made.head.weight.copy_(10 * torch.eye(3))
        made.head.bias.zero_()
    return made


class Running:
    """An application that answers in a thread until the test is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.server = Server(app, "127.0.0.1", 0)
        self.port = int(self.server.url.rpartition(":")[2])
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()

    def stop(self) -> None:
        self.server.stop()
        self._thread.join()

    def asks(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes | None))
            response = connection.getresponse()
            return response.status, json.loads(response.read()), response
        finally:
            connection.close()

    def predicts(self, body: bytes, kind: str = "image/png") -> tuple[int, Any]:
        status, document, _response = self.asks("POST", "/predict", body, {"Content-Type": kind})
        return status, document


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'.encode() + content
        for name, content in files
    ]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()]), f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def endpoint(classifier: Classifier) -> Iterator[Running]:
    limits = ServingLimits(max_bytes=1 << 20, max_photos=3)
    running = Running(application(classifier, limits, ["https://example.org"]))
    yield running
    running.stop()


def test_health_says_which_model_answers(endpoint: Running, classifier: Classifier):
    status, document, _ = endpoint.asks("GET", "/health")
    assert status == 200
    assert document == {
        "status": "ok", "model": classifier.fingerprint, "backbone": "tiny", "classes": list(CLASSES),
        "max_bytes": 1 << 20, "max_photos": 3,
    }  # fmt: skip


def test_a_photo_as_the_body_is_answered_as_the_model_answers(
    endpoint: Running, classifier: Classifier, tmp_path: Path
):
    status, (answer,) = endpoint.predicts(RED)
    assert (status, answer["label"], answer["image"]) == (200, "red", "")
    (tmp_path / "red.png").write_bytes(RED)
    (expected,) = classifier.predict([tmp_path / "red.png"])
    assert np.allclose([answer["proba"][name] for name in CLASSES], expected, atol=1e-6)


def test_the_files_of_a_form_are_answered_in_their_order_and_by_their_names(endpoint: Running):
    status, answers = endpoint.predicts(*form(("../../etc/b.png", BLUE), ("bad.png", b"no photo"), ("r.png", RED)))
    assert status == 200
    assert [(answer["image"], answer["label"]) for answer in answers] == [
        ("../../etc/b.png", "blue"), ("bad.png", None), ("r.png", "red"),
    ]  # fmt: skip
    assert answers[1]["reason"] == "not_an_image"


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b"", "image/png", 400, "no photo"),
        (b"", "multipart/form-data; boundary=x", 400, "no photo"),
        (b"junk", "multipart/form-data; boundary=x", 400, "form cannot be read"),
        (b"junk", "multipart/form-data", 400, "boundary"),
        (*form(), 400, "no photo"),
        (*form(*[("a.png", RED)] * 4), 413, "at most 3 photos"),
        (b"x" * (1 << 20) + b"x", "image/png", 413, "larger than 1 MB"),
        (*form(("a.png", b"x" * (1 << 20))), 413, "larger than 1 MB"),
    ],
)
def test_a_request_that_is_none_is_told_what_is_wrong(
    endpoint: Running, body: bytes, kind: str, status: int, says: str
):
    got, document = endpoint.predicts(body, kind)
    assert got == status
    assert says in document["error"]


def test_a_body_that_never_says_how_long_it_is_ends_at_the_limit(endpoint: Running):
    status, document, _ = endpoint.asks(
        "POST", "/predict", iter([b"x" * 100_000] * 20), {"Transfer-Encoding": "chunked", "Content-Type": "image/png"}
    )
    assert (status, "larger than 1 MB" in document["error"]) == (413, True)


def test_what_cannot_be_read_at_all_says_why(endpoint: Running):
    status, (answer,) = endpoint.predicts(b"no photo")
    assert (status, answer["label"], answer["reason"]) == (422, None, "not_an_image")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/predict", 405), ("POST", "/health", 405), ("GET", "/", 404), ("GET", "/../../etc/passwd", 404)],
)
def test_there_is_nothing_else(endpoint: Running, method: str, path: str, status: int):
    got, document, _ = endpoint.asks(method, path)
    assert got == status
    assert document["error"]


@pytest.mark.parametrize(("origin", "allowed"), [("https://example.org", True), ("https://elsewhere.org", False)])
def test_only_named_web_pages_may_ask(endpoint: Running, origin: str, allowed: bool):
    _status, _document, response = endpoint.asks("GET", "/health", headers={"Origin": origin})
    assert (response.headers.get("Access-Control-Allow-Origin") == origin) is allowed


def test_many_at_once_are_answered_one_after_the_other_or_told_to_come_again(classifier: Classifier):
    running = Running(application(classifier, ServingLimits(max_waiting=2)))
    try:
        with ThreadPoolExecutor(8) as clients:
            statuses = [status for status, _answer in clients.map(running.predicts, [RED, BLUE] * 8)]
    finally:
        running.stop()
    assert set(statuses) <= {200, 503}
    assert 200 in statuses


def test_a_client_that_goes_or_dawdles_leaves_the_others_their_answers(classifier: Classifier):
    running = Running(application(classifier, ServingLimits(body_timeout_s=0.2)))
    try:
        gone = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        gone.putrequest("POST", "/predict")
        gone.putheader("Content-Length", "1000")
        gone.endheaders(b"a little")
        gone.close()
        slow = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        slow.putrequest("POST", "/predict")
        slow.putheader("Content-Length", "1000")
        slow.endheaders(b"a little")
        assert slow.getresponse().status == 408
        slow.close()
        assert running.predicts(RED)[0] == 200
    finally:
        running.stop()


def test_clients_that_dawdle_take_no_place_in_the_queue(classifier: Classifier):
    running = Running(application(classifier, ServingLimits(max_waiting=1)))
    idle = [http.client.HTTPConnection("127.0.0.1", running.port, timeout=60) for _ in range(5)]
    try:
        for connection in idle:
            connection.putrequest("POST", "/predict")
            connection.putheader("Content-Length", "1000")
            connection.endheaders(b"a little")
        assert running.predicts(RED)[0] == 200
    finally:
        for connection in idle:
            connection.close()
        running.stop()


def test_a_port_that_is_taken_is_named(endpoint: Running, classifier: Classifier):
    with pytest.raises(ServingError, match=str(endpoint.port)):
        Server(application(classifier), "127.0.0.1", endpoint.port)
