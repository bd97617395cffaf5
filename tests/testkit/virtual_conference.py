"""Conferences in virtual time: callers, a media plane and an application that are values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.conferences import Conference, Conferences
from engine.config import Settings
from engine.stopping import Overtaken, unless
from engine.store import CallRow, ConferenceRow
from media.errors import MediaMisuse
from media.prompts import Prompt
from rcml import parser
from rcml.call import CallerGone, PlaybackFailed
from rcml.dialling import ConferenceRequest, Left
from tests.testkit.leg_statistics import leg_statistics
from tests.testkit.virtual_loop import run_virtual

ACCOUNT = "AC" + "2" * 32
WIDE = ", wideband"

Heard = list[tuple[str, float, float]]
"""Name of a sound, and from when to when it was heard."""


def prompt(name: str, seconds: float) -> Prompt:
    return Prompt(np.zeros(int(8000 * seconds), np.int16), 8000, name, name)


class Player:
    """Plays in virtual time and remembers what was heard."""

    wideband = False

    def __init__(self) -> None:
        self.heard: Heard = []

    async def play(self, sound: Prompt, loops: int = 1) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await asyncio.sleep(sound.duration * loops if loops else 1e9)
        finally:
            self.heard.append((sound.name, round(begun, 3), round(loop.time(), 3)))


class VirtualRoom(Player):
    """A mix that keeps only what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.members: dict[Any, dict[str, Any]] = {}
        self.closed = False
        self.shapes: dict[Any, tuple[bool, bool]] = {}
        """Whether a member's loudness is steady and its noise gated."""
        self.on_speech: Any = None
        self.on_leader: Any = None

    def join(self, leg: Any, *, muted: bool = False) -> None:
        if leg.broken:
            raise MediaMisuse("the leg can do nothing any more")
        self.members[leg] = {"muted": muted, "held": False, "heard only by": None}

    def leave(self, leg: Any) -> None:
        self.members.pop(leg, None)

    def mute(self, leg: Any, muted: bool) -> None:
        self.members[leg]["muted"] = muted

    def hold(self, leg: Any, held: bool) -> None:
        self.members[leg]["held"] = held

    def coach(self, leg: Any, coached: Any) -> None:
        self.members[leg]["heard only by"] = coached

    def watch(self, on_speech: Callable[[Any, bool], None], on_leader: Callable[[Any], None]) -> None:
        self.on_speech, self.on_leader = on_speech, on_leader

    def shape(self, leg: Any, *, steady: bool, gate: bool) -> None:
        self.shapes[leg] = steady, gate

    def close(self) -> None:
        self.closed = True


class VirtualCaller:
    """An answered caller, named by their CallSid."""

    def __init__(self, sid: str, scene: Scene) -> None:
        self.row = CallRow(
            sid=sid, account_sid=ACCOUNT, instance_sid="ID" + "3" * 32, from_=sid, to="1111",
            direction="inbound", status="in-progress",
        )  # fmt: skip
        media = Player()
        media.broken = False  # type: ignore[attr-defined]
        media.statistics = lambda: leg_statistics()  # type: ignore[attr-defined]
        self.leg = SimpleNamespace(media=media, on_digit=None)
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.notified: list[int] = []
        self.stay: Left | None = None
        self._scene = scene

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def gone(self) -> bool:
        return self.left.done()

    @property
    def heard(self) -> Heard:
        """What this caller alone heard."""
        heard: Heard = self.leg.media.heard
        return heard

    @property
    def voice(self) -> dict[str, Any]:
        """What the mix does with them; KeyError when they are in none."""
        return next(room.members[self.leg.media] for room in self._scene.rooms if not room.closed)

    def hang_up(self) -> None:
        self.left.set_result(None)

    def notify(self, code: int, *_: Any, **__: Any) -> None:
        self.notified.append(code)

    async def fetch(self, url: str, method: Any, parameters: Mapping[str, str]) -> Any:
        self._scene.requests.append((asyncio.get_running_loop().time(), self.row.sid, method.value, url))
        await asyncio.sleep(self._scene.fetch_takes)
        body = self._scene.documents[url]
        return parser.parse(f"<Response>{body}</Response>".encode(), "text/xml", url)

    async def while_up(self, work: Any) -> Any:
        try:
            return await unless(self.left, work)
        except Overtaken:
            raise CallerGone from None


class Sounds:
    """Sounds of known lengths; ``broken.wav`` is none. Names those that were asked for in wideband."""

    beep, departure, music = prompt("beep", 0.5), prompt("departure", 0.35), prompt("music", 16.0)

    async def speech(self, speech: Any, *, wide: bool = False) -> Prompt:
        return prompt(speech.text + WIDE * wide, 2.0)

    async def sound(self, sound: Any, *, wide: bool = False) -> Prompt:
        if sound.url.endswith("broken.wav"):
            raise PlaybackFailed("it is no sound file", url=sound.url)
        return prompt(sound.url.rpartition("/")[2] + WIDE * wide, 10.0)


class Scene:
    """A server with nothing but conferences."""

    def __init__(self, documents: Mapping[str, str], **settings: Any) -> None:
        self.documents = documents
        self.conferences = Conferences()
        self.callers: dict[str, VirtualCaller] = {}
        self.rooms: list[VirtualRoom] = []
        self.rows: list[tuple[float, str]] = []
        self.been_in: dict[str, str | None] = {}
        """The conference that the record of each call names."""
        self.events: list[dict[str, str]] = []
        self.requests: list[tuple[float, str, str, str]] = []
        self.fetch_takes = 0.0
        """Seconds until the application answers."""
        self.tasks_left = 0
        """Of those that ran when everybody had left."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.services: Any = SimpleNamespace(
            settings=Settings.embedded(conferences=settings),
            plane=SimpleNamespace(room=self._room),
            store=SimpleNamespace(save=self._save, instance_sid="ID" + "3" * 32),
            sounds=Sounds(),
            outbox=SimpleNamespace(post=lambda url, told, **_: self.events.append(dict(told))),
        )

    @property
    def room(self) -> VirtualRoom:
        """The first mix that was made."""
        return self.rooms[0]

    @property
    def told(self) -> list[str]:
        """The events, as ``name sid``."""
        return [f"{each['StatusCallbackEvent']} {each.get('CallSid', '')}".strip() for each in self.events]

    @property
    def statuses(self) -> list[str]:
        return [status for _, status in self.rows]

    def conference(self, name: str = "room") -> Conference:
        """The live conference of this name."""
        found = self.conferences.named(ACCOUNT, name)
        assert found is not None, f"there is no conference {name!r}"
        return found

    def enter(self, sid: str, *, broken: bool = False, **request: Any) -> VirtualCaller:
        """Let a caller join."""
        caller = self.callers[sid] = VirtualCaller(sid, self)
        caller.leg.media.broken = broken
        asked = ConferenceRequest(**{"room": "room", **request})
        self._tasks[sid] = asyncio.get_running_loop().create_task(self._stay(caller, asked))
        return caller

    def move(self, sid: str) -> None:
        """Take a caller to another document: the task that awaits the conference is cancelled."""
        self._tasks[sid].cancel()

    async def over(self) -> None:
        """Return when nobody stays any more."""
        while any(not task.done() for task in self._tasks.values()):
            await asyncio.wait(self._tasks.values())

    async def _stay(self, caller: VirtualCaller, request: ConferenceRequest) -> None:
        leg: Any = caller.leg
        call: Any = caller
        caller.stay = await self.conferences.stay(call, leg, request, self.services)

    def _room(self) -> VirtualRoom:
        self.rooms.append(VirtualRoom())
        return self.rooms[-1]

    def _save(self, row: ConferenceRow | CallRow) -> None:
        if isinstance(row, ConferenceRow):
            self.rows.append((asyncio.get_running_loop().time(), row.status))
        else:
            self.been_in[row.sid] = row.conference_sid


def conference(
    at: dict[float, Callable[[Scene], Any]], *, documents: Mapping[str, str] | None = None, **settings: Any
) -> Scene:
    """Do something to a scene at each time, wait until everybody has left, and return it."""

    async def main() -> Scene:
        scene = Scene(documents or {}, **settings)
        loop = asyncio.get_running_loop()
        for when, act in at.items():
            loop.call_later(when, act, scene)
        await asyncio.sleep(max(at) + 0.001)
        await scene.over()
        scene.tasks_left = len(asyncio.all_tasks() - {asyncio.current_task()})
        return scene

    work: Coroutine[Any, Any, Scene] = main()
    return run_virtual(work)
