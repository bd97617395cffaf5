"""Lets the calls that a REST request makes continue the trace that the request belongs to."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.telemetry import spans


@web.middleware
async def continue_trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read ``traceparent`` and ``tracestate`` (W3C Trace Context)."""
    if "traceparent" not in request.headers:
        return await handler(request)
    with spans.recorder().asked(request.headers):
        return await handler(request)
