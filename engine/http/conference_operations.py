"""Changing conferences, and seeing and changing who is in them, through the REST API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine import ids
from engine.applications import absolute
from engine.calls.call_desk import CallDesk
from engine.conferences import Conference, Conferences, Participant
from engine.conferences.conference import new_record
from engine.config import Settings
from engine.exchange.routing import Application
from engine.http.call_operations import needed_desk, order_for, parsed_document, told_as_problems
from engine.http.called_participants import Called, CalledParticipants
from engine.http.dialect import Dialect
from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.parts import PartOperations
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.conferences import ConferenceChange
from engine.http.resources.participants import (
    ParticipantChange,
    ParticipantCreation,
    ShownParticipant,
    show,
    show_called,
)
from engine.store import ConferenceRow, ConferenceStatus, Store
from rcml.call import Sound
from rcml.dialling import Waiting, sound_or_document
from rcml.flow import Fetch
from rcml.values import HttpMethod

FindSettings = Callable[[], Settings]
Present = tuple[Conference, Participant]
_GONE = (404, 20404)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ConferenceOperations(Operations[ConferenceRow, Form, ConferenceChange]):
    """Ends conferences and lets announcements be heard in them."""

    def __init__(self, conferences: Conferences, settings: FindSettings) -> None:
        self._conferences = conferences
        self._settings = settings

    async def change(self, asked: Asked, row: ConferenceRow, form: ConferenceChange) -> ConferenceRow:
        conference = self._conferences.find(row.sid)
        if conference is None and row.status == ConferenceStatus.INITIALIZING:
            message = "Nobody is in the conference yet: end the calls into it instead."
            raise Problem(409, message, twilio=(409, 20409))
        if conference is None:
            raise Problem(410, "The conference has ended.", twilio=_GONE)
        if form.status is None and form.announce_url is None:
            raise Problem(400, "Give what to change: Status or AnnounceUrl.")
        if form.announce_url is not None:
            conference.announce(_heard_at(form.announce_url, form.announce_method, self._settings()))
        if form.status is not None:
            conference.end()
        return conference.row


class ParticipantOperations(
    PartOperations[ConferenceRow, Present | Called, ParticipantCreation, ParticipantChange]
):
    """Shows and changes who is in a conference now or is being called into it, and calls others into it."""

    def __init__(
        self,
        conferences: Conferences,
        desk: Callable[[], CallDesk | None],
        settings: FindSettings,
        store: Store,
    ) -> None:
        self._store = store
        self._conferences = conferences
        self._find_desk = desk
        self._settings = settings
        self._called = CalledParticipants()

    async def owner(self, account_sid: str, name: str) -> ConferenceRow | None:
        """Return a live conference by the name that its participants know."""
        name = name.strip()
        conference = self._conferences.named(account_sid, name)
        return conference.row if conference is not None else self._conferences.expected(account_sid, name)

    def new_owner(self, account_sid: str, name: str) -> ConferenceRow:
        """Return the record of the conference that begins when who is called answers, as Twilio's does."""
        if _CONTROL.search(name) or not name.strip():
            raise Problem(400, f"{name[:80]!r} is no name of a conference: write words on one line.")
        # The document that leads there has it without blanks around it.
        return new_record(account_sid, name.strip(), self._store.instance_sid)

    async def all_of(
        self, owner: ConferenceRow, query: Mapping[str, str], spoken: Dialect
    ) -> Sequence[Present | Called]:
        conference = self._conferences.find(owner.sid)
        there = () if conference is None else conference.participants.values()
        present = [(conference, each) for each in there if conference and _fits(each, query)]
        return [*present, *(each for each in self._on_their_way(owner) if _will_fit(each, query))]

    def _on_their_way(self, owner: ConferenceRow) -> Sequence[Called]:
        """Return those who will come into this conference when they answer: not once it is over."""
        conference = self._conferences.find(owner.sid)
        expected = self._conferences.expected(owner.account_sid, owner.friendly_name)
        if conference is None and (expected is None or expected.sid != owner.sid):
            return []
        if conference is not None and conference.attendance.over:
            return []
        return self._called.into(owner.sid)

    async def find(self, owner: ConferenceRow, name: str) -> Present | Called:
        """Return the participant of this CallSid or label."""
        sid = ids.call_sid_in(name) or name
        conference = self._conferences.find(owner.sid)
        if conference is not None:
            for participant in conference.participants.values():
                if participant.sid == sid or participant.member.label == name:
                    return conference, participant
        for called in self._on_their_way(owner):
            if called.call.sid == sid or called.form.label == name:
                return called
        raise Problem(404, "There is no such participant in the conference now.")

    def show(self, owner: ConferenceRow, part: Present | Called, place: Place) -> ShownParticipant:
        if isinstance(part, Called):
            return show_called(part.conference, part.call, part.form, part.status, place)
        return show(*part, place)

    async def create(self, asked: Asked, owner: ConferenceRow, form: ParticipantCreation) -> Called:
        """Call somebody; who answers comes into the conference, which may begin with them."""
        settings = self._settings()
        document = await parsed_document(
            form.document(owner.friendly_name, lambda url: absolute(url, settings))
        )
        order = order_for(asked, form, Application(document=document), settings)
        detection = form.detection(absolute(form.amd_status_callback or "", settings))
        order = order.detecting(detection, waits=False)
        desk = needed_desk(self._find_desk)
        conference, expected_no_more = self._called_into(owner)
        called: list[Called] = []

        def when_over() -> None:
            self._called.forget(called)
            expected_no_more()

        try:
            with told_as_problems():
                rows = await desk.place(replace(order, when_over=when_over))
        except BaseException:
            if expected_no_more():
                await self._store.delete(ConferenceRow, ConferenceRow.sid == conference.sid)
            raise
        # In the same turn as the calls began, so that none of them is over yet.
        self._conferences.tell(conference)
        called += [Called(conference, row, form) for row in rows]
        self._called.add(called)
        return called[0]

    def _called_into(self, owner: ConferenceRow) -> tuple[ConferenceRow, Callable[[], bool]]:
        """Return the conference that somebody is called into, and what to do when their call is over.

        That returns whether the conference's record is to go, see :meth:`Conferences.expect`.
        """
        conference = self._conferences.find(owner.sid)
        if conference is None and owner.status == ConferenceStatus.INITIALIZING:
            # Somebody may have entered one of this name since it was looked for.
            conference = self._conferences.named(owner.account_sid, owner.friendly_name)
            if conference is None:
                return self._conferences.expect(owner, self._store)
        if conference is None or conference.attendance.over:
            raise Problem(410, "The conference has ended.", twilio=_GONE)
        return conference.row, lambda: False

    async def change(
        self, asked: Asked, owner: ConferenceRow, part: Present | Called, form: ParticipantChange
    ) -> Present | Called:
        if isinstance(part, Called):
            message = "The participant is not in the conference yet: wait for their answer."
            raise Problem(409, message, twilio=(409, 20409))
        self._steer(*part, form)
        return part

    async def delete(self, asked: Asked, owner: ConferenceRow, part: Present | Called) -> None:
        if isinstance(part, Called):
            with told_as_problems():
                await needed_desk(self._find_desk).end(part.call)
            return
        conference, participant = part
        conference.kick(participant.sid)

    def _steer(self, conference: Conference, participant: Participant, form: ParticipantChange) -> None:
        sid = participant.sid
        if not form.model_fields_set:
            known = ", ".join(
                field.serialization_alias or name for name, field in ParticipantChange.model_fields.items()
            )
            raise Problem(400, f"Give what to change: any of {known}.")
        if form.coaching and form.call_sid_to_coach is None and participant.member.coach is None:
            raise Problem(400, "Coaching=true needs CallSidToCoach, the call that is coached.")
        if form.muted is not None:
            conference.mute(sid, form.muted)
        if form.hold is not None:
            conference.hold(sid, form.hold, self._hold_sound(form))
        if form.coaching is False:
            conference.coach(sid, None)
        elif form.call_sid_to_coach is not None:
            conference.coach(sid, form.call_sid_to_coach)
        self._set_entry_and_exit(conference, sid, form)
        if form.agc is not None or form.noise_gate is not None:
            conference.shape(sid, agc=form.agc, noise_gate=form.noise_gate)
        if form.announce_url is not None:
            what = _heard_at(form.announce_url, form.announce_method, self._settings())
            conference.announce_to(sid, what)

    def _set_entry_and_exit(self, conference: Conference, sid: str, form: ParticipantChange) -> None:
        if form.end_conference_on_exit is not None:
            conference.end_on_exit(sid, form.end_conference_on_exit)
        if form.beep_on_exit is not None:
            conference.beep_on_exit(sid, form.beep_on_exit)
        if form.wait_url is not None:
            conference.wait_with(sid, _heard_at(form.wait_url, form.wait_method, self._settings()))

    def _hold_sound(self, form: ParticipantChange) -> Sound | Fetch | Waiting:
        if form.hold_url is None:
            return Waiting.MUSIC
        return _heard_at(form.hold_url, form.hold_method, self._settings())


def _fits(participant: Participant, query: Mapping[str, str]) -> bool:
    """Say whether a participant is what the query asks for: Twilio's ``Muted``, ``Hold`` and ``Coaching``."""
    member = participant.member
    return _asked_for(query, muted=member.muted, hold=member.on_hold, coaching=member.coach is not None)


def _will_fit(called: Called, query: Mapping[str, str]) -> bool:
    """As :func:`_fits`, of somebody who has not come yet."""
    return _asked_for(query, muted=called.form.muted, hold=False, coaching=called.form.coached is not None)


def _asked_for(query: Mapping[str, str], *, muted: bool, hold: bool, coaching: bool) -> bool:
    facts = {"Muted": muted, "Hold": hold, "Coaching": coaching}
    return all(
        query.get(name, "").lower() in ("", "true" if fact else "false") for name, fact in facts.items()
    )


def _heard_at(url: str, method: str, settings: Settings) -> Sound | Fetch:
    return sound_or_document(absolute(url, settings), HttpMethod(method))
