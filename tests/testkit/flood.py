"""A source that sends requests at a rate, counts what it is answered, and acknowledges refusals."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Self, cast

_BATCH = 0.01
"""Seconds between two batches: a flood need not be even."""


class Flood(asyncio.DatagramProtocol):
    """Requests of one method, each with a Call-ID and a branch of its own. Use :meth:`open`."""

    def __init__(self, method: str, user: str) -> None:
        self._answers: dict[str, int] = {}
        self._method = method
        self._user = user
        self._numbers = itertools.count(1)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, target: tuple[str, int], method: str, user: str, host: str) -> Self:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: cls(method, user), local_addr=(host, 0), remote_addr=target
        )
        return protocol

    @property
    def statuses(self) -> Counter[int]:
        """How many requests were answered how; a repeated answer is one."""
        return Counter(self._answers.values())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def error_received(self, error: Exception) -> None:
        """A full buffer on the way is a part of a flood."""

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        line, *fields = data.decode("utf-8", "replace").split("\r\n")
        status = int(line.split(" ")[1])
        headers = dict(field.split(": ", 1) for field in fields if ": " in field)
        if status >= 200:
            self._answers[headers["Call-ID"]] = status
        if status >= 300 and headers.get("CSeq") == "1 INVITE":
            self._acknowledge(headers)

    async def pour(self, rate: int, seconds: float) -> int:
        """Send ``rate`` requests a second, those that are late together, and return how many that were.

        Late or not, none is left out: on a busy machine the flood is less even and not less.
        """
        assert self._transport
        loop = asyncio.get_running_loop()
        begun = loop.time()
        sent = 0
        ended = False
        while not ended:
            passed = loop.time() - begun
            ended = passed >= seconds
            for _ in range(int(rate * min(passed, seconds)) - sent):
                self._transport.sendto(self._request())
                sent += 1
            await asyncio.sleep(_BATCH)
        return sent

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def _request(self) -> bytes:
        assert self._transport
        host, port = self._transport.get_extra_info("sockname")
        number, method, user = next(self._numbers), self._method, self._user
        return (
            f"{method} sip:{user}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{method}-{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=flood{number}\r\nTo: <sip:{user}@127.0.0.1>\r\n"
            f"Call-ID: flood-{method}-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:{user}@{host}:{port}>\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode()

    def _acknowledge(self, headers: dict[str, str]) -> None:
        assert self._transport
        kept = "".join(f"{name}: {headers[name]}\r\n" for name in ("Via", "From", "To", "Call-ID"))
        ack = f"ACK sip:{self._user}@127.0.0.1 SIP/2.0\r\n{kept}CSeq: 1 ACK\r\nMax-Forwards: 70\r\n"
        self._transport.sendto(f"{ack}Content-Length: 0\r\n\r\n".encode())
