"""From a request's body to the photos in it, within limits that are held while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from core.i18n import gettext as _
from core.serving.model import Upload

_FORM = "multipart/form-data"


@dataclass(frozen=True)
class ServingLimits:
    """What one request may be.

    Attributes:
        max_bytes: its body.
        max_photos: the photos in it.
        max_waiting: how many requests may wait for their answers; others are told to come again.
        body_timeout_s: how long a client may take to send it.
    """

    max_bytes: int = 20 << 20
    max_photos: int = 16
    max_waiting: int = 16
    body_timeout_s: float = 60.0


async def uploads_of(request: Request, limits: ServingLimits) -> list[Upload]:
    """The photos in a request: the files of a form, or the body itself.

    Raises:
        HTTPException: 400 without a photo or where the form is broken or has too many, 408 too slow, 413 too large.
    """
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            uploads = await (_of_form if _is_form(request) else _of_body)(request, limits)
    except TimeoutError:
        raise HTTPException(408, _("The photos took too long to arrive. Send fewer, or smaller ones.")) from None
    if not uploads:
        raise HTTPException(
            400, _("There is no photo in the request. Send one as the body, or several as the files of a form.")
        )
    return uploads


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(_FORM)


async def _of_body(request: Request, limits: ServingLimits) -> list[Upload]:
    content = b"".join([chunk async for chunk in _within(request, limits.max_bytes)])
    return [Upload("", content)] if content else []


async def _of_form(request: Request, limits: ServingLimits) -> list[Upload]:
    parser = MultiPartParser(request.headers, _within(request, limits.max_bytes), max_files=limits.max_photos)
    try:
        form = await parser.parse()
    except MultiPartException as problem:
        if problem.message.startswith("Too many files"):
            raise HTTPException(
                413, _("A request has at most {n} photos. Send fewer at once.").format(n=limits.max_photos)
            ) from problem
        raise HTTPException(400, _("The form cannot be read. {reason}").format(reason=problem.message)) from problem
    try:
        files = [part for _field, part in form.multi_items() if isinstance(part, UploadFile)]
        return [Upload(file.filename or "", await file.read()) for file in files]
    finally:
        await form.close()


async def _within(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks, as long as they are no more than allowed, whatever the headers say."""
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > max_bytes:
            raise HTTPException(
                413, _("The request is larger than {mb} MB. Send fewer or smaller photos.").format(mb=max_bytes >> 20)
            )
        yield chunk
