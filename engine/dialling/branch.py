"""One party that we ring: its leg, its record and its status callbacks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from engine import ids
from engine.conversations.answer_detection import AnswerDetection, FoundAnswerer
from engine.dialling.reach import Place, Reach, Unreachable, Way
from engine.dialling.redirects import FOLLOWED, MOST_REDIRECTS
from engine.errors import MediaUnavailable
from engine.exchange.account_caps import CAPPED
from engine.exchange.routing import NO_APPLICATION
from engine.journal.call_journal import CallJournal
from engine.journal.call_parameters import custom_headers, leg_parameters
from engine.journal.call_quality import quality_of
from engine.journal.twilio_words import leg_events
from engine.legs.outgoing_leg import OutgoingLeg
from engine.legs.sip_leg import Headers, SipLeg
from engine.reporting import log
from engine.services import Services
from engine.store import CallRow, CallStatus, utc_now
from engine.streams.call_streams import CallStreams
from engine.telemetry import spans
from engine.transcriptions.call_transcriptions import CallTranscriptions
from rcml.call import Callback, Level
from rcml.dialling import BUSY, DialStatus, LegEvent, SipResponse, SipTarget, Target
from sip.events import EndCause

ANSWERED_ELSEWHERE = (("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),)
"""What keeps a telephone from showing a missed call (RFC 3326 section 2)."""

_OURS = (EndCause.CANCELLED, EndCause.LOCAL)

GOODBYE_WITHIN = 2.0
"""Seconds that a caller waits for the legs that were rung for him to end."""


def dialled_row(parent: CallRow, caller: str, to: str) -> CallRow:
    """Return the record of a leg that a Dial makes: its CallSid is a child of the caller's."""
    return CallRow(
        sid=ids.new_sid(ids.CALL),
        account_sid=parent.account_sid,
        instance_sid=parent.instance_sid,
        from_=caller,
        to=to,
        direction="outbound-dial",
        status=CallStatus.QUEUED,
        parent_call_sid=parent.sid,
        caller_name=caller,
        api_version=parent.api_version,
    )


class Branch:
    """Rings one party, for a caller or for the REST API, and keeps the record ``row`` of it."""

    def __init__(self, target: Target, place: Place, row: CallRow, services: Services) -> None:
        self.target = target
        self.ways = deque(place.ways)
        """Ways to the party not tried yet."""
        self.row = row
        self._way: Way
        self.leg: OutgoingLeg
        self.rang_out = False
        """Whether a call of its own was given up because its time to ring had passed."""
        self.on_ringing: Callable[[], None] | None = None
        self.on_early: Callable[[SipLeg], None] | None = None
        """Called when a leg of the party may send sound before the answer."""
        self.status_callback: Callback | None = None
        self.tell_status(target.status_callback)
        self._services = services
        self._clock = asyncio.get_running_loop().time
        self._made = self._clock()
        self._rang: float | None = None
        self._answered_at: float | None = None
        self._told: set[LegEvent] = set()
        self.told_at_end: Mapping[str, str] = {}
        """Goes along with the last callback."""
        self._redirects = 0
        self._given_up = False
        self._over = False
        self._uncharge: Callable[[], None] | None = None
        """Ends the counting of the account's minutes, while the leg talks through a trunk."""
        self.detection: AnswerDetection | None = None
        """Listens, from the answer on, whether a machine answered, when that was asked for."""
        self._log = log.get("dial").bind(leg_sid=self.row.sid, to=place.to_user)

    @property
    def ring_duration(self) -> float:
        """Seconds from the making of the leg to its answer or end."""
        return (self._rang if self._rang is not None else self._clock()) - self._made

    @property
    def response(self) -> SipResponse | None:
        """What a SIP address was answered."""
        found = self.leg.response
        if found is None or not isinstance(self.target, SipTarget):
            return None
        return SipResponse(call_id=found.call_id, status=found.status, headers=custom_headers(found.headers))

    @property
    def over(self) -> bool:
        """Whether the leg's end is written down."""
        return self._over

    @property
    def is_answered(self) -> bool:
        return self._answered_at is not None

    def journal(self) -> CallJournal:
        """Return the journal of a document that runs on the answered leg."""
        headers = self.leg.response.headers if self.leg.response is not None else ()
        return CallJournal(self.row, custom_headers(headers), NO_APPLICATION, self._services)

    @cached_property
    def streams(self) -> CallStreams:
        """The streams that were asked for from outside; they end with the leg."""
        return CallStreams(self.journal(), self.leg, self._services)

    @cached_property
    def transcriptions(self) -> CallTranscriptions:
        """As ``streams``."""
        return CallTranscriptions(self.journal(), self.leg, self._services)

    def tell_status(self, callback: Callback | None) -> None:
        """Tell this URL, from now on, how the leg fares; the record keeps it for the case of a crash."""
        if callback is not None:
            callback = replace(callback, events=leg_events(self.row, callback.events))
        self.status_callback = callback
        at_end = callback is not None and LegEvent.COMPLETED.value in callback.events
        self.row.status_callback = callback.url if callback is not None and at_end else ""
        self.row.status_callback_method = callback.method.value if callback is not None else "POST"

    def invite(self, reach: Reach, beside: SipLeg | None) -> None:
        """Send the INVITE to the next way to the party; raises :class:`MediaUnavailable`."""
        self._way = self.ways.popleft()
        leg = reach.make_leg(self._way, self.row, beside)
        leg.on_early = self.on_early
        leg.on_path_lost = lambda why: self.journal().path_lost(why)
        leg.invite()
        self.leg = leg

    async def answers(self, reach: Reach, beside: SipLeg | None, warn: Callable[[str], None]) -> bool:
        """Return whether this party answered; a way that fails (5xx, no answer) leads to the next one."""
        while not await self._try(reach):
            goes_on = not 0 < self.leg.status < 500 or await self._follow(reach)
            if self._given_up or not self.ways or not goes_on or self.leg.status >= 600:
                self.ended(self.status_of_end())
                return False
            try:
                self.invite(reach, beside)
            except (MediaUnavailable, Unreachable) as error:
                warn(str(error))
                self.ended(self.status_of_end())
                return False
        self.answered()
        return True

    async def _follow(self, reach: Reach) -> bool:
        """Try first where a 3xx leads; False when it leads nowhere, or nothing of the kind was answered."""
        response = self.leg.response
        if response is None or response.status not in FOLLOWED or self._redirects >= MOST_REDIRECTS:
            return False
        self._redirects += 1
        found = await reach.redirected(self._way, self.target, self.row.from_, response)
        self._log.info("leg.redirected", status=response.status, to=[way.request_uri for way in found])
        self.ways.extendleft(reversed(found))
        return bool(found)

    async def _try(self, reach: Reach) -> bool:
        leg = self.leg
        rings = asyncio.ensure_future(leg.ringing.wait())
        try:
            if self.ways:
                within = self._services.settings.dial.first_response
                await asyncio.wait(
                    (rings, leg.answered, leg.ended), timeout=within, return_when=asyncio.FIRST_COMPLETED
                )
                if not leg.heard and not leg.gone:
                    reach.was_silent(self._way)
                    leg.hang_up()
                    leg.close()
                    return False
            await asyncio.wait((rings, leg.answered, leg.ended), return_when=asyncio.FIRST_COMPLETED)
            if leg.ringing.is_set():
                self.ringing()
            await asyncio.wait((leg.answered, leg.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            rings.cancel()
        # Who hung up in the same moment has answered all the same.
        return leg.answered.done()

    def started(self) -> None:
        """The INVITE was sent."""
        self._services.metrics.call_started(self.row.direction)
        self._services.account_caps.calls.started(self.row.account_sid)
        self._reach(CallStatus.QUEUED, LegEvent.INITIATED)

    def hang_up(self, headers: Headers = ()) -> None:
        """Hang up, and try no further way."""
        self._given_up = True
        if not self.leg.gone:
            self.leg.hang_up(headers)

    def never_rung(self, why: str) -> None:
        """No INVITE could be sent."""
        self._over = True
        self.row.status = CallStatus.FAILED
        self.row.reason = why
        self.row.end_time = self.row.date_updated = utc_now()
        self._services.store.save(self.row)

    def tell_end(self) -> None:
        """Tell the end of a leg that was never rung: nobody was told otherwise."""
        self._tell(LegEvent.COMPLETED, self.told_at_end)

    def ringing(self) -> None:
        """The party's telephone rings."""
        if self.on_ringing is not None:
            self.on_ringing()
        self._reach(CallStatus.RINGING, LegEvent.RINGING)

    def answered(self) -> None:
        """The party has answered."""
        self._rang = self._answered_at = self._clock()
        self.row.start_time = utc_now()
        self._services.metrics.call_answered(self.row.direction, self._answered_at - self._made)
        self.leg.on_media_lost = self.journal().media_lost
        if self.leg.trunk:
            self.row.trunk = self.leg.trunk
            minutes = self._services.account_caps.minutes
            self._uncharge = minutes.begin(self.row.account_sid, self._talked_out)
        self._reach(CallStatus.IN_PROGRESS, LegEvent.ANSWERED)
        if self.target.detection is not None and not self.leg.gone:
            self.detection = AnswerDetection(self.leg, self.target.detection, self._answerer_found)

    def _talked_out(self) -> None:
        """End the leg: its account has no minutes left for today."""
        words = self._services.account_caps.talked_out(self.row.account_sid)
        self.journal().notify(CAPPED, Level.ERROR, words)
        self._log.warning("account.talked_out", account=self.row.account_sid)
        self.leg.hang_up()

    def _answerer_found(self, found: FoundAnswerer) -> None:
        self.row.answered_by = found.answerer.value
        self.row.date_updated = utc_now()
        self._services.store.save(self.row)
        self._services.metrics.answerers.labels(found.answerer.value).inc()
        self._log.info("leg.answerer", answered_by=found.answerer.value, after=round(found.duration, 2))
        wanted = self.target.detection
        if wanted is not None and wanted.callback is not None:
            self.journal().tell(wanted.callback, found.told().items())

    def ended(self, status: CallStatus, told: Mapping[str, str] | None = None) -> None:
        """The leg is over; said once. ``told`` goes along with the last callback."""
        if self._over:
            return
        self._over = True
        self.on_ringing = self.on_early = None
        self._rang = self._rang if self._rang is not None else self._clock()
        row = self.row
        row.ring_duration = round(self._rang - self._made)
        talked = None if self._answered_at is None else self._clock() - self._answered_at
        row.duration, row.end_time = round(talked or 0), utc_now()
        if row.start_time is not None and talked is not None:
            # The wall clock may have been set meanwhile.
            row.end_time = row.start_time + timedelta(seconds=talked)
        row.quality = quality_of(self.leg)
        self._services.metrics.call_ended(row.direction, status.value, talked, row.quality)
        self._services.account_caps.calls.ended(row.account_sid)
        if self._uncharge is not None:
            self._uncharge()
            self._uncharge = None
        self._reach(status, LegEvent.COMPLETED, {**self.told_at_end, **(told or {})})

    def note_answer(self) -> None:
        """Tell of an answer that came in the moment in which whoever waited for it gave up."""
        if self.leg.answered.done() and not self.is_answered and not self.over:
            self.answered()

    def note_end(self, _: object) -> None:
        """The leg's future says that it is over."""
        self.ended(self.status_of_end())

    def status_of_end(self) -> CallStatus:
        """Return what the leg's end means for its record."""
        if self._answered_at is not None:
            return CallStatus.COMPLETED
        if self.leg.status in BUSY:
            return CallStatus.BUSY
        led_on = self._given_up and self.leg.status in FOLLOWED
        if led_on or not self.leg.gone or self.leg.ended.result().cause in _OURS:
            return CallStatus.NO_ANSWER if self.rang_out else CallStatus.CANCELED
        return CallStatus.FAILED

    def _reach(self, status: CallStatus, event: LegEvent, told: Mapping[str, str] | None = None) -> None:
        self.row.status = status
        self.row.date_updated = utc_now()
        self._services.store.save(self.row)
        self._log.info(f"leg.{event.value}", status=status.value)
        spans.recorder().leg(self.row, event.value)
        self._tell(event, told or {})

    def _tell(self, event: LegEvent, told: Mapping[str, str]) -> None:
        callback = self.status_callback
        if callback is None or event in self._told:
            return
        self._told.add(event)
        if event.value not in callback.events:
            return
        self._services.outbox.post(
            callback.url,
            leg_parameters(self.row, event, told),
            method=callback.method.value,
            account_sid=self.row.account_sid,
            call_sid=self.row.sid,
        )


async def first_to_answer(attempts: Mapping[Branch, Coroutine[Any, Any, bool]]) -> Branch | None:
    """Return the branch whose attempt succeeds first; None when none does. The other attempts are ended."""
    running = {asyncio.ensure_future(attempt): branch for branch, attempt in attempts.items()}
    waiting = set(running)
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                if attempt.result():
                    return running[attempt]
    finally:
        for attempt in running:
            attempt.cancel()
    return None


def give_up(branches: Iterable[Branch], headers: Headers = ()) -> None:
    """Hang up; each leg is over, and told to be, when its side says so and not when all have."""
    for branch in branches:
        branch.hang_up(headers)
        branch.note_answer()
        branch.leg.ended.add_done_callback(branch.note_end)


async def end(branches: Sequence[Branch], *, within: float = GOODBYE_WITHIN) -> None:
    """Hang up, and write down how each leg ended; ``within`` is how long to wait for their goodbyes."""
    give_up(branches)
    if branches:
        await asyncio.wait([branch.leg.ended for branch in branches], timeout=within)
    for branch in branches:
        branch.leg.close()
        branch.ended(branch.status_of_end())


def dial_status(branches: Sequence[Branch], *, timed_out: bool) -> DialStatus:
    """Return how a dial that nobody answered ended, by its last branch."""
    if timed_out:
        return DialStatus.NO_ANSWER
    last = branches[-1].row.status if branches else CallStatus.FAILED
    return {CallStatus.BUSY: DialStatus.BUSY, CallStatus.CANCELED: DialStatus.CANCELED}.get(
        CallStatus(last), DialStatus.FAILED
    )
