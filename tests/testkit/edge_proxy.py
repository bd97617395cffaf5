"""A proxy between phones and the daemon, as Kamailio stands there: it writes Path, Record-Route and Via.

It keeps nothing but what the messages say. Written apart from `sip/` on purpose, as all that looks at
Dialplane from outside.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Self, cast

Address = tuple[str, int]

_host_port = re.compile(r"sips?:(?:[^@>;]*@)?([0-9.]+)(?::([0-9]+))?")
_numbers = itertools.count(1)


class EdgeProxy(asyncio.DatagramProtocol):
    """Sends requests along their Route, else to the Request-URI; a phone's go to the daemon."""

    def __init__(self, daemon: Address) -> None:
        self.passed: list[tuple[Address, str]] = []
        """Where each message came from, and its first line."""
        self._daemon = daemon
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, daemon: Address) -> Self:
        loop = asyncio.get_running_loop()
        _, proxy = await loop.create_datagram_endpoint(lambda: cls(daemon), local_addr=("127.0.0.1", 0))
        return proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def address(self) -> Address:
        assert self._transport
        host, port = self._transport.get_extra_info("sockname")
        return host, port

    @property
    def uri(self) -> str:
        """What it writes of itself into Path and Record-Route."""
        return f"<sip:127.0.0.1:{self.address[1]};lr>"

    def from_the_daemon(self, method: str) -> list[str]:
        """The request lines of one method that the daemon sent through here."""
        return [line for source, line in self.passed if source == self._daemon and line.startswith(method)]

    def datagram_received(self, data: bytes, source: Address) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        first, *fields = head.split("\r\n")
        self.passed.append((source, first))
        if first.startswith("SIP/2.0"):
            vias = _take(fields, "Via")[1:]
            fields.insert(0, f"Via: {', '.join(vias)}")
            target = _via(vias[0])
        else:
            target = self._next(first, fields, source)
        assert self._transport
        self._transport.sendto("\r\n".join([first, *fields, "", body]).encode(), target)

    def _next(self, first: str, fields: list[str], source: Address) -> Address:
        """Write what a proxy writes into a request, and return where it goes."""
        method, uri, _ = first.split(" ")
        onward = [route for route in _take(fields, "Route") if route != self.uri]
        via = f"SIP/2.0/UDP 127.0.0.1:{self.address[1]};branch=z9hG4bK-edge-{next(_numbers)}"
        # On one line: SIPp repeats the first line alone in an answer that it gives later.
        fields.insert(0, f"Via: {', '.join([via, *_take(fields, 'Via')])}")
        fields[1:1] = [f"Route: {route}" for route in onward]
        if method in ("REGISTER", "INVITE"):
            fields.insert(1, f"{'Path' if method == 'REGISTER' else 'Record-Route'}: {self.uri}")
        if source != self._daemon:
            return self._daemon
        return _place(onward[0] if onward else uri)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _take(fields: list[str], name: str) -> list[str]:
    """Take every value of a header out of the fields, one line or several, and return them."""
    begin = f"{name.lower()}:"
    lines = [line for line in fields if line.lower().startswith(begin)]
    fields[:] = [line for line in fields if line not in lines]
    return [value.strip() for line in lines for value in line[len(begin) :].split(",")]


def _via(line: str) -> Address:
    found = re.search(r"SIP/2\.0/UDP ([0-9.]+)(?::([0-9]+))?", line)
    assert found, line
    return found.group(1), int(found.group(2) or 5060)


def _place(text: str) -> Address:
    found = _host_port.search(text)
    assert found, text
    return found.group(1), int(found.group(2) or 5060)
