"""Notes what applications change through the REST API, beside what they are asked."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from engine import ids
from engine.http.answers import SHOWN
from engine.http.auth import ACCOUNT
from engine.reporting.masking import masked_body, masked_headers, masked_url
from engine.reporting.traces import TraceLog
from engine.store import TraceRow

_CHANGING = ("POST", "PUT", "DELETE")


def noting(find: Callable[[], TraceLog | None]) -> Middleware:
    """Return a middleware that traces requests which change something, once it is known for whom.

    What only reads is not noted: a list may be asked for many times a second, and says nothing new.
    """

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = time.perf_counter()
        response = await handler(request)
        traces, account = find(), request.get(ACCOUNT)
        if traces is not None and account is not None and request.method in _CHANGING:
            traces.keep(await _trace(request, response, account, time.perf_counter() - begun))
        return response

    return note


async def _trace(
    request: web.Request, response: web.StreamResponse, account_sid: str, seconds: float
) -> TraceRow:
    answered = response.body if isinstance(response, web.Response) else None
    body = answered if isinstance(answered, bytes) else b""
    try:
        # The handler has read it before: aiohttp keeps it.
        sent = await request.read()
    except (web.HTTPException, web.RequestPayloadError):
        sent = b""
    return TraceRow(
        sid=ids.new_sid(ids.TRACE),
        account_sid=account_sid,
        session_sid=_call_of(request),
        direction="inbound",
        method=request.method,
        url=masked_url(str(request.url)),
        request_headers=masked_headers(request.headers.items()),
        request_body=masked_body(sent, request.content_type if sent else None),
        latency_ms=round(seconds * 1000),
        status=response.status,
        response_headers=masked_headers(response.headers.items()),
        response_body=masked_body(body, response.content_type),
    )


def _call_of(request: web.Request) -> str | None:
    """Return the call that a request was about: it names one, or made one."""
    named = ids.call_sid_in(request.match_info.get("sid", ""))
    shown = request.get(SHOWN)
    if named is not None or not isinstance(shown, dict):
        return named
    return ids.call_sid_in(str(shown.get("sid")))
