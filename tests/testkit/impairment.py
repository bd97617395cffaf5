"""A network that delays, jitters, loses, reorders and doubles what it carries, from a seed.

:class:`ImpairedPath` is the rule, in virtual time; :class:`ImpairmentRelay` carries datagrams by it between
two sockets of this machine, whose kernel may have no means of its own for that.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Self, cast

Address = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Impairments:
    """What a path does to packets. Durations are seconds, shares lie between 0 and 1."""

    delay: float = 0.0
    jitter: float = 0.0
    """A packet comes up to so much earlier or later than `delay`, evenly spread; never before it was sent."""
    loss: float = 0.0
    burst: float = 1.0
    """How many packets are lost in a row, in the mean."""
    reorder: float = 0.0
    """Share of the packets that are held back by `held_back`."""
    held_back: float = 0.025
    """More than the 20 ms between two packets, so that the next one comes first."""
    duplicate: float = 0.0
    """Share of the packets that come twice, the second time after `held_back`."""


class ImpairedPath:
    """One direction of a network. Two paths of the same seed do the same."""

    def __init__(self, impairments: Impairments, seed: int = 1) -> None:
        self.sent = self.lost = 0
        self._rules = impairments
        self._random = random.Random(seed)
        self._losing = False

    def arrivals(self, now: float) -> list[float]:
        """Return when the copies of a packet that is sent at `now` come; none when it is lost."""
        self.sent += 1
        if self._loses():
            self.lost += 1
            return []
        rules = self._rules
        spread = self._random.uniform(-rules.jitter, rules.jitter)
        at = now + max(rules.delay + spread, 0.0)
        if self._happens(rules.reorder):
            at += rules.held_back
        return [at, at + rules.held_back] if self._happens(rules.duplicate) else [at]

    def _loses(self) -> bool:
        """Step a chain of two states (E. N. Gilbert, 1960), in one of which every packet is lost."""
        loss, burst = self._rules.loss, self._rules.burst
        if loss >= 1:
            return True
        if self._losing:
            self._losing = not self._happens(1 / burst)
        else:
            self._losing = loss > 0 and self._happens(loss / (burst * (1 - loss)))
        return self._losing

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share


class ImpairmentRelay(asyncio.DatagramProtocol):
    """Carries datagrams between `target` and whoever sent to the relay last. Use as `async with`.

    Both directions have the same impairments, and chances of their own. `target` may be set later.
    """

    def __init__(self, target: Address | None, impairments: Impairments, seed: int = 1) -> None:
        self.target = target
        self.there = ImpairedPath(impairments, seed)
        self.back = ImpairedPath(impairments, seed + 1)
        self._sender: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._flying: set[asyncio.TimerHandle] = set()
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        await self._loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for flight in self._flying:
            flight.cancel()
        if self._transport:
            self._transport.close()

    @property
    def address(self) -> Address:
        """Where to send what is to reach the target."""
        assert self._transport
        host, port = self._transport.get_extra_info("sockname")
        return host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: Address) -> None:
        if source == self.target:
            if self._sender is not None:
                self._carry(self.back, data, self._sender)
            return
        self._sender = source
        if self.target is not None:
            self._carry(self.there, data, self.target)

    def error_received(self, error: Exception) -> None:
        """A port of either side that is closed already loses packets, as a network would."""

    def _carry(self, path: ImpairedPath, data: bytes, to: Address) -> None:
        for at in path.arrivals(self._loop.time()):
            flight = self._loop.call_at(at, self._deliver, data, to)
            self._flying = {each for each in self._flying if each.when() > self._loop.time()} | {flight}

    def _deliver(self, data: bytes, to: Address) -> None:
        assert self._transport
        self._transport.sendto(data, to)
