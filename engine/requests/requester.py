"""Sends our own HTTP requests: every hop checked, every answer bounded in time and size.

Used by the fetcher (a caller waits) and by the outbox (nobody does).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import zlib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import aiohttp
from yarl import URL

from engine.errors import Cause, RequestRefused
from engine.requests.checked_sessions import USER_AGENT, CheckedSessions
from engine.requests.fetch_options import FetchOptions, split_options
from engine.requests.http_request import (
    Answer,
    Ended,
    Request,
    Wire,
    basic_credentials,
    on_wire,
    parse_url,
    read_url,
    redirected,
    shown,
    without_parameters,
)
from engine.requests.network_policy import CheckedResolver, Forbidden, NetworkPolicy
from engine.telemetry import spans
from engine.turns import a_turn

MOST_REDIRECTS = 10
REDIRECTS = (301, 302, 303, 307, 308)
KEEPALIVE = 4.0
"""Seconds that an idle connection is kept: below the five after which Node and uvicorn close it."""
MOST_CONNECTIONS, MOST_CONNECTIONS_PER_HOST = 1024, 256
SHOWN_BODY = 4096
"""Bytes of an error answer that are kept for the notification."""
_PIECE = 65_536
_UNWANTED_WITHIN = 1.0
_ENCODINGS = {"gzip": 47, "x-gzip": 47, "deflate": 47}

_GIVEN_UP = Ended(problem="given up before there was an answer")

Trace = Callable[[Request, Wire, Ended, float], None]
"""Is told of a request, what was sent, how it ended, and after how many seconds."""


class Requester:
    """Makes requests under one network policy, reusing connections."""

    def __init__(
        self,
        defaults: FetchOptions,
        policy: NetworkPolicy,
        clock: Callable[[], float] = time.time,
        trace: Trace | None = None,
    ) -> None:
        """``trace`` is told of every request, redirected ones too, and how it ended."""
        self._defaults = defaults
        self._clock = clock
        self._trace = trace or _untold
        self._sessions = CheckedSessions(policy, defaults.connect_timeout, self._open_session)

    async def send(self, request: Request) -> Answer:
        """Return the 2xx or 304 answer; raise :exc:`RequestRefused` saying at which step it ended."""
        url, options = split_options(request.url, self._defaults)
        first = read_url(url)
        try:
            async with asyncio.timeout(options.total_timeout):
                return await self._with_retries(request, first, options)
        except TimeoutError:
            reason = f"no whole answer within {options.total_timeout:g} s"
            raise RequestRefused(Cause.READ, reason, shown(url)) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._sessions.close()

    async def _with_retries(self, request: Request, url: URL, options: FetchOptions) -> Answer:
        left = options.retries
        while True:
            try:
                return await self._follow(request, url, options)
            except RequestRefused as refused:
                if left == 0 or not options.retries_after(refused.cause, refused.status):
                    raise
                left -= 1

    async def _follow(self, request: Request, url: URL, options: FetchOptions) -> Answer:
        credentials = basic_credentials(url)
        moved_to = ""
        for _ in range(MOST_REDIRECTS + 1):
            wire = on_wire(request, url, self._clock(), credentials)
            hop = await self._hop(request, wire, options)
            if isinstance(hop, Answer):
                return replace(hop, moved_to=moved_to)
            request = redirected(request, hop.status)
            target = read_url(hop.url)
            if target.origin() != wire.url.origin():
                # Credentials were meant for the host they were written for.
                credentials = None
            elif target.user is None:
                target = target.with_user(url.user).with_password(url.password)
            credentials = basic_credentials(target)
            url, moved_to = target, without_parameters(target, request.parameters)
        reason = f"redirected more than {MOST_REDIRECTS} times"
        raise RequestRefused(Cause.ANSWER, reason, shown(request.url))

    async def _hop(self, request: Request, wire: Wire, options: FetchOptions) -> Answer | _Redirect:
        """Return the answer, or where a redirect leads to."""
        begun, outcome = time.perf_counter(), _GIVEN_UP
        followed = spans.recorder().exchange(request, wire)
        try:
            hop = await self._exchange_or_refuse(request, wire, options)
            if isinstance(hop, Answer):
                outcome = Ended(answer=hop)
                return hop
            outcome = Ended(status=hop.status, moved=hop.url)
            return hop
        except RequestRefused as refused:
            outcome = Ended(problem=refused.reason, status=refused.status, refused=refused)
            raise
        finally:
            followed.ended(outcome)
            self._trace(request, wire, outcome, time.perf_counter() - begun)

    async def _exchange_or_refuse(
        self, request: Request, wire: Wire, options: FetchOptions
    ) -> Answer | _Redirect:
        try:
            return await self._exchange(request, wire, options)
        except aiohttp.ClientError as error:
            raise _refusal(error, wire.url) from error
        except Forbidden as error:
            raise RequestRefused(Cause.URL, str(error), shown(wire.url)) from None
        except (zlib.error, ValueError) as error:
            reason = f"the answer cannot be read: {error}"
            raise RequestRefused(Cause.ANSWER, reason, shown(wire.url)) from error

    async def _exchange(self, request: Request, wire: Wire, options: FetchOptions) -> Answer | _Redirect:
        session = self._sessions.to(wire.url)
        opened = _Opened()
        _OPENED.set(opened)
        try:
            response = await self._begin(session, wire, options)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The server had closed this idle connection before it could see the request (RFC 9112 9.3.1).
            if opened.sockets:
                raise
            response = await self._begin(session, wire, options)
        async with response:
            await a_turn()  # answers to many come in one reading of the sockets
            if request.cookies is not None and "Set-Cookie" in response.headers:
                request.cookies.receive(wire.url, response.cookies)
            if response.status in REDIRECTS and "Location" in response.headers:
                return _Redirect(response.status, str(wire.url.join(parse_url(response.headers["Location"]))))
            if not (200 <= response.status < 300 or response.status == 304):
                raise await _wrong_status(response)
            return Answer(
                response.status,
                response.headers.get("Content-Type"),
                await _body(response, request),
                wire.address,
                response.headers,
            )

    async def _begin(
        self, session: aiohttp.ClientSession, wire: Wire, options: FetchOptions
    ) -> aiohttp.ClientResponse:
        return await session.request(
            wire.method,
            wire.url,
            data=wire.body,
            headers=wire.headers,
            allow_redirects=False,
            timeout=_limits(options.connect_timeout, options.read_timeout),
        )

    def _open_session(self, resolver: CheckedResolver) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            limit=MOST_CONNECTIONS,
            limit_per_host=MOST_CONNECTIONS_PER_HOST,
            keepalive_timeout=KEEPALIVE,
            socket_factory=_open_socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            # We decompress ourselves: what comes out must be bounded piece by piece.
            auto_decompress=False,
            headers={"Accept-Encoding": "gzip, deflate", "User-Agent": USER_AGENT},
        )


@lru_cache(64)
def _limits(connect: float, read: float) -> aiohttp.ClientTimeout:
    """Return the limits of one exchange; the time for all of them together is the requester's own."""
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


def _untold(_request: Request, _wire: Wire, _ended: Ended, _seconds: float) -> None:
    return


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    url: str


@dataclass(slots=True)
class _Opened:
    """What was opened for one request; one for which there was nothing went over a connection used before."""

    sockets: int = 0


_OPENED: ContextVar[_Opened] = ContextVar("opened")
"""For the request that is being made: aiohttp opens sockets within it, and does not say for which it does."""


def _open_socket(address: tuple[Any, ...]) -> socket.socket:
    _OPENED.get().sockets += 1
    family, kind, protocol, *_ = address
    return socket.socket(family, kind, protocol)


async def _body(response: aiohttp.ClientResponse, request: Request) -> bytes:
    largest = request.largest
    if not request.wants_body:
        # Read as far as keeps the connection usable; a long or slow answer costs the connection only.
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(_UNWANTED_WITHIN):
                await response.content.read(_PIECE)
        return b""
    if (response.content_length or 0) > largest:
        raise _too_large(response, largest)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", *_ENCODINGS):
        reason = f"Content-Encoding {encoding[:40]!r} was not asked for"
        raise RequestRefused(Cause.ANSWER, reason, shown(response.url))
    inflate = zlib.decompressobj(_ENCODINGS[encoding]) if encoding in _ENCODINGS else None
    body = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        # One byte over the limit is asked for, so that a body just as large still passes.
        body += piece if inflate is None else inflate.decompress(piece, largest + 1 - len(body))
        if len(body) > largest:
            raise _too_large(response, largest)
    if inflate is not None and body and not inflate.eof:
        raise zlib.error("the compressed body ends too early")
    return bytes(body)


def _too_large(response: aiohttp.ClientResponse, largest: int) -> RequestRefused:
    reason = f"the answer is larger than {largest} bytes: make it smaller"
    return RequestRefused(Cause.SIZE, reason, shown(response.url))


async def _wrong_status(response: aiohttp.ClientResponse) -> RequestRefused:
    reason = f"answered {response.status} {(response.reason or '')[:80]}".rstrip()
    try:
        start = await response.content.read(SHOWN_BODY)
    except aiohttp.ClientError:
        start = b""
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())[:SHOWN_BODY]
    return RequestRefused(
        Cause.STATUS, reason, shown(response.url), status=response.status, headers=headers, body=start
    )


def _refusal(error: aiohttp.ClientError, url: URL) -> RequestRefused:
    where = shown(url)
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, Forbidden):
            return RequestRefused(Cause.URL, str(error.os_error), where)
        return RequestRefused(Cause.CONNECT, f"no connection: {error.os_error}", where)
    if isinstance(error, aiohttp.ClientSSLError):
        return RequestRefused(Cause.CONNECT, f"TLS failed: {error}", where)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestRefused(Cause.CONNECT, "no connection in time", where)
    if isinstance(error, aiohttp.SocketTimeoutError):
        return RequestRefused(Cause.READ, "connected, but no answer in time", where)
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return RequestRefused(Cause.ANSWER, f"the answer is not HTTP: {error.__class__.__name__}", where)
    if isinstance(error, aiohttp.InvalidURL):
        return RequestRefused(Cause.URL, "the URL is malformed", where)
    return RequestRefused(Cause.READ, f"the connection broke: {error.__class__.__name__}", where)
