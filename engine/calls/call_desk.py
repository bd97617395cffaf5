"""Makes calls and steers live ones, as the REST API asks."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Sequence

from engine import ids
from engine.calls.call import Call, Plan
from engine.calls.call_order import CallOrder
from engine.calls.call_services import CallServices
from engine.calls.live_calls import LiveCalls, Party
from engine.calls.outgoing_call import OutgoingCall
from engine.calls.placement import Placement
from engine.dialling.branch import Branch
from engine.dialling.reach import Place, Reach
from engine.dialling.talk import talk_of
from engine.dialling.transfer import Transfer
from engine.errors import CallOver, MediaUnavailable, TakesNoCalls, WrongState
from engine.exchange.admission import Admission
from engine.exchange.routing import Application
from engine.legs.sip_leg import SipLeg
from engine.recordings import live_recording
from engine.recordings.kept_recording import KeptRecording
from engine.recordings.running_recordings import RunningRecording
from engine.reporting import log
from engine.store import CallRow, CallStatus
from engine.streams.call_streams import CallStreams
from engine.streams.live_stream import LiveStream
from engine.transcriptions.call_transcriptions import CallTranscriptions
from engine.transcriptions.live import LiveTranscription
from media.plane.errors import SoundInterrupted
from media.plane.leg import Leg
from rcml.call import Callback
from rcml.dialling import TalkRecording
from rcml.streaming import StreamRequest
from rcml.transcribing import TranscriptionRequest

_LIMITS = {
    "draining": "the server is stopping and takes no new calls",
    "max_calls": "the limit of live calls is reached, [limits] max_calls",
    "calls_per_second": "the limit of new calls is reached, [limits] calls_per_second",
    "store": "the store takes no rows",
}

ENDS_WITHIN = 1.0
"""Seconds that an answer waits for a hung up call to be written down."""


class OtherLeg(enum.Enum):
    """What becomes of the party at the other end of a Dial when one leg gets another document."""

    HANGS_UP = "hangs up"
    FOLLOWS = "follows"
    """It runs the same document, as a call of its own."""
    STAYS = "stays"
    """The caller goes on after the Dial; who was dialled has no document to go on with, and hangs up."""


class CallDesk:
    """The one place where calls are made and changed from outside."""

    def __init__(self, calls: LiveCalls, admission: Admission, services: CallServices, reach: Reach) -> None:
        self._calls = calls
        self._admission = admission
        self._services = services
        self._reach = reach
        self._presses: set[asyncio.Task[None]] = set()

    async def place(self, order: CallOrder) -> list[CallRow]:
        """Ring a party and return the call's record, or several when a client has several phones.

        The records are stored by then. Raises :class:`engine.errors.TakesNoCalls`,
        :class:`engine.dialling.reach.Unreachable` and :class:`engine.errors.StoreError`.
        """
        self._admit()
        places = await self._reach.find(order.target, order.caller, self._row(order))
        self._cap(order, places)
        branches = [Branch(order.target, place, self._row(order), self._services) for place in places]
        rows = [branch.row for branch in branches]
        await self._services.store.commit(*rows)
        placement = Placement(order, branches, self._services, self._reach)
        try:
            if not order.delay:
                placement.invite()
        except MediaUnavailable as error:
            raise TakesNoCalls(str(error)) from error
        for row in rows:
            log.get("desk").info("call.placed", call_sid=row.sid, from_=row.from_, to=row.to)
        self._calls.start(placement, [row.sid for row in rows])
        return rows

    def _admit(self) -> None:
        refusal = self._admission.refusal(asyncio.get_running_loop().time())
        if refusal is not None:
            raise TakesNoCalls(_LIMITS[refusal])

    def _cap(self, order: CallOrder, places: Sequence[Place]) -> None:
        """Refuse, and tell the account, when it is at a limit of its own."""
        now, caps = asyncio.get_running_loop().time(), self._services.account_caps
        trunk = any(way.trunk for place in places for way in place.ways)
        if words := caps.refusal(order.account_sid, now, through_trunk=trunk):
            caps.tell(order.account_sid, words, now, self._services.notifications)
            raise TakesNoCalls(words)

    def _row(self, order: CallOrder) -> CallRow:
        store = self._services.store
        return CallRow(
            sid=ids.new_sid(ids.CALL),
            account_sid=order.account_sid,
            instance_sid=store.instance_sid,
            from_=order.caller,
            to=order.to,
            direction="outbound-api",
            status=CallStatus.QUEUED,
            caller_name=order.caller,
            api_version=order.api_version,
        )

    async def end(self, row: CallRow) -> None:
        """End a call in any state; raises :class:`CallOver`."""
        party = self._party(row)
        await self._hang_up(party)
        await self._calls.wait_ended(row.sid, ENDS_WITHIN)

    async def cancel(self, row: CallRow) -> None:
        """End a call that has not been answered; raises :class:`CallOver` and :class:`WrongState`."""
        party = self._party(row)
        if party.is_answered if isinstance(party, Branch) else not party.ringing:
            raise WrongState("The call is answered: it can be completed, not canceled.")
        await self._hang_up(party)
        await self._calls.wait_ended(row.sid, ENDS_WITHIN)

    async def redirect(self, row: CallRow, application: Application, other: OtherLeg) -> None:
        """Let a call run another document; raises :class:`CallOver` and :class:`WrongState`."""
        party = self._party(row)
        if isinstance(party, Call):
            await self._redirect_call(party, application, other)
            return
        placement = self._calls.placement(row.sid)
        if placement is not None:
            placement.application = application
            return
        caller = self._calls.party(row.parent_call_sid or "")
        if not isinstance(caller, Call) or caller.dialling is None or caller.dialling.talking_to is not party:
            raise WrongState("The leg is not connected yet: cancel it, or redirect its caller's call.")
        await self._redirect_callee(caller, party, application, other)

    def tell_status(self, row: CallRow, callback: Callback) -> None:
        """Tell another URL, from now on, how a call fares."""
        self._party(row).tell_status(callback)

    def limit(self, row: CallRow, seconds: float) -> None:
        """Let a call last so long from its answer on; raises :class:`CallOver` and :class:`WrongState`."""
        party = self._party(row)
        placement = self._calls.placement(row.sid)
        if isinstance(party, Call):
            party.time_limit.set(seconds)
        elif placement is not None:
            placement.time_limit = seconds
        else:
            raise WrongState("The leg lasts as long as its Dial: limit the call that dials it.")

    def mute(self, row: CallRow, muted: bool) -> None:
        """Let nobody hear a party, or let them hear it again; as :meth:`press`."""
        self._answered_leg(row).mute(muted)

    def press(self, row: CallRow, digits: str) -> None:
        """Press keys towards a party; raises :class:`CallOver` and :class:`WrongState`."""
        self._answered_leg(row)
        leg = self._party(row).leg
        task = asyncio.get_running_loop().create_task(_press(leg, digits), name=f"digits {row.sid}")
        self._presses.add(task)
        task.add_done_callback(self._presses.discard)

    def record(self, row: CallRow, wanted: TalkRecording) -> KeptRecording:
        """Begin to record what a party says and hears, until it is stopped or the party leaves.

        Raises as :meth:`press`.
        """
        media, party = self._answered_leg(row), self._party(row)
        journal = party.journal if isinstance(party, Call) else party.journal()
        return live_recording.begin(media, journal, self._services, wanted, live_recording.BY_API)

    def start_stream(self, row: CallRow, request: StreamRequest) -> LiveStream | None:
        """Let an application listen to a party; None when a stream of that name runs. As :meth:`press`."""
        self._answered_leg(row)
        return self._party(row).streams.start(request)

    def streams(self, row: CallRow) -> CallStreams:
        """Return the streams of a party; raises :class:`CallOver`."""
        return self._party(row).streams

    def start_transcription(self, row: CallRow, request: TranscriptionRequest) -> LiveTranscription | None:
        """Tell as text what is said; None when it cannot begin. As :meth:`press`."""
        self._answered_leg(row)
        return self._party(row).transcriptions.start(request)

    def transcriptions(self, row: CallRow) -> CallTranscriptions:
        """Return the live transcriptions of a party; raises :class:`CallOver`."""
        return self._party(row).transcriptions

    def recording(self, owner_sid: str, name: str) -> RunningRecording | None:
        """Return a recording of a call or conference that is being made, by sid or as ``Twilio.CURRENT``."""
        return self._services.running.find(owner_sid, name)

    def _answered_leg(self, row: CallRow) -> Leg:
        party = self._party(row)
        leg = party.leg
        if (not party.is_answered if isinstance(party, Branch) else party.ringing) or not leg.has_media:
            raise WrongState("The call is not answered yet.")
        return leg.media

    def _party(self, row: CallRow) -> Party:
        party = self._calls.party(row.sid, row.parent_call_sid)
        if party is None or (isinstance(party, Call) and not party.steerable):
            raise CallOver("Call is already completed.")
        return party

    async def _hang_up(self, party: Party) -> None:
        if isinstance(party, Call):
            await party.hang_up()
        else:
            party.hang_up()

    async def _redirect_call(self, call: Call, application: Application, other: OtherLeg) -> None:
        dialling = call.dialling
        callee = dialling.talking_to if dialling is not None else None
        if dialling is None or callee is None or other is not OtherLeg.FOLLOWS:
            call.redirect(application)
            return
        dialling.let_go(callee)
        call.redirect(application)
        await dialling.wait_parted(end_talk=False)
        self.take_over(callee, application)

    async def _redirect_callee(
        self, caller: Call, callee: Branch, application: Application, other: OtherLeg
    ) -> None:
        dialling = caller.dialling
        assert dialling is not None, "the callee talks to this caller"
        dialling.let_go(callee)
        if other is OtherLeg.FOLLOWS:
            caller.redirect(application)
        elif other is OtherLeg.HANGS_UP:
            caller.stop()
        await dialling.wait_parted(end_talk=other is OtherLeg.STAYS)
        self.take_over(callee, application)

    def take_over(self, callee: Branch, plan: Plan, transfer: Transfer | None = None) -> None:
        """Make the leg of a Dial a call of its own."""
        call = OutgoingCall(callee, plan, self._services, self._reach)
        call.redirect(plan, transfer)
        self._calls.start(call, (callee.row.sid,))


async def _press(leg: SipLeg, digits: str) -> None:
    # Who leaves meanwhile hears no more keys.
    with contextlib.suppress(SoundInterrupted):
        await leg.media.send_digits(digits)
        talk = talk_of(leg)
        if talk is not None:
            talk.keys_sent(leg)
