"""A WebSocket client that writes octets: frames as RFC 6455 has them, and as it forbids them."""

from __future__ import annotations

import asyncio
import base64
import secrets
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Self

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(
    kind: int,
    content: bytes = b"",
    *,
    final: bool = True,
    masked: bool = True,
    reserved: int = 0,
    length: int | None = None,
) -> bytes:
    """Return one frame; ``length`` is what it says of itself, ``reserved`` its three bits."""
    said = len(content) if length is None else length
    first, mask = kind | (0x80 if final else 0) | reserved << 4, 0x80 if masked else 0
    if said < 126:
        head = struct.pack("!BB", first, mask | said)
    elif said < 65_536:
        head = struct.pack("!BBH", first, mask | 126, said)
    else:
        head = struct.pack("!BBQ", first, mask | 127, said)
    if not masked:
        return head + content
    key = secrets.token_bytes(4)
    repeated = key * (len(content) // 4 + 1)
    whole = int.from_bytes(content) ^ int.from_bytes(repeated[: len(content)])
    return head + key + whole.to_bytes(len(content))


class OctetSocket:
    """One connection. Use as ``async with await OctetSocket.open(...)``, and write frames to ``writer``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.handshake = ""
        """The head of the server's answer."""
        self._reader = reader

    @classmethod
    async def open(cls, host: str, port: int, headers: Mapping[str, str] | None = None) -> Self:
        """Connect and become a WebSocket for SIP."""
        made = cls(*await asyncio.open_connection(host, port))
        made.writer.write(upgrade(host, port, headers or {}))
        made.handshake = (await made._reader.readuntil(b"\r\n\r\n")).decode()
        return made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    async def frame(self, within: float = 5.0) -> tuple[int, bytes]:
        """Return kind and content of the next frame of the server."""
        async with asyncio.timeout(within):
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length > 125:
                length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8))
            return first & 0x0F, await self._reader.readexactly(length)

    async def close_code(self, within: float = 5.0) -> int:
        """Return the code of the close frame that comes, whatever comes before it."""
        while True:
            kind, content = await self.frame(within)
            if kind == CLOSE:
                return int.from_bytes(content[:2])

    async def ended(self, within: float = 5.0) -> bytes:
        """Return what comes until the server closes."""
        async with asyncio.timeout(within):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""


def upgrade(host: str, port: int, headers: Mapping[str, str]) -> bytes:
    """Return the request that a connection begins with."""
    head = {
        "Host": f"{host}:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Protocol": "sip",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"GET /sip HTTP/1.1\r\n{lines}\r\n".encode()
