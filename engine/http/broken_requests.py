"""Requests that are no sound HTTP: the sender's fault, so an answer for him and no trace for the operator."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from engine.http.problems import Problem
from engine.reporting import log


async def body_of(request: web.Request) -> bytes:
    """Return the body of a request; raises :class:`Problem` when it is not what its headers say."""
    try:
        return await request.read()
    except web.RequestPayloadError as error:
        raise Problem(400, f"The body cannot be read as its headers say: {first_line(error)}.") from None


def first_line(error: Exception) -> str:
    """Return what a flaw of HTTP is; further lines show the octets around it."""
    words = str(getattr(error, "message", "") or error)
    # "400, message:" and the flaw in the line after it, where it was passed on as an exception.
    lines = [line.strip(" :.") for line in words.splitlines() if line.strip() and "message:" not in line]
    return lines[0][:200] if lines else type(error).__name__


def server_log() -> logging.Logger:
    """Return a logger for the HTTP server that tells what senders did wrong in a line of the level debug.

    A trace for each of them, which is the server's own way, would let any stranger fill the log.
    """
    logger = logging.getLogger("engine.http.server")
    if not any(isinstance(each, _SendersFaults) for each in logger.filters):
        logger.addFilter(_SendersFaults())
    return logger


class _SendersFaults(logging.Filter):
    """Keeps back records about requests that were no sound HTTP, and tells of them by itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else through."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
            return True
        source = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ""
        log.get("http").debug("http.malformed", source=source, reason=first_line(error))
        return False
