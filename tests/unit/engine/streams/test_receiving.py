import asyncio
from itertools import chain, repeat
from typing import Any, cast

import pytest
from aiohttp import WSMessage, WSMsgType

from engine.pace import AT_ONCE
from engine.streams.dialing import Socket
from engine.streams.receiving import MESSAGES_PER_SECOND, Received
from tests.testkit.virtual_loop import run_virtual

FLOOD = 20_000
TEXT = WSMessage(WSMsgType.TEXT, "", None)
PING = WSMessage(WSMsgType.PING, b"?", None)
PONG = WSMessage(WSMsgType.PONG, b"", None)
END = WSMessage(WSMsgType.CLOSED, None, None)


class FullSocket:
    """A WebSocket with messages that wait: it gives them without suspending whoever asks."""

    def __init__(self, *messages: WSMessage) -> None:
        self.waiting = iter(messages)
        self.given = 0
        self.pongs: list[bytes] = []
        self.broken = False

    async def receive(self) -> WSMessage:
        self.given += 1
        return next(self.waiting)

    async def pong(self, data: bytes) -> None:
        if self.broken:
            raise ConnectionResetError("Cannot write to closing transport")
        self.pongs.append(data)


def received(socket: Any) -> Received:
    return Received(cast(Socket, socket))


def first_of(socket: FullSocket) -> WSMessage:
    async def first() -> WSMessage:
        return await received(socket).next()

    return run_virtual(first())


@pytest.mark.hostile("S10", sent="tiny messages or pings without end from the application of a stream")
@pytest.mark.parametrize("kind", [TEXT, PING], ids=["empty messages", "pings"])
def test_others_have_their_turn_between_the_messages_of_a_flood(kind: WSMessage, record_property):
    async def flood() -> tuple[int, float]:
        socket = FullSocket()
        socket.waiting = chain(repeat(kind, FLOOD), repeat(END))
        most = 0

        async def others() -> None:
            nonlocal most
            while True:
                before = socket.given
                await asyncio.sleep(0.001)
                most = max(most, socket.given - before)

        turns = asyncio.ensure_future(others())
        messages, begun = received(socket), asyncio.get_running_loop().time()
        while (await messages.next()).type is not WSMsgType.CLOSED:
            pass
        turns.cancel()
        return most, asyncio.get_running_loop().time() - begun

    most, lasted = run_virtual(flood())
    assert most <= AT_ONCE
    assert lasted == pytest.approx(FLOOD / MESSAGES_PER_SECOND, rel=0.01)
    record_property("held", f"at most {most} taken in a turn of the loop, {FLOOD / lasted:,.0f} a second")


def test_pings_are_answered_and_pongs_pass_unseen():
    socket = FullSocket(PING, PONG, TEXT)
    assert first_of(socket) is TEXT
    assert socket.pongs == [b"?"]


def test_a_ping_that_cannot_be_answered_any_more_breaks_nothing():
    socket = FullSocket(PING, END)
    socket.broken = True
    assert first_of(socket) is END
