"""Two parties connected: sound, keys, the recording, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from engine.conversations.running_call import RunningCall
from engine.dialling.branch import Branch
from engine.dialling.dial_recording import DialRecording
from engine.dialling.hold import Hold
from engine.dialling.visitor import Visitor
from engine.exchange.talk_meter import TALKED_OUT, talked_out
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.services import Services
from media.errors import MediaError
from rcml.call import CallerGone, Level
from rcml.dialling import DialRequest

Party = Branch | Visitor
"""Who may talk to a caller: a leg that was made for it, or the leg of another call."""
HANG_UP_KEY = "*"


class Talk:
    """Connects a caller and a callee until one leaves, the time is up or the caller presses ``*``."""

    def __init__(
        self,
        caller: RunningCall,
        caller_leg: SipLeg,
        callee: Party,
        request: DialRequest,
        services: Services,
        recording: DialRecording,
    ) -> None:
        self.caller = self._caller = caller
        self._caller_leg = caller_leg
        self.callee = self._callee = callee
        self.request = self._request = request
        self._services = services
        self._recording = recording
        self._holds: tuple[Hold, ...] = ()
        self._cut = asyncio.Event()
        self._relays: set[asyncio.Task[None]] = set()
        self.duration = 0.0
        """Seconds they talked."""
        self.on_connected: Callable[[], None] | None = None
        """Called when they hear each other."""
        self.hand_over: Callable[[Party], None] | None = None
        """Ends it and connects the caller to another party; None where the caller has no other talk."""

    async def run(self) -> None:
        """Return when it is over; raises ``CallerGone`` when the caller left.

        Who hung up while the caller was still being answered has talked for no time at all.
        """
        ours, theirs = self._caller_leg, self._callee.leg
        if self._caller.gone:
            raise CallerGone
        if theirs.gone:
            return
        loop = asyncio.get_running_loop()
        begun = loop.time()
        keys_before = ours.on_digit, theirs.on_digit
        ours.on_digit = self._caller_pressed
        theirs.on_digit = self._callee_pressed
        self._recording.talking(theirs)
        bridge = self._services.plane.bridge(ours.media, theirs.media)
        self._holds = Hold(ours, theirs, self._services), Hold(theirs, ours, self._services)
        for hold in self._holds:
            hold.start()
        ours.talk = theirs.talk = self
        log.get("dial").info("dial.connected", leg_sid=self._callee.row.sid)
        if self.on_connected is not None:
            self.on_connected()
        uncharge = self._charge()
        try:
            await self._caller.while_up(self._wait_over())
        finally:
            self.duration = loop.time() - begun
            if uncharge is not None:
                uncharge()
            for hold in self._holds:
                hold.stop()
            self._holds = ()
            ours.talk = theirs.talk = None
            bridge.close()
            ours.on_digit, theirs.on_digit = keys_before
            for relay in self._relays:
                relay.cancel()

    def _charge(self) -> Callable[[], None] | None:
        """Count the talk among those of the client that pays for it; return what ends that."""
        ours, theirs = self._caller_leg, self._callee.leg
        theirs.payer = payer = ours.payer or theirs.payer
        if not payer or not (ours.trunk or theirs.trunk):
            return None
        meter = self._services.talk_meter
        row = self._callee.row if theirs.trunk else self._caller.row
        # After a restart the record says who paid.
        row.payer = payer
        self._services.store.save(row)

        def used_up() -> None:
            self._caller.notify(TALKED_OUT, Level.ERROR, talked_out(payer, meter.seconds_a_day))
            log.get("dial").warning("client.talked_out", login=payer)
            self.part()

        return meter.begin(payer, used_up)

    @property
    def goes_on(self) -> bool:
        """Whether they are connected now, and the caller is there."""
        return self._caller_leg.talk is self and not self._caller.gone

    def part(self) -> None:
        """End the talk and leave both on the line."""
        self._cut.set()

    async def _wait_over(self) -> None:
        cut = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait(
                (cut, self._callee.leg.ended),
                timeout=self._request.time_limit,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            cut.cancel()

    def _caller_pressed(self, key: str) -> None:
        if key == HANG_UP_KEY and self._request.hangup_on_star:
            self.part()
            return
        self._relay(self._callee.leg, key)

    def _callee_pressed(self, key: str) -> None:
        self._relay(self._caller_leg, key)

    def keys_sent(self, to: SipLeg) -> None:
        """Take note that one side was sent keys, by whomever."""
        for hold in self._holds:
            hold.keys_sent(to)

    def _relay(self, leg: SipLeg, key: str) -> None:
        """Press a key towards the other side, after those already on their way."""
        task = asyncio.get_running_loop().create_task(self._press(leg, key, tuple(self._relays)))
        self._relays.add(task)
        task.add_done_callback(self._relays.discard)

    async def _press(self, leg: SipLeg, key: str, before: tuple[asyncio.Task[None], ...]) -> None:
        if before:
            await asyncio.wait(before)
        try:
            await leg.media.send_digits(key)
            self.keys_sent(leg)
        except MediaError as error:
            log.get("dial").info("digit.not_relayed", key=key, error=str(error))


def talk_of(leg: SipLeg) -> Talk | None:
    """Return the talk that a leg takes part in; None when it is connected to nobody."""
    # Nothing else makes a note of itself there; the leg, which lies below, does not know what a talk is.
    return cast("Talk | None", leg.talk)
