"""A telephone, or a carrier, that is there and says nothing."""

import asyncio
from typing import Self

from tests.testkit.sip_text import SipMessage


class SilentPhone(asyncio.DatagramProtocol):
    """Takes requests on a port of 127.0.0.1 and says nothing, until it is told to. Use as `async with`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.invites: list[SipMessage] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        message = SipMessage.parse(data.decode())
        if message.first_line.startswith("INVITE"):
            self.invites.append(message)
            self.source = source

    def refuse(self) -> None:
        """Answer at last, so that nobody has to wait for Timer B."""
        fields = "".join(
            f"{name}: {self.invites[-1].header(name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq")
        )
        to = f"To: {self.invites[-1].header('To')};tag=late\r\n"
        answer = f"SIP/2.0 503 Service Unavailable\r\n{fields}{to}Content-Length: 0\r\n\r\n"
        self._transport.sendto(answer.encode(), self.source)
