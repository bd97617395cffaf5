"""Tells the operator what the server does now, as Restcomm's Supervisor does."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.http.forms import Form
from engine.http.resources.supervisor import (
    ShownFigures,
    ShownLiveCall,
    ShownLiveCalls,
    ShownMetrics,
    ShownPing,
    ShownVersion,
    SupervisorQuery,
)
from engine.http.views import Reading
from engine.reporting.call_counts import DAY, HOUR
from engine.reporting.ladders import Ladders, Outline
from engine.reporting.metrics import Metrics
from engine.store import LIVE_STATUSES, CallRow, CallStatus, Store, utc_now
from engine.version import version

_INBOUND = "inbound"
_MOST_CALLS = 1000
"""Live calls that are told of in one answer, as in the longest page of a list."""
_NOTHING_SEEN = Outline("", None)


class Supervision:
    """Counts what ``/metrics`` counts, for the root account alone: it tells of the calls of all."""

    def __init__(self, store: Store, metrics: Metrics, ladders: Callable[[], Ladders | None]) -> None:
        self._store = store
        self._metrics = metrics
        self._ladders = ladders

    async def ping(self, asked: Reading[Form]) -> ShownPing:
        """Return how many calls the store knows."""
        asked.refuse_others("The Supervisor tells of all accounts")
        return ShownPing(total_calls=await self._store.count(CallRow))

    async def figures(self, asked: Reading[SupervisorQuery]) -> ShownFigures:
        """Return what was counted since the start."""
        asked.refuse_others("The Supervisor tells of all accounts")
        calls = await self._live_calls() if asked.query.live_call_details else []
        return ShownFigures(
            date_time=utc_now(),
            instance_sid=self._store.instance_sid,
            version=version(),
            metrics=self._counted(),
            live_call_details=calls,
        )

    async def live_calls(self, asked: Reading[Form]) -> ShownLiveCalls:
        """Return the calls that have not ended."""
        asked.refuse_others("The Supervisor tells of all accounts")
        return ShownLiveCalls(
            date_time=utc_now(),
            instance_sid=self._store.instance_sid,
            version=version(),
            live_call_details=await self._live_calls(),
        )

    def _counted(self) -> ShownMetrics:
        figures = _Figures(self._metrics)
        counts, now = self._metrics.counts, time.monotonic()
        live, most = counts.live, counts.most
        arrived = figures.sum("calls_total", direction=_INBOUND) + live[_INBOUND]
        in_all = figures.sum("calls_total") + live.total()
        ended = {status: figures.sum("calls_total", status=status) for status in CallStatus}
        talks = figures.sum("call_seconds_count")
        return ShownMetrics(
            total_calls_since_uptime=int(in_all),
            incoming_calls_since_uptime=int(arrived),
            outgoing_calls_since_uptime=int(in_all - arrived),
            registered_users=int(figures.sum("registrar_clients")),
            live_calls=live.total(),
            live_incoming_calls=live[_INBOUND],
            live_outgoing_calls=live.total() - live[_INBOUND],
            maximum_concurrent_calls=counts.most_in_all,
            maximum_concurrent_incoming_calls=most[_INBOUND],
            maximum_concurrent_outgoing_calls=counts.most_outgoing,
            completed_calls=int(ended[CallStatus.COMPLETED]),
            no_answer_calls=int(ended[CallStatus.NO_ANSWER]),
            busy_calls=int(ended[CallStatus.BUSY]),
            failed_calls=int(ended[CallStatus.FAILED]),
            not_found_calls=int(ended[CallStatus.NOT_FOUND]),
            canceled_calls=int(ended[CallStatus.CANCELED]),
            text_messages=int(figures.sum("messages_total", kind="text")),
            average_call_duration_in_seconds=figures.sum("call_seconds_sum") / talks if talks else 0.0,
            average_call_duration_in_seconds_last_hour=counts.mean_talk(HOUR, now),
            average_call_duration_in_seconds_last24_hours=counts.mean_talk(DAY, now),
            media_legs=int(figures.sum("media_legs")),
            media_bridges=int(figures.sum("media_bridges")),
            media_rooms=int(figures.sum("media_rooms")),
            media_room_members=int(figures.sum("media_room_members")),
            sip_sessions=int(figures.sum("sip_sessions")),
            sip_dialogs=int(figures.sum("sip_dialogs")),
        )

    async def _live_calls(self) -> list[ShownLiveCall]:
        rows = await self._store.find(
            CallRow,
            CallRow.status.in_(LIVE_STATUSES),
            CallRow.instance_sid == self._store.instance_sid,
            order_by=(CallRow.date_created,),
            limit=_MOST_CALLS,
        )
        ladders = self._ladders()
        seen = await ladders.outlines({row.sid for row in rows}) if ladders is not None else {}
        return [_shown(row, seen.get(row.sid, _NOTHING_SEEN)) for row in rows]


async def shown_version(asked: Reading[Form]) -> ShownVersion:
    """Return what program this is, for everybody with an account."""
    return ShownVersion(version=version())


class _Figures:
    """The present values of all series, asked once."""

    def __init__(self, metrics: Metrics) -> None:
        self._samples = [sample for family in metrics.registry.collect() for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum of the series that have these labels; 0 when there is none."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == f"dialplane_{name}" and labels.items() <= sample.labels.items()
        )


def _shown(row: CallRow, seen: Outline) -> ShownLiveCall:
    return ShownLiveCall(
        sid=row.sid,
        state=CallStatus(row.status).name,
        direction=row.direction,
        date_created=row.date_created,
        forwarded_from=row.forwarded_from,
        caller_name=row.caller_name,
        from_=row.from_,
        to=row.to,
        initial_invite=seen.invited,
        last_response=seen.last_response,
    )
