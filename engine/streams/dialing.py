"""Opening the WebSocket to a stream's application: where it may lead, and who says it is us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NoReturn

import aiohttp
from yarl import URL

from engine import ids
from engine.config import Settings
from engine.requests.checked_sessions import USER_AGENT, CheckedSessions
from engine.requests.http_request import basic_credentials, parse_url, shown
from engine.requests.network_policy import CheckedResolver, Forbidden, NetworkPolicy
from engine.requests.signatures import signed_headers
from rcml.errors import INVALID_URI, STREAM_HANDSHAKE, STREAM_TIMEOUT, STREAM_TLS, STREAM_UNREACHABLE

LARGEST_MESSAGE = 1_048_576
"""Octets of one message; a larger one ends the connection (close code 1009)."""
HEARTBEAT = 20.0
"""Seconds between pings; an application that leaves one unanswered for half of that is gone."""
CLOSE_WITHIN = 1.0
"""Seconds that an application gets to say goodbye."""
NORMAL_CLOSURES = frozenset({None, 0, 1000, 1001, 1005})
"""Codes with which a WebSocket ends as intended (RFC 6455 7.4.1); 0 is aiohttp's for none."""

Socket = aiohttp.ClientWebSocketResponse


class StreamRefused(Exception):
    """A WebSocket that could not be opened; ``code`` is the notification's."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class StreamDialer:
    """Opens WebSockets under the ``[webhooks]`` section: its networks and its time limits."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._retired: list[CheckedSessions] = []
        self._adopt(settings)

    def apply(self, settings: Settings) -> None:
        """Use new settings for what is opened from now on."""
        self._retired.append(self._sessions)
        self._adopt(settings)

    async def open(self, url: str, auth_token: str) -> Socket:
        """Return the open WebSocket; raises :exc:`StreamRefused`.

        The upgrade is signed as any request without a body. It may not redirect: the application that
        hears the call is the one that the document names.
        """

        def headers(plain: URL) -> dict[str, str]:
            return signed_headers(auth_token, str(plain), (), b"", ids.new_sid(ids.EVENT), self._clock())

        return await self._opened(url, headers, self._settings.webhooks.timeout)

    async def open_unsigned(self, url: str, headers: dict[str, str], within: float) -> Socket:
        """Return the open WebSocket of a service that the operator names; raises :exc:`StreamRefused`."""
        return await self._opened(url, lambda plain: dict(headers), within)

    async def _opened(self, url: str, headers: Callable[[URL], dict[str, str]], within: float) -> Socket:
        try:
            async with asyncio.timeout(within):
                return await self._open(parse_url(url), headers)
        except Forbidden as error:
            raise StreamRefused(INVALID_URI, str(error)) from None
        except TimeoutError:
            raise StreamRefused(STREAM_TIMEOUT, f"no WebSocket within {within:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            _refuse(error)

    async def close(self) -> None:
        """Close what is still open."""
        for sessions in (*self._retired, self._sessions):
            await sessions.close()

    def _adopt(self, settings: Settings) -> None:
        webhooks = settings.webhooks
        policy = NetworkPolicy(webhooks.allow_networks, settings.trusted_origins)
        self._settings = settings
        self._sessions = CheckedSessions(policy, webhooks.connect_timeout, self._open_session)

    async def _open(self, url: URL, make_headers: Callable[[URL], dict[str, str]]) -> Socket:
        plain = url.with_user(None).with_fragment(None)
        plain = plain if plain.raw_path else plain.with_path("/")
        headers = make_headers(plain)
        credentials = basic_credentials(url)
        if credentials is not None:
            headers["Authorization"] = credentials
        return await self._sessions.to(plain).ws_connect(
            plain,
            headers=headers,
            heartbeat=HEARTBEAT,
            max_msg_size=LARGEST_MESSAGE,
            autoping=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN),
        )

    def _open_session(self, resolver: CheckedResolver) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_redirect.append(_refuse_redirect)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.webhooks.connect_timeout)
        return aiohttp.ClientSession(
            # As many as there are streams: a connection lasts as long as its stream.
            connector=aiohttp.TCPConnector(resolver=resolver, limit=0),
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            timeout=timeout,
            trace_configs=[trace],
        )


async def _refuse_redirect(
    _session: aiohttp.ClientSession, _context: object, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    target = redirect.response.headers.get("Location", "")
    why = f"answered {redirect.response.status} to {shown(target)}: a stream is not redirected, name its URL"
    raise StreamRefused(STREAM_HANDSHAKE, why)


def _refuse(error: Exception) -> NoReturn:
    """Raise what an error of the HTTP client means; raises :exc:`StreamRefused`."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    if isinstance(cause, Forbidden):
        raise StreamRefused(INVALID_URI, str(cause)) from None
    if isinstance(error, aiohttp.WSServerHandshakeError):
        why = f"answered {error.status} instead of opening a WebSocket: {error.message}"
        raise StreamRefused(STREAM_HANDSHAKE, why) from error
    if isinstance(error, aiohttp.ClientSSLError):
        raise StreamRefused(STREAM_TLS, f"TLS failed: {error}") from error
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionRefusedError):
        raise StreamRefused(STREAM_UNREACHABLE, f"no connection: {cause or error}") from error
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        raise StreamRefused(INVALID_URI, "the URL is malformed") from error
    raise StreamRefused(STREAM_HANDSHAKE, f"the answer is no WebSocket's: {error!r}") from error
