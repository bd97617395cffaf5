"""Every error answer in one form: ``{"code": …, "message": "…", "status": …}`` (rest-api.md section 1.4).

The dialects share the form; Twilio's has error codes of its own, for some errors another status, and
``more_info`` beside them. Who is answered in XML finds the same there.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.errors import StoreError
from engine.http.answers import json_response, wants_xml, xml_response
from engine.http.dialect import TWILIO, Dialect, is_spoken_at, of_path
from engine.http.xml_writer import fields, written
from engine.reporting import log

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Problem(Exception):
    """An error to be answered with this status; the message tells the client what to do about it.

    ``twilio`` is the status and the code of that dialect, where they do not follow from the status; ``code``
    is Restcomm's where it has one.
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: dict[str, str] | None = None,
        *,
        twilio: tuple[int, int] | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.code = code or status
        self.twilio = twilio or (status, _TWILIO_CODES.get(status, 20000 + status))

    def response(self, dialect: Dialect, *, in_xml: bool = False) -> web.Response:
        """Return the answer; Restcomm's ``code`` mostly repeats the status."""
        status, code = self.twilio if dialect is TWILIO else (self.status, self.code)
        body: dict[str, int | str] = {"code": code, "message": self.message, "status": status}
        if dialect is TWILIO:
            # Twilio's libraries show it beside the message; the codes are Twilio's own.
            body["more_info"] = f"https://www.twilio.com/docs/errors/{code}"
        if not in_xml:
            return json_response(body, status, self.headers)
        content = written("RestException", body) if dialect is TWILIO else fields(body)
        return xml_response(dialect, content, status, self.headers)


_TWILIO_CODES = {400: 20001, 401: 20003, 403: 20403, 404: 20404, 405: 20004, 500: 20500, 503: 20503}


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer in the one form; an unforeseen one is logged with its trace."""
    try:
        return await handler(request)
    except Problem as error:
        problem = error
    except web.HTTPException as error:
        if error.status < 400:
            raise
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        problem = Problem(error.status, _plain_reason(error, request), kept)
    except StoreError as error:
        log.get("http").error("http.store_failed", path=request.path, error=str(error))
        problem = Problem(503, "The store does not answer. Try again later.", {"Retry-After": "5"})
    except Exception:
        log.get("http").exception("http.broken", method=request.method, path=request.path)
        problem = Problem(500, "Internal error; the server's log has its trace.")
    path, accept = request.path, request.headers.get("Accept", "")
    return problem.response(of_path(path), in_xml=is_spoken_at(path) and wants_xml(path, accept))


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that keep a browser from making something else of it."""
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    # aiohttp has put its own name and version here by now.
    response.headers["Server"] = "Dialplane"


def _plain_reason(error: web.HTTPException, request: web.Request) -> str:
    if error.status == 404:
        return "There is nothing at this path."
    if error.status == 405:
        return f"{request.method} is not possible here."
    if error.status == 413:
        return "The request's body is too large."
    return error.reason
