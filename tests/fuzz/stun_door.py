"""The place where STUN comes in, without a socket: ICE of a leg, and a peer that knows its password."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from aioice import stun

from media.plane.leg import Leg
from media.webrtc.ice import IceConnection, IceOptions

STRANGER = ("192.0.2.66", 9)


class StunDoor:
    """Takes each datagram twice: from a stranger, and signed as the peer signs who is in the call."""

    def __init__(self) -> None:
        self.answers = 0
        leg = SimpleNamespace(local_port=40_000, send_datagram=self._answered)
        self._ice = IceConnection(cast(Leg, leg), IceOptions("127.0.0.1"), controlling=False)
        self._ice.remote_username, self._ice.remote_password = "peer", "p" * 22
        self._username = f"{self._ice.local_username}:peer"

    def _answered(self, content: bytes, address: Any) -> None:
        self.answers += 1

    def receive(self, data: bytes) -> None:
        """Take one datagram; the plane passes none that begins otherwise."""
        self._ice.receive(data, STRANGER)
        with suppress(Exception):
            message = stun.parse_message(data)
            message.attributes.pop("MESSAGE-INTEGRITY", None)
            message.attributes.pop("FINGERPRINT", None)
            message.attributes["USERNAME"] = self._username
            message.add_message_integrity(self._ice.local_password.encode())
            data = bytes(message)
        self._ice.receive(data, STRANGER)


@cache
def _door() -> tuple[asyncio.AbstractEventLoop, StunDoor]:
    loop = asyncio.new_event_loop()

    async def make() -> StunDoor:
        return StunDoor()

    return loop, loop.run_until_complete(make())


def receive(data: bytes) -> None:
    """Take one datagram in, as the event loop does."""
    loop, door = _door()
    if data and data[0] < 128:
        loop.run_until_complete(_receive(door, data))


async def _receive(door: StunDoor, data: bytes) -> None:
    door.receive(data)
