"""Many callers on one socket, without sound: they call, acknowledge, and take the server's BYE."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Self, cast

from tests.testkit.sip_text import Offer
from tests.testkit.waiting import eventually


class Crowd(asyncio.DatagramProtocol):
    """Callers of one number. ``final`` has the final status of each, ``ended`` who has left or got a BYE."""

    def __init__(self, user: str) -> None:
        self.final: dict[int, int] = {}
        self.retry_after: set[str] = set()
        self.ended: set[int] = set()
        self._user = user
        self._asked = 0
        self._dialogs: dict[int, dict[str, str]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, target: tuple[str, int], user: str) -> Self:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: cls(user), local_addr=("127.0.0.1", 0), remote_addr=target
        )
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        line, *fields = data.decode().partition("\r\n\r\n")[0].split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields if ": " in field)
        number = int(headers["Call-ID"].rpartition("-")[2])
        if line.startswith("BYE"):
            self.ended.add(number)
            kept = "".join(
                f"{name}: {headers[name]}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq")
            )
            self._send(f"SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n")
        elif line.startswith("SIP/2.0") and "INVITE" in headers["CSeq"]:
            self._answered(number, int(line.split(" ")[1]), headers)

    def error_received(self, error: Exception) -> None:
        """A server that is gone is for the test to notice."""

    async def call(self, count: int, within: float = 10.0) -> Counter[int]:
        """Let so many more callers call, and return how all were answered."""
        body = str(Offer(40_000))
        for _ in range(count):
            self._asked += 1
            self._send(
                self._request("INVITE", self._asked, f"<sip:{self._user}@127.0.0.1>", self._asked)
                + f"Contact: <sip:crowd@127.0.0.1:{self._port}>\r\nContent-Type: application/sdp\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            )
            await asyncio.sleep(0)
        await eventually(lambda: len(self.final) == self._asked, within, "all are answered")
        return Counter(self.final.values())

    def hang_up(self, count: int) -> None:
        """Let so many of those who were answered leave."""
        there = [
            number for number, status in self.final.items() if status == 200 and number not in self.ended
        ]
        for number in there[:count]:
            self.ended.add(number)
            to = self._dialogs[number]["To"]
            self._send(self._request("BYE", number, to, f"bye{number}", 2) + "Content-Length: 0\r\n\r\n")

    @property
    def talking(self) -> int:
        """How many were answered and have not left."""
        return sum(status == 200 for status in self.final.values()) - len(self.ended)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def _answered(self, number: int, status: int, headers: dict[str, str]) -> None:
        if status < 200:
            return
        self.final[number] = status
        self._dialogs[number] = headers
        if status == 503:
            self.retry_after.add(headers.get("Retry-After", ""))
        branch = f"ack{number}" if status < 300 else str(number)
        self._send(self._request("ACK", number, headers["To"], branch) + "Content-Length: 0\r\n\r\n")

    @property
    def _port(self) -> int:
        assert self._transport
        return int(self._transport.get_extra_info("sockname")[1])

    def _request(self, method: str, number: int, to: str, branch: object, cseq: int = 1) -> str:
        return (
            f"{method} sip:{self._user}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK-{branch}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:crowd@127.0.0.1>;tag={number}\r\nTo: {to}\r\nCall-ID: crowd-{number}\r\n"
            f"CSeq: {cseq} {method}\r\n"
        )

    def _send(self, message: str) -> None:
        assert self._transport
        self._transport.sendto(message.encode())
