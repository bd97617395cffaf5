"""All conferences of the server, by account and name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from engine.conferences.conference import Conference
from engine.conferences.participant import Participant
from engine.conversations.running_call import RunningCall
from engine.legs.sip_leg import SipLeg
from engine.services import Services
from engine.store import ConferenceRow, ConferenceStatus, Store, utc_now
from media.errors import MediaError
from rcml.call import CallerGone, Level
from rcml.dialling import ConferenceRequest, Left, LeftBecause

# Twilio's numbers: Restcomm has none for these.
FULL = 16020
NOT_JOINED = 16030


@dataclass
class _Expected:
    """A conference into which somebody is being called, with nobody in it yet."""

    row: ConferenceRow
    calls: int = 0
    told: bool = False
    """Whether a request was answered with it."""


class Conferences:
    """Finds conferences, and makes one when somebody enters a name that has none."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Conference] = {}
        self._by_sid: dict[str, Conference] = {}
        self._expected: dict[tuple[str, str], _Expected] = {}

    def __len__(self) -> int:
        return len(self._by_sid)

    @property
    def participants(self) -> int:
        """How many there are in all conferences."""
        return sum(len(conference.participants) for conference in self._by_sid.values())

    def find(self, sid: str) -> Conference | None:
        """Return the live conference with this identifier."""
        return self._by_sid.get(sid)

    def named(self, account_sid: str, name: str) -> Conference | None:
        """Return the conference that who enters this name would come into, if there is one."""
        conference = self._by_name.get((account_sid, name))
        return None if conference is None or conference.attendance.over else conference

    def expected(self, account_sid: str, name: str) -> ConferenceRow | None:
        """Return the record of the conference that begins when who is being called into it answers."""
        found = self._expected.get((account_sid, name))
        return found.row if found is not None else None

    def expect(self, row: ConferenceRow, store: Store) -> tuple[ConferenceRow, Callable[[], bool]]:
        """Take note that somebody is being called into a conference of this name, which nobody is in yet.

        Returns its record, which is an earlier one where another call is expected there, and what is to be
        called when the call is over: a conference that nobody came into ends with the last of them. That
        returns whether no trace of it is to stay, since nobody was told of it by :meth:`tell`.
        """
        key = row.account_sid, row.friendly_name
        expected = self._expected.get(key)
        if expected is None:
            expected = self._expected[key] = _Expected(row)
            store.save(row)
        expected.calls += 1

        def over() -> bool:
            expected.calls -= 1
            if expected.calls or self._expected.get(key) is not expected:
                return False
            del self._expected[key]
            expected.row.status, expected.row.date_updated = ConferenceStatus.COMPLETED, utc_now()
            store.save(expected.row)
            return not expected.told

        return expected.row, over

    def tell(self, row: ConferenceRow) -> None:
        """Take note that a request is answered with the record of a conference."""
        expected = self._expected.get((row.account_sid, row.friendly_name))
        if expected is not None and expected.row is row:
            expected.told = True

    async def stay(
        self, call: RunningCall, leg: SipLeg, request: ConferenceRequest, services: Services
    ) -> Left:
        """Put an answered call into the conference and return when it has left, whatever the reason."""
        participant = Participant(call, leg, request)
        try:
            conference = await self._enter(participant, services)
        except MediaError as error:
            if not call.gone:
                call.notify(
                    NOT_JOINED, Level.ERROR, f"<Conference> {request.room!r} cannot be joined: {error}"
                )
            return Left(LeftBecause.CALLER if call.gone else LeftBecause.FAILED)
        if conference is None:
            what = f"<Conference> {request.room!r} is full: it has {request.max_participants} participants"
            call.notify(FULL, Level.WARNING, f"{what}; raise maxParticipants to let more in")
            return Left(LeftBecause.FULL)
        clock = asyncio.get_running_loop().time
        begun, because = clock(), LeftBecause.CALLER
        try:
            conference.welcome(participant)
            because = await call.while_up(participant.wait_over())
        except CallerGone:
            pass
        finally:
            # Also when the call is moved elsewhere or breaks.
            await asyncio.shield(conference.leave(participant, because))
        return Left(because, clock() - begun)

    async def _enter(self, participant: Participant, services: Services) -> Conference | None:
        """Let them in; None when it is full. Raises ``MediaError``."""
        account_sid, name = participant.row.account_sid, participant.request.room
        conference = self.named(account_sid, name)
        if conference is None:
            expected = self._expected.get((account_sid, name))
            row = expected.row if expected is not None else None
            conference = Conference(account_sid, name, services, self._forget, row)
            self._expected.pop((account_sid, name), None)
            self._by_name[account_sid, name] = self._by_sid[conference.row.sid] = conference
        if not conference.attendance.has_room_for(participant.member):
            return None
        try:
            conference.enter(participant)
        except MediaError:
            if not conference.participants:
                await conference.abandon()
            raise
        return conference

    def _forget(self, conference: Conference) -> None:
        row = conference.row
        del self._by_sid[row.sid]
        if self._by_name.get((row.account_sid, row.friendly_name)) is conference:
            del self._by_name[row.account_sid, row.friendly_name]
