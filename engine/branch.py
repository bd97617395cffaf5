"""One party that a Dial rings: its leg, its record and its status callbacks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from email.utils import format_datetime

from engine import ids, log
from engine.call_parameters import custom_headers
from engine.outgoing_leg import OutgoingLeg
from engine.reach import Place
from engine.services import Services
from engine.store import CallRow, CallStatus, utc_now
from rcml.dialling import DialStatus, LegEvent, SipResponse, SipTarget, Target
from sip.events import EndCause

_BUSY = frozenset({486, 600, 603})
_SEQUENCE = {event: number for number, event in enumerate(LegEvent)}


class Branch:
    """Rings one party for a caller; its CallSid is a child of the caller's."""

    def __init__(
        self, target: Target, place: Place, parent: CallRow, caller: str, services: Services
    ) -> None:
        self.target = target
        self.ways = deque(place.ways)
        """Ways to the party not tried yet."""
        self.row = CallRow(
            sid=ids.new_sid(ids.CALL),
            account_sid=parent.account_sid,
            instance_sid=parent.instance_sid,
            from_=caller,
            to=place.to_user,
            direction="outbound-dial",
            status=CallStatus.QUEUED,
            parent_call_sid=parent.sid,
            caller_name=caller,
        )
        self.leg: OutgoingLeg
        self._services = services
        self._clock = asyncio.get_running_loop().time
        self._made = self._clock()
        self._rang: float | None = None
        self._answered_at: float | None = None
        self._told: set[LegEvent] = set()
        self._over = False
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

    def started(self) -> None:
        """The INVITE was sent."""
        self._services.metrics.call_started(self.row.direction)
        self._reach(CallStatus.QUEUED, LegEvent.INITIATED)

    def ringing(self) -> None:
        """The party's telephone rings."""
        self._reach(CallStatus.RINGING, LegEvent.RINGING)

    def answered(self) -> None:
        """The party has answered."""
        self._rang = self._answered_at = self._clock()
        self.row.start_time = utc_now()
        self._reach(CallStatus.IN_PROGRESS, LegEvent.ANSWERED)

    def ended(self, status: CallStatus) -> None:
        """The leg is over; said once."""
        if self._over:
            return
        self._over = True
        self._rang = self._rang if self._rang is not None else self._clock()
        row = self.row
        row.ring_duration = round(self._rang - self._made)
        row.duration = 0 if self._answered_at is None else round(self._clock() - self._answered_at)
        row.end_time = utc_now()
        self._services.metrics.call_ended(row.direction, status.value)
        self._reach(status, LegEvent.COMPLETED)

    def note_end(self, _: object) -> None:
        """The leg's future says that it is over."""
        self.ended(self.status_of_end())

    def status_of_end(self) -> CallStatus:
        """Return what the leg's end means for its record."""
        if self._answered_at is not None:
            return CallStatus.COMPLETED
        if self.leg.status in _BUSY:
            return CallStatus.BUSY
        if not self.leg.gone or self.leg.ended.result().cause in (EndCause.CANCELLED, EndCause.LOCAL):
            return CallStatus.CANCELED
        return CallStatus.FAILED

    def _reach(self, status: CallStatus, event: LegEvent) -> None:
        self.row.status = status
        self.row.date_updated = utc_now()
        self._services.store.save(self.row)
        self._log.info(f"leg.{event.value}", status=status.value)
        self._tell(event)

    def _tell(self, event: LegEvent) -> None:
        callback = self.target.status_callback
        if callback is None or event in self._told:
            return
        self._told.add(event)
        if event.value not in callback.events:
            return
        self._services.outbox.post(
            callback.url,
            self._parameters(event),
            method=callback.method.value,
            account_sid=self.row.account_sid,
            call_sid=self.row.sid,
        )

    def _parameters(self, event: LegEvent) -> dict[str, str]:
        """Return the parameters of rcml.md 6.2, in its order."""
        row = self.row
        lasted = {"CallDuration": str(row.duration)} if event is LegEvent.COMPLETED else {}
        return {
            "InstanceId": row.instance_sid,
            "AccountSid": row.account_sid,
            "CallSid": row.sid,
            "From": row.from_,
            "To": row.to,
            "Direction": row.direction,
            "CallerName": row.caller_name or "",
            "ForwardedFrom": row.forwarded_from or "",
            "ParentCallSid": row.parent_call_sid or "",
            "CallStatus": event.value,
            **lasted,
            "Timestamp": format_datetime(utc_now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(_SEQUENCE[event]),
        }


def dial_status(branches: Sequence[Branch], *, timed_out: bool) -> DialStatus:
    """Return how a dial that nobody answered ended, by its last branch."""
    if timed_out:
        return DialStatus.NO_ANSWER
    last = branches[-1].row.status if branches else CallStatus.FAILED
    return {CallStatus.BUSY: DialStatus.BUSY, CallStatus.CANCELED: DialStatus.CANCELED}.get(
        CallStatus(last), DialStatus.FAILED
    )
