"""The endpoint: POST /predict answers for photos, GET /health says what answers. It knows one model and no files.

A request's photos are the body itself, or the files of a form. Everything that comes back is JSON: a list with an entry
for each photo, as `predict --json` prints it, or `{"error": …}`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.serving.model import ReadyModel
from core.serving.requests import ServingLimits, uploads_of
from core.tasks.answers import Answer

_CLOSED = 499
"""What a client that has gone would have been told."""


def application(classifier: Classifier, limits: ServingLimits | None = None, origins: Sequence[str] = ()) -> Starlette:
    """The endpoint of a model, as an ASGI application.

    Args:
        classifier: the model.
        limits: what a request may be.
        origins: the web pages whose scripts may ask, such as "https://example.org"; "*" for any.
    """
    endpoint = _Endpoint(classifier, limits or ServingLimits())
    app = Starlette(
        routes=[Route("/health", endpoint.health), Route("/predict", endpoint.predict, methods=["POST"])],
        middleware=[Middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["GET", "POST"])],
        exception_handlers={HTTPException: _refused},
        lifespan=endpoint.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Endpoint:
    """The answers to requests; one at a time goes through the model, and a few may wait."""

    def __init__(self, classifier: Classifier, limits: ServingLimits) -> None:
        self._model, self._limits = ReadyModel(classifier), limits
        self._one_at_a_time = CapacityLimiter(1)
        self._waiting = 0

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        with self._model:
            yield

    async def health(self, _request: Request) -> Response:
        classifier, limits = self._model.classifier, self._limits
        return JSONResponse(
            {
                "status": "ok",
                "model": classifier.fingerprint,
                "backbone": classifier.backbone.info.name,
                "classes": list(classifier.classes),
                "max_bytes": limits.max_bytes,
                "max_photos": limits.max_photos,
            }
        )

    async def predict(self, request: Request) -> Response:
        try:
            uploads = await uploads_of(request, self._limits)
        except ClientDisconnect:
            return Response(status_code=_CLOSED)
        answers = await self._in_turn(partial(self._model.answers, uploads))
        all_failed = all(answer.error for answer in answers)
        return JSONResponse([answer.as_json() for answer in answers], status_code=422 if all_failed else 200)

    async def _in_turn(self, ask: Callable[[], list[Answer]]) -> list[Answer]:
        """The answers, when those who asked before have theirs.

        Raises:
            HTTPException: 503, too many have.
        """
        if self._waiting >= self._limits.max_waiting:
            raise HTTPException(503, _("Too many requests are waiting. Ask again soon."), {"Retry-After": "1"})
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(ask, limiter=self._one_at_a_time)
        finally:
            self._waiting -= 1


async def _refused(_request: Request, problem: Exception) -> Response:
    """What was wrong with a request, as JSON."""
    assert isinstance(problem, HTTPException)
    words = {
        404: _("There is nothing here. Ask at /predict, or at /health."),
        405: _("Send photos by POST to /predict."),
    }
    told = words.get(problem.status_code, problem.detail)
    return JSONResponse({"error": told}, status_code=problem.status_code, headers=problem.headers)
