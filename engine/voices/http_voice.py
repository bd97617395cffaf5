"""A speech engine behind HTTP: asks, and gives its sound on while it comes in."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator

import aiohttp

from engine.config.speech_section import VoiceEntry
from engine.requests.checked_sessions import USER_AGENT
from engine.requests.http_request import shown
from engine.requests.network_policy import CheckedResolver
from engine.requests.requester import KEEPALIVE
from engine.voices.shapes import SHAPES
from media.errors import SpeechError
from media.sound import Samples
from media.speech.encoded import SoundDecoder, decoder_for
from media.speech.wording import Wording

PIECE = 4096
"""Octets decoded at once: what they take the event loop does not feel."""
MOST_CONNECTIONS = 256
SHOWN_ANSWER = 200
"""Octets of an error answer that the notification tells."""


class HttpVoice:
    """Asks the voice of one ``[[voices]]`` table.

    The operator wrote the URL, so any address may be reached; redirections are not followed, since they
    would hand the token and the text to somebody else. ``largest`` bounds the octets of one answer.
    """

    def __init__(self, entry: VoiceEntry, *, connect_timeout: float, largest: int) -> None:
        self._entry = entry
        self._shape = SHAPES[entry.kind](entry)
        self._connect_timeout = min(connect_timeout, entry.timeout)
        self._largest = largest
        self._session: aiohttp.ClientSession | None = None

    @property
    def identity(self) -> str:
        """The table's name and what else decides how it sounds."""
        entry = self._entry
        settings = (entry.name, entry.kind, entry.url, entry.model, entry.man, entry.woman, *entry.languages)
        return hashlib.sha256("\0".join(settings).encode()).hexdigest()

    async def speak(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        loop = asyncio.get_running_loop()
        begun, heard, left = loop.time(), 0, self._largest
        try:
            async with await self._ask(wording) as response:
                decoder = await self._decoder(response, wording.rate)
                while True:
                    # Half as fast as it is spoken is borne; what is slower is no speech any more.
                    due = begun + self._entry.timeout + 2 * heard / wording.rate
                    async with asyncio.timeout_at(due):
                        octets = await response.content.read(PIECE)
                    samples = decoder.decode(octets) if octets else decoder.finish()
                    heard += len(samples)
                    left -= len(octets)
                    if left < 0:
                        raise SpeechError(f"the sound is larger than {self._largest} octets")
                    yield samples
                    if not octets:
                        return
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SpeechError(_reason(error, self._entry.timeout)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, wording: Wording) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", "Accept": self._shape.accepts(wording.rate)}
        token = self._entry.token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps(self._shape.body(wording)).encode()
        async with asyncio.timeout(self._entry.timeout):
            try:
                return await self._post(body, headers)
            except aiohttp.ServerDisconnectedError:
                # It had closed this idle connection before it could see the request (RFC 9112 9.3.1).
                return await self._post(body, headers)

    async def _post(self, body: bytes, headers: dict[str, str]) -> aiohttp.ClientResponse:
        return await self._opened().post(self._entry.url, data=body, headers=headers, allow_redirects=False)

    async def _decoder(self, response: aiohttp.ClientResponse, rate: int) -> SoundDecoder:
        if response.status != 200:
            start = (await response.content.read(SHOWN_ANSWER)).decode("utf-8", "replace")
            told = f": {' '.join(start.split())}" if start.strip() else ""
            raise SpeechError(f"it answered {response.status} {(response.reason or '')[:80]}{told}")
        return decoder_for(response.headers.get("Content-Type"), self._shape.pcm_rate, rate)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=CheckedResolver(None, self._connect_timeout),
                    limit=MOST_CONNECTIONS,
                    keepalive_timeout=KEEPALIVE,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._connect_timeout, sock_read=self._entry.timeout
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # Not compressed: sound does not get smaller, and nothing can grow out of bounds.
                headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT},
                auto_decompress=False,
            )
        return self._session

    def __repr__(self) -> str:
        return f"<HttpVoice {self._entry.name} {shown(self._entry.url)}>"


def _reason(error: Exception, within: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no sound came within {within:g} s"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "its answer broke off"
    return f"its answer is not HTTP: {error.__class__.__name__}"
