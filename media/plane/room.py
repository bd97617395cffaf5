"""Legs that hear one another: the sum of all the others, and never themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.leg import Leg
from media.plane.leg_statistics import level_of
from media.plane.legs import Octets
from media.plane.lending import Lent
from media.plane.media_thread import Event, MediaThread
from media.plane.sound_ring import SoundReader

if TYPE_CHECKING:
    from media.prompts import Prompt


class Room:
    """A mix of any number of legs; made by :meth:`MediaPlane.room`, lasts until it is closed.

    All methods are called on the event loop and take effect within a tick. A leg is in one room
    or bridge at a time. A leg that joins is moved to the room's place in the tick, and to its
    media thread if it is on another one: its own sound then comes up to 15 ms later from there
    on, once; the other members notice nothing. A leg that is closed leaves by itself.

    What a member's ``leg.play`` or ``leg.source`` says is heard by that member alone, *mixed over* what it
    hears of the room, so that an announcement to one makes nobody miss a word.
    """

    def __init__(
        self, thread: MediaThread, phase: int, on_released: Callable[[Room], None], is_bridge: bool = False
    ) -> None:
        """Claim a row of ``thread``; as a bridge, a leg's own sounds replace what it hears of the other."""
        self.is_bridge = is_bridge
        self.thread = thread
        self.row = thread.claim_room(phase)
        self._on_released = on_released
        self._on_speech: Callable[[Leg, bool], None] | None = None
        self._on_leader: Callable[[Leg], None] | None = None
        self._members: dict[Leg, None] = {}
        self._lent = Lent("room", self._post)
        self._prompts = asyncio.Semaphore(c.PLAYERS)
        self._closing = False
        self._released = asyncio.Event()
        thread.listen(self.row, self)
        self._post(c.OPEN, int(is_bridge))

    @property
    def members(self) -> tuple[Leg, ...]:
        """The legs in the room, in the order in which they joined."""
        return tuple(self._members)

    @property
    def wideband(self) -> bool:
        """Whether anybody in it hears wideband."""
        return any(leg.wideband for leg in self._members)

    @property
    def closed(self) -> bool:
        return self._closing

    @property
    def sounds_held(self) -> int:
        """Prompts and sound rings that the tick may still read or write."""
        return len(self._lent)

    def __repr__(self) -> str:
        state = "closed" if self._closing else f"{len(self._members)} members"
        return f"<{'Bridge' if self.is_bridge else 'Room'} {self.row['row'] - c.ROOM_BASE} {state}>"

    def join(self, leg: Leg, *, muted: bool = False, held: bool = False, coached: Leg | None = None) -> None:
        """Let ``leg`` hear the room and be heard; it leaves the room or bridge it was in.

        ``muted``, ``held`` and ``coached`` are as in the methods of those names, from the first
        sample on. Joining again changes nothing but these.
        """
        self._check_open()
        if coached is not None:
            self._check_pupil(leg, coached)
        if leg not in self._members:
            apart = muted * c.MEMBER_MUTED | held * c.MEMBER_HELD | (coached is not None) * c.MEMBER_COACHING
            leg.enter(self, apart)
            self._members[leg] = None
        else:
            self.mute(leg, muted)
            self.hold(leg, held)
        if coached is not None:
            self.coach(leg, coached)

    def leave(self, leg: Leg) -> None:
        """Take ``leg`` out; it hears its own sounds only. Nothing happens when it is no member."""
        if leg not in self._members:
            return
        del self._members[leg]
        leg.left_room()
        self._post_of(leg, c.LEAVE)
        if self.is_bridge:
            self.close()

    def mute(self, leg: Leg, muted: bool) -> None:
        """Let ``leg`` only hear, or be heard again."""
        self._set(leg, c.MEMBER_MUTED, muted)

    def hold(self, leg: Leg, held: bool) -> None:
        """Neither let ``leg`` hear the room nor the room hear it; its own ``leg.play`` is what it hears."""
        self._set(leg, c.MEMBER_HELD, held)

    def coach(self, leg: Leg, coached: Leg | None) -> None:
        """Let only ``coached`` hear ``leg``, who goes on hearing everybody; None ends that.

        When ``coached`` leaves, ``leg`` is heard by nobody until it coaches another or None.
        """
        self._check_member(leg)
        if coached is None:
            self._post_of(leg, c.COACH, -1, 0)
            return
        self._check_pupil(leg, coached)

        def when_both_are_here() -> None:
            coached.when_settled(
                lambda: self._post_of(leg, c.COACH, int(coached.row["row"]), int(coached.row["generation"]))
            )

        leg.when_settled(when_both_are_here)

    async def play(self, prompt: Prompt, loops: int = 1) -> None:
        """Play ``prompt`` to everybody ``loops`` times (0: until cancelled) and return when it was sent.

        Up to four sounds at a time are mixed with one another and the members; a further one waits
        until one of them has ended. Cancelling stops it within one tick. Time passes in an empty
        room too. Held members hear nothing of it. Raises :class:`SoundInterrupted` when the room is closed.
        """
        self._check_open()
        async with self._prompts:
            self._check_open()
            await self._lent.play(prompt, loops)

    def tap(self) -> SoundReader:
        """Copy the whole mix, 160 samples every 20 ms: all members who are heard, and the room's prompts.

        What a coach says and what is played to one leg is not part of it. At most eight taps at a
        time; raises :class:`MediaMisuse` beyond.
        """
        self._check_open()
        return self._lent.tap(c.TAP_IN)

    def levels(self) -> dict[Leg, float]:
        """Return how loud each member speaks: dBFS RMS over about the last 160 ms.

        ``SILENCE_DBFS`` is the least, and what members have whom the room does not hear.
        """
        return {leg: level_of(leg.row) for leg in self._members}

    @property
    def leader(self) -> Leg | None:
        """Who speaks before all others, or did last; None when that one has left, or nobody has spoken."""
        speaker = int(self.row["speaker"])
        return next((leg for leg in self._members if leg.row["row"] == speaker), None)

    def watch(self, on_speech: Callable[[Leg, bool], None], on_leader: Callable[[Leg], None]) -> None:
        """Have told, on the event loop, when a member begins and stops to speak, and who leads.

        A second of quiet ends speech. Who leads is told when it changes; that nobody speaks changes nothing.
        """
        self._check_open()
        self._on_speech, self._on_leader = on_speech, on_leader
        self._post(c.WATCH, 1)

    def shape(self, leg: Leg, *, steady: bool, gate: bool) -> None:
        """Have the room hear ``leg`` at a ``steady`` loudness, and through a ``gate`` that shuts out noise.

        What is tapped of the leg itself is led so too.
        """
        self._check_member(leg)
        self._post_of(leg, c.SHAPE, steady * c.SHAPE_GAIN | gate * c.SHAPE_GATE)

    def close(self) -> None:
        """End the room: every member leaves and its sounds stop; closing twice is nothing."""
        if self._closing:
            return
        for leg in self._members:
            leg.left_room()
        self._members.clear()
        self._closing = True
        self._post(c.CLOSE)

    async def wait_closed(self) -> None:
        """Return when the tick has let go of the room."""
        await self._released.wait()

    def receive_event(self, event: Event) -> None:
        """Take in what the tick tells of this room; its thread calls it."""
        match event.kind:
            case c.FINISHED:
                self._lent.returned(event.value)
            case c.FREED:
                self._lent.returned(event.value, interrupted=True)
            case c.TAPPED:
                self._lent.tapped(event.value)
            case c.SPEAKS | c.LEADS:
                self._tell_speech(event)
            case c.RELEASED:
                self._release()

    def _tell_speech(self, event: Event) -> None:
        name = event.value >> 1 if event.kind == c.SPEAKS else event.value
        row, generation = name & (c.ROOM_BASE - 1), name >> c.ROW_BITS
        for leg in self._members:
            if leg.row["row"] == row and leg.row["generation"] == generation:
                self._tell_of(leg, event)
                return

    def _tell_of(self, leg: Leg, event: Event) -> None:
        # By way of the loop, so that a callback that raises stops nothing else.
        loop = asyncio.get_running_loop()
        if event.kind == c.SPEAKS and self._on_speech is not None:
            loop.call_soon(self._on_speech, leg, bool(event.value & 1))
        elif event.kind == c.LEADS and self._on_leader is not None:
            loop.call_soon(self._on_leader, leg)

    def receive_packet(self, content: bytes, sender: Octets) -> None:
        """A room has no port, so that no packet is ever for it."""

    def abandon(self) -> None:
        """Give everything back after the media threads have ended; the plane calls it."""
        self.close()
        if not self._released.is_set():
            self._release()

    def _set(self, leg: Leg, flag: int, on: bool) -> None:
        self._check_member(leg)
        self._post_of(leg, c.SET_MEMBER, flag, int(on))

    def _post(self, kind: int, *arguments: int) -> None:
        self.thread.post(kind, int(self.row["row"]), int(self.row["generation"]), *arguments)

    def _post_of(self, leg: Leg, kind: int, *arguments: int) -> None:
        """Post a command about a member: it says nothing to the tick once the leg is elsewhere."""
        leg.post(kind, int(self.row["row"]), int(self.row["generation"]), *arguments)

    def _check_open(self) -> None:
        if self._closing:
            raise MediaMisuse(f"{self!r} can do nothing any more")

    def _check_member(self, leg: Leg) -> None:
        self._check_open()
        if leg not in self._members:
            raise MediaMisuse(f"{leg!r} is not in {self!r}; let it join first")

    def _check_pupil(self, leg: Leg, coached: Leg) -> None:
        if coached is leg:
            raise MediaMisuse(f"{leg!r} cannot coach itself; name another member")
        self._check_member(coached)

    def _release(self) -> None:
        self._lent.all_returned()
        self.thread.free_room(self.row)
        self._released.set()
        self._on_released(self)
