"""What callers do in a soak: each visit is a few seconds of an ordinary application, and checks what it got.

A visit that fails raises; the calls of a visit are hung up when it ends, however it ends.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.soak.telephones import Line, Telephones
from tests.testkit.application import FakeApplication, Reply
from tests.testkit.outside_sound import tone
from tests.testkit.stream_agent import StreamAgent

ROOMS = tuple(f"room{number}" for number in range(12))
NUMBERS = ("menu", "voicemail", "dial", "slow", "music", "agent", "queue", "next", *ROOMS)
"""Users of the server that have an application, whose document lies under the same name."""


@dataclass
class World:
    """What visits act on."""

    phones: Telephones
    application: FakeApplication
    agent: StreamAgent
    rng: random.Random
    free_rooms: list[str] = field(default_factory=lambda: list(ROOMS))

    def serve(self) -> None:
        """Program the application."""

        def answer(path: str, *verbs: str) -> None:
            self.application.answer(path, f"<Response>{''.join(verbs)}</Response>")

        self.application.serve_sound("/tone.wav", tone(600, 2.0))
        self.application.answer("/slow", Reply("<Response><Hangup/></Response>", delay=1.0))
        self.application.answer("/told", Reply("", 204, None))
        answer("/menu", '<Gather numDigits="1" action="/chosen"><Say>Press one</Say></Gather>')
        answer("/chosen", "<Say>Thank you</Say>")
        record = 'maxLength="2" playBeep="false" action="/kept" recordingStatusCallback="/told"'
        answer("/voicemail", f"<Record {record}/>")
        answer("/kept", "<Hangup/>")
        answer("/dial", f'<Dial record="true"><Sip>{self.phones.uri}</Sip></Dial>')
        answer("/music", '<Play loop="0">/tone.wav</Play>')
        answer("/agent", f'<Connect><Stream url="{self.agent.url()}"/></Connect>')
        answer("/queue", '<Enqueue waitUrl="/tone.wav">soak</Enqueue>')
        answer("/next", "<Dial><Queue>soak</Queue></Dial>")
        for room in ROOMS:
            answer(f"/{room}", f'<Dial><Conference statusCallback="/told">{room}</Conference></Dial>')

    def forget(self) -> None:
        """Drop what was kept of visits that are over, so that the tester does not grow either."""
        self.application.requests.clear()
        self.agent.streams[:] = [stream for stream in self.agent.streams if not stream.ended]


@dataclass
class Visitor:
    """Somebody who calls, once or more often at a time."""

    world: World
    lines: list[Line] = field(default_factory=list)

    async def call(self, user: str) -> Line:
        """Call a number; returns when the INVITE has left."""
        line = await self.world.phones.call(user)
        self.lines.append(line)
        return line

    async def reach(self, user: str) -> Line:
        """Call a number and wait for its answer."""
        return await (await self.call(user)).answered()

    async def leave(self) -> None:
        """Hang up whatever is still up."""
        for line in self.lines:
            await self.world.phones.hang_up(line)


@asynccontextmanager
async def visitor(world: World) -> AsyncIterator[Visitor]:
    """Lend a visitor, all of whose calls are over afterwards."""
    lent = Visitor(world)
    try:
        yield lent
    finally:
        await lent.leave()


async def menu(visitor: Visitor) -> None:
    """Press a key and hear what comes of it, until the server hangs up."""
    line = await visitor.reach("menu")
    await asyncio.sleep(visitor.world.rng.uniform(0.1, 1.0))
    await line.voice.press("1")
    await line.ended()


async def voicemail(visitor: Visitor) -> None:
    """Speak until the recording is full."""
    line = await visitor.reach("voicemail")
    line.voice.say_nowait(tone(700, 3.0))
    await line.ended()


async def meet(visitor: Visitor) -> None:
    """Three meet in a room, hear one of them, and leave one after another."""
    rooms = visitor.world.free_rooms
    if not rooms:
        return
    room = rooms.pop()
    lines = [await visitor.reach(room) for _ in range(3)]
    lines[0].voice.say_nowait(tone(700, 2.0))
    for line in lines[1:]:
        await line.voice.hears(700)
    await visitor.leave()
    # Only an empty room is free; one whose visit failed stays taken.
    rooms.append(room)


async def talk_to_callee(visitor: Visitor) -> None:
    """Be put through, with a recording, until the callee hangs up."""
    line = await visitor.reach("dial")
    line.voice.say_nowait(tone(500, 1.0))
    await line.ended()


async def give_up(visitor: Visitor) -> None:
    """Hang up before the application has said anything."""
    await visitor.call("slow")
    await asyncio.sleep(visitor.world.rng.uniform(0.0, 0.5))


async def listen(visitor: Visitor) -> None:
    """Hear music, and leave in the middle."""
    await (await visitor.reach("music")).voice.hears(600)


async def talk_to_agent(visitor: Visitor) -> None:
    """Talk to an application that echoes, over a stream."""
    line = await visitor.reach("agent")
    await line.voice.say(tone(800, 1.0))
    await line.voice.hears(800)


async def be_served(visitor: Visitor) -> None:
    """Wait in a queue, and talk to who takes a call out of it."""
    await visitor.reach("queue")
    serving = await visitor.reach("next")
    await serving.voice.say(tone(900, 1.0))


VISITS: tuple[Callable[[Visitor], Awaitable[None]], ...] = (
    menu,
    voicemail,
    meet,
    talk_to_callee,
    give_up,
    listen,
    talk_to_agent,
    be_served,
)
