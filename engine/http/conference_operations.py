"""Changing conferences, and seeing and changing who is in them, through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from engine import ids
from engine.applications import absolute
from engine.conferences import Conference, Conferences, Participant
from engine.config import Settings
from engine.http import dialect
from engine.http.auth import authorised_account
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form, read_form
from engine.http.operations import Asked, Operations
from engine.http.paging import Page
from engine.http.problems import Problem
from engine.http.resources.conferences import CONFERENCES, ConferenceChange
from engine.http.resources.participants import ParticipantChange, show
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.store import ConferenceRow, Store
from rcml.call import Sound
from rcml.dialling import Waiting, sound_or_document
from rcml.flow import Fetch
from rcml.values import HttpMethod

FindSettings = Callable[[], Settings]
_GONE = (404, 20404)


class ConferenceOperations(Operations[ConferenceRow, Form, ConferenceChange]):
    """Ends conferences and lets announcements be heard in them."""

    def __init__(self, conferences: Conferences, settings: FindSettings) -> None:
        self._conferences = conferences
        self._settings = settings

    async def change(self, asked: Asked, row: ConferenceRow, form: ConferenceChange) -> ConferenceRow:
        conference = self._conferences.find(row.sid)
        if conference is None:
            raise Problem(410, "The conference has ended.", twilio=_GONE)
        if form.status is None and form.announce_url is None:
            raise Problem(400, "Give what to change: Status or AnnounceUrl.")
        if form.announce_url is not None:
            conference.announce(_heard_at(form.announce_url, form.announce_method, self._settings()))
        if form.status is not None:
            conference.end()
        return conference.row


class Participants:
    """Who is in a conference now: `…/Conferences/CF…/Participants`."""

    def __init__(self, api: RestApi, store: Store, conferences: Conferences, settings: FindSettings) -> None:
        self._api = api
        self._store = store
        self._conferences = conferences
        self._settings = settings

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{spoken.accounts(prefix)}/Conferences/{{sid:[^/.]+}}/Participants"
                router.add_get(all_of + SUFFIX, self._list(spoken))
                for path in (f"{all_of}/{{participant:[^/]+?}}{SUFFIX}", f"{all_of}.json/{{participant}}"):
                    router.add_get(path, self._one(spoken))
                    router.add_post(path, self._change(spoken))
                    router.add_delete(path, self._kick)

    def _list(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            row = await self._row(request)
            conference = self._conferences.find(row.sid)
            page = Page.asked(request.query)
            everybody = [] if conference is None else list(conference.participants.values())
            wanted = [each for each in everybody if _fits(each, request.query)]
            place = self._api.place(row.account_sid, spoken)
            shown = wanted[page.offset : page.offset + page.size]
            items = [show(conference, each, place) for each in shown] if conference is not None else []
            if spoken is TWILIO:
                more = len(wanted) > page.offset + page.size
                return json_response(page.twilio_body(request.path, "participants", items, more=more))
            last_sid = shown[-1].sid if shown else ""
            return json_response(page.body(request.path, "calls", items, len(wanted), last_sid))

        return answer

    def _one(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            conference, participant = await self._find(request)
            place = self._api.place(conference.row.account_sid, spoken)
            return json_response(show(conference, participant, place))

        return answer

    def _change(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            await self._find(request)
            form = await read_form(request, ParticipantChange)
            # They may have left while the form was read.
            conference, participant = await self._find(request)
            self._steer(conference, participant, form)
            place = self._api.place(conference.row.account_sid, spoken)
            return json_response(show(conference, participant, place))

        return answer

    async def _kick(self, request: web.Request) -> web.Response:
        conference, participant = await self._find(request)
        conference.kick(participant.sid)
        return web.Response(status=204)

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
        if form.end_conference_on_exit is not None:
            conference.end_on_exit(sid, form.end_conference_on_exit)
        if form.announce_url is not None:
            what = _heard_at(form.announce_url, form.announce_method, self._settings())
            conference.announce_to(sid, what)

    def _hold_sound(self, form: ParticipantChange) -> Sound | Fetch | Waiting:
        if form.hold_url is None:
            return Waiting.MUSIC
        return _heard_at(form.hold_url, form.hold_method, self._settings())

    async def _row(self, request: web.Request) -> ConferenceRow:
        account = await authorised_account(request, self._store)
        row: ConferenceRow = await self._api.find(CONFERENCES, request.match_info["sid"], account.sid)
        return row

    async def _find(self, request: web.Request) -> tuple[Conference, Participant]:
        """Return the participant that the path names by CallSid or label."""
        row = await self._row(request)
        name = request.match_info["participant"]
        sid = ids.call_sid_in(name) or name
        conference = self._conferences.find(row.sid)
        if conference is not None:
            for participant in conference.participants.values():
                if participant.sid == sid or participant.member.label == name:
                    return conference, participant
        raise Problem(404, "There is no such participant in the conference now.")


def _fits(participant: Participant, query: Mapping[str, str]) -> bool:
    """Say whether a participant is what the query asks for: Twilio's ``Muted``, ``Hold`` and ``Coaching``."""
    member = participant.member
    facts = {"Muted": member.muted, "Hold": member.on_hold, "Coaching": member.coach is not None}
    return all(
        query.get(name, "").lower() in ("", "true" if fact else "false") for name, fact in facts.items()
    )


def _heard_at(url: str, method: str, settings: Settings) -> Sound | Fetch:
    return sound_or_document(absolute(url, settings), HttpMethod(method))
