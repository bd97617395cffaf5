"""Octets for a SIP port, well-formed or not, and whatever comes back."""

import asyncio
from typing import Self, cast

from tests.testkit.sip_text import SipMessage
from tests.testkit.waiting import eventually

T1 = 0.5
"""Seconds until a request without an answer is repeated for the first time."""


class RawUdp(asyncio.DatagramProtocol):
    """A UDP socket that sends what it is given. Use :meth:`open` and :meth:`close`."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.answered_at = 0.0
        """When the last of them came, by the clock of the loop."""
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, target: tuple[str, int], host: str = "127.0.0.1") -> Self:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(cls, local_addr=(host, 0), remote_addr=target)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        self.answers.append(data)
        self.answered_at = asyncio.get_running_loop().time()

    def error_received(self, error: Exception) -> None:
        """A closed port is for the test to notice by the missing answer."""

    @property
    def port(self) -> int:
        assert self._transport
        return int(self._transport.get_extra_info("sockname")[1])

    def send(self, datagram: bytes) -> None:
        assert self._transport
        self._transport.sendto(datagram)

    async def ask(self, datagram: bytes, within: float = 2.0) -> SipMessage:
        """Send a request and return the final response to it, by its Call-ID.

        It is repeated as RFC 3261 section 17.1.2.2 has it: a datagram may be lost on a busy machine.
        """
        clock = asyncio.get_running_loop().time
        call_id = SipMessage.parse(datagram.decode("utf-8", "replace")).header("Call-ID")
        due, pause = clock(), T1

        def final() -> SipMessage | None:
            nonlocal due, pause
            if clock() >= due:
                self.send(datagram)
                due, pause = clock() + pause, 2 * pause
            parsed = (SipMessage.parse(answer.decode("utf-8", "replace")) for answer in self.answers)
            return next(
                (each for each in parsed if each.header("Call-ID") == call_id and each.status >= 200), None
            )

        answer = await eventually(
            final, within, f"an answer to {datagram[:60]!r}", context=lambda: str(self.answers)
        )
        assert answer
        return answer

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def options(call_id: str, port: int, *, extra: str = "", via: str = "") -> bytes:
    """Return a plain OPTIONS request; `extra` are further header lines, each with its line end."""
    via = via or f"SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{call_id}"
    return (
        f"OPTIONS sip:1111@127.0.0.1 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:1111@127.0.0.1>\r\nCall-ID: {call_id}\r\n"
        f"CSeq: 1 OPTIONS\r\n{extra}Content-Length: 0\r\n\r\n"
    ).encode()
