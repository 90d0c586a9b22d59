"""An HTTP server for one application, which listens before it says where."""

from __future__ import annotations

import logging
import socket

import uvicorn
from starlette.types import ASGIApp

from core.errors import ServingError
from core.i18n import gettext as _

_MOST_CONNECTIONS = 64
_IDLE_S = 10


class Server:
    """A server that listens from when it is made, and answers while it runs.

    Attributes:
        url: where it answers, without a path.

    Args:
        app: what answers.
        host: the address to listen at.
        port: the port; 0 for a free one.

    Raises:
        ServingError: the address is not this machine's, or the port is taken.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        logging.getLogger("python_multipart").setLevel(logging.ERROR)  # the client is told what is wrong with its form
        self._socket = _listening(host, port)
        named = f"[{host}]" if ":" in host else host
        self.url = f"http://{named}:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(_settings(app))

    def run(self) -> None:
        """Answers until the process is told to stop."""
        with self._socket:
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Ends `run`, which another thread is in, once what is asked has been answered."""
        self._server.should_exit = True


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_IDLE_S,
        limit_concurrency=_MOST_CONNECTIONS,
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family)
    except OSError as problem:
        raise ServingError(
            _("Cannot listen at {host}:{port} ({reason}). Choose another with --host and --port.").format(
                host=host, port=port, reason=problem.strerror or problem
            )
        ) from problem
