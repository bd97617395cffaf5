"""A bucket of S3-compatible storage: objects are put, fetched and deleted.

The endpoint is the operator's own choice, so it may lie in a private network; nothing of what applications or
callers say reaches it but as the bytes of an object. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from engine.config.s3_section import S3Section
from engine.errors import EngineError
from engine.s3.signing import EMPTY_HASH, Credentials, quoted_path, signed_headers
from engine.store import utc_now

CONNECT_WITHIN = 10.0
SLOWEST = 65_536
"""Octets a second below which an upload has failed; a slower line would not keep up with ten calls."""
MOST_OF_A_REFUSAL = 4096


class BucketError(EngineError):
    """The storage did not do what it was asked to; the message says what it said."""

    def __init__(
        self, message: str, status: int | None = None, told: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.told = told or {}
        """What the storage said of it: ``Code``, ``Message``, ``Region``."""

    @property
    def needs_operator(self) -> bool:
        """Whether waiting alone does not help: the storage understood, and refused."""
        return self.status is not None and self.status < 500 and self.status not in (408, 429)


@dataclass(frozen=True)
class Bucket:
    """One bucket as ``section`` names it, over the connections of ``session``."""

    section: S3Section
    session: aiohttp.ClientSession

    async def put(self, key: str, path: Path, content_type: str) -> None:
        """Store a file under a key, replacing what is there; the storage verifies each octet."""
        digest, size = await asyncio.to_thread(_digest, path)
        within = self.section.timeout + size / SLOWEST
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        sound = await asyncio.to_thread(path.open, "rb")
        try:
            async with self._asked("PUT", key, headers, digest, data=sound, within=within):
                pass
        finally:
            sound.close()

    async def delete(self, key: str) -> None:
        """Delete an object; that there is none is no error."""
        try:
            async with self._asked("DELETE", key, {}, within=self.section.timeout):
                pass
        except BucketError as error:
            if error.status != 404:
                raise

    @asynccontextmanager
    async def opened(
        self, key: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open an object to be read; ``headers`` may ask for a range."""
        async with self._asked(method, key, dict(headers or {}), within=None) as response:
            yield response

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        key: str,
        headers: dict[str, str],
        payload_hash: str = EMPTY_HASH,
        *,
        within: float | None,
        data: Any = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url, host, path = self._place(key)
        section = self.section
        credentials = Credentials(section.access_key, section.secret_key.get_secret_value(), section.region)
        sent = signed_headers(
            credentials, method, host, path, utc_now(), payload_hash=payload_hash, headers=headers
        )
        limits = aiohttp.ClientTimeout(
            total=within, sock_connect=CONNECT_WITHIN, sock_read=max(section.timeout, within or 0.0)
        )
        try:
            async with self.session.request(
                method, URL(url, encoded=True), headers=sent, data=data, timeout=limits,
                allow_redirects=False, skip_auto_headers=("Content-Type",),
            ) as response:  # fmt: skip
                if response.status not in (200, 204, 206):
                    raise await _refusal(response)
                yield response
        except TimeoutError:
            raise BucketError(f"{section.endpoint} did not answer in time") from None
        except aiohttp.ClientError as error:
            raise BucketError(f"{section.endpoint}: {error or type(error).__name__}") from error

    def _place(self, key: str) -> tuple[str, str, str]:
        """Return URL, host as in the Host header, and path of an object."""
        parts = urlsplit(self.section.endpoint)
        host, path = parts.netloc, f"/{self.section.bucket}/{key}"
        if self.section.addressing == "virtual":
            host, path = f"{self.section.bucket}.{host}", f"/{key}"
        quoted = quoted_path(path)
        # A default port is in no Host header.
        host = host.removesuffix({"http": ":80", "https": ":443"}[parts.scheme])
        return f"{parts.scheme}://{host}{quoted}", host, quoted


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as sound:
        return hashlib.file_digest(sound, "sha256").hexdigest(), path.stat().st_size


async def _refusal(response: aiohttp.ClientResponse) -> BucketError:
    """Return what the storage said: its code and message, which are XML."""
    said = (await response.content.read(MOST_OF_A_REFUSAL)).decode("utf-8", "replace")
    found = dict(re.findall(r"<(Code|Message|Region)>([^<]{1,300})</", said))
    words = " ".join(f"{name} {text};" for name, text in found.items()).rstrip(";")
    answered = f"it answered {response.status} {response.reason or ''}".rstrip()
    return BucketError(f"{answered}: {words}" if words else answered, response.status, found)
