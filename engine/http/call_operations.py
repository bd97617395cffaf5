"""Making, changing and deleting calls through the REST API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from engine.applications import absolute
from engine.calls.call_desk import CallDesk, OtherLeg
from engine.calls.call_order import CallOrder
from engine.config import Settings
from engine.dialling.reach import Unreachable
from engine.errors import CallOver, TakesNoCalls, WrongState
from engine.exchange.routing import NO_APPLICATION, Application
from engine.http.application_operations import INVALID_APPLICATION, named_application
from engine.http.dialect import TWILIO
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.http.resources.call_forms import CallChange, CallCreation, Placing, RecordingCreation
from engine.recordings.running_recordings import CURRENT
from engine.store import LIVE_STATUSES, CallRow, Store
from rcml import parser
from rcml.call import Callback
from rcml.dialling import LegEvent, NumberTarget, RecordingTrack, SipTarget, TalkRecording, Target
from rcml.document import Document
from rcml.errors import RcmlError
from rcml.nouns.party import CALLER_ID, read_party
from rcml.values import HttpMethod, NotAllowed, Place

# Twilio's error codes.
_INVALID_URL, _INVALID_TO, _INVALID_FROM = 21205, 21211, 21212
_NOT_REACHABLE, _WRONG_STATE, _INVALID_DOCUMENT = 21214, 21220, 12100

Steering = CallCreation | CallChange


class CallOperations(Operations[CallRow, CallCreation, CallChange]):
    """Turns forms into orders, and what the desk refuses into problems."""

    def __init__(
        self, store: Store, desk: Callable[[], CallDesk | None], settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._find_desk = desk
        self._settings = settings

    @property
    def _desk(self) -> CallDesk:
        return needed_desk(self._find_desk)

    async def create(self, asked: Asked, form: CallCreation) -> Sequence[CallRow]:
        form = await self._named(asked, form)
        application = await self._application(form)
        order = order_for(asked, form, application or NO_APPLICATION, self._settings())
        if application is None:
            raise Problem(400, "Url can not be null.", twilio=(400, _INVALID_URL))
        detection = form.detection(absolute(form.async_amd_status_callback or "", self._settings()))
        order = order.detecting(detection, waits=not form.async_amd)
        with told_as_problems():
            return await self._desk.place(order)

    async def change(self, asked: Asked, row: CallRow, form: CallChange) -> CallRow:
        application = await self._application(form)
        wishes = (
            *(application, form.status, form.mute, form.digits, form.status_callback, form.record),
            form.time_limit,
        )
        if not any(wish not in (None, "") for wish in wishes):
            known = "Status, Url, Twiml, Mute, Record, SendDigits, TimeLimit or StatusCallback"
            raise Problem(400, f"Give what to change: {known}.")
        with told_as_problems():
            await self._steer(asked, row, form, application)
        return await self._store.get(CallRow, row.sid) or row

    async def delete(self, asked: Asked, row: CallRow) -> None:
        if row.status in LIVE_STATUSES:
            raise _wrong_state("The call has not ended: end it first with Status=completed.")
        await self._store.delete(CallRow, CallRow.sid == row.sid)

    async def _steer(
        self, asked: Asked, row: CallRow, form: CallChange, application: Application | None
    ) -> None:
        desk = self._desk
        callback = _callback(form, self._settings(), asked)
        if callback is not None:
            desk.tell_status(row, callback)
        if form.time_limit is not None:
            desk.limit(row, form.time_limit)
        if form.mute is not None:
            desk.mute(row, form.mute)
        if form.digits:
            desk.press(row, form.digits.replace("W", "ww"))
        if form.record is not None:
            await self._record(desk, row, form)
        if form.status == "canceled":
            await desk.cancel(row)
        elif form.status == "completed":
            await desk.end(row)
        elif application is not None:
            stays = OtherLeg.STAYS if asked.dialect is TWILIO else OtherLeg.HANGS_UP
            other = OtherLeg.FOLLOWS if form.move_connected_call_leg else stays
            await desk.redirect(row, application, other)

    async def _record(self, desk: CallDesk, row: CallRow, form: CallChange) -> None:
        """Begin a recording unless one runs, or end the one that runs."""
        running = desk.recording(row.sid, CURRENT)
        if form.record and running is None:
            desk.record(row, talk_recording(form, self._settings()))
        elif not form.record and running is not None:
            await running.finish()

    async def _named(self, asked: Asked, form: CallCreation) -> CallCreation:
        """Return the form with what the application that it names says."""
        if form.application_sid is None:
            return form
        sid = form.application_sid
        row = await named_application(self._store, asked.account.sid, "ApplicationSid", sid)
        if not row.voice_url:
            message = f"ApplicationSid = {sid!r}: the application has no VoiceUrl that could run."
            raise Problem(400, message, twilio=(400, INVALID_APPLICATION))
        told = form.status_callback is not None
        return form.model_copy(
            update={
                "url": row.voice_url,
                "method": row.voice_method,
                "document": None,
                "fallback_url": row.voice_fallback_url,
                "fallback_method": row.voice_fallback_method,
                "status_callback": form.status_callback if told else row.status_callback or None,
                "status_callback_method": form.status_callback_method if told else row.status_callback_method,
            }
        )

    async def _application(self, form: Steering) -> Application | None:
        if form.url is None and form.document is None:
            return None
        settings = self._settings()
        return Application(
            voice_url=absolute(form.url or "", settings),
            voice_method=form.method,
            voice_fallback_url=absolute(form.fallback_url or "", settings),
            voice_fallback_method=form.fallback_method,
            document=await parsed_document(form.document) if form.document is not None else None,
        )


def order_for(asked: Asked, form: Placing, application: Application, settings: Settings) -> CallOrder:
    """Return the order that a form asks for."""
    caller = _caller(form.caller_id or form.from_)
    target, to = _target(form, _callback(form, settings, asked))
    return CallOrder(
        account_sid=asked.account.sid,
        to=to,
        caller=caller,
        target=target,
        application=application,
        ring_limit=form.ring_limit,
        time_limit=form.time_limit,
        send_digits=form.send_digits.replace("W", "ww"),
        recording=talk_recording(form, settings) if form.record else None,
        api_version=asked.dialect.version,
    )


def talk_recording(form: RecordingCreation, settings: Settings) -> TalkRecording:
    """Return how to record, as a form asks for it."""
    url = form.recording_status_callback
    callback = None
    if url is not None:
        callback = Callback(
            url=absolute(url, settings),
            method=HttpMethod(form.recording_status_callback_method),
            events=form.recording_status_callback_event,
        )
    return TalkRecording(
        dual=form.recording_channels == "dual",
        track=RecordingTrack(form.recording_track),
        trim_silence=form.trim == "trim-silence",
        status_callback=callback,
    )


def needed_desk(find: Callable[[], CallDesk | None]) -> CallDesk:
    """Return the desk; raises :class:`Problem` as long as the server starts."""
    desk = find()
    if desk is None:
        raise _takes_no_calls("the server is starting")
    return desk


def _caller(text: str) -> str:
    """Return the number or login that a callee is shown."""
    try:
        return str(CALLER_ID.read(re.sub(r"^sips?:([^@]+)@.*", r"\1", text, flags=re.IGNORECASE), Place()))
    except NotAllowed:
        message = f"From = {text[:80]!r}: it must be {CALLER_ID.allowed}"
        raise Problem(400, message, twilio=(400, _INVALID_FROM)) from None


def _target(form: Placing, callback: Callback | None) -> tuple[Target, str]:
    """Return whom to ring, and the text that names them without its SIP headers."""
    try:
        target = read_party(form.to, Place()).target()
    except NotAllowed:
        target = None
    if target is None:
        message = (
            f"To = {form.to[:80]!r}: it must be a telephone number, client: and a login, or a SIP address,"
            " with headers as ?X-Name=value"
        )
        raise Problem(400, message, twilio=(400, _INVALID_TO))
    told = _with_callback(target, callback, form)
    named = told.number if isinstance(told, NumberTarget) else form.to.partition("?")[0]
    return told, named


def _with_callback(target: Target, callback: Callback | None, form: Placing) -> Target:
    if isinstance(target, SipTarget):
        return replace(target, status_callback=callback, username=form.username, password=form.password)
    return replace(target, status_callback=callback)


def _callback(form: Placing | CallChange, settings: Settings, asked: Asked) -> Callback | None:
    if form.status_callback is None:
        return None
    known = [event.value for event in LegEvent]
    unknown = [event for event in form.status_callback_event if event not in known]
    if unknown:
        message = f"StatusCallbackEvent = {unknown[0][:80]!r}: it must be any of {', '.join(known)}"
        raise Problem(400, message)
    usual = [LegEvent.COMPLETED.value] if asked.dialect is TWILIO else known
    return Callback(
        url=absolute(form.status_callback, settings),
        method=HttpMethod(form.status_callback_method),
        events=form.status_callback_event or tuple(usual),
    )


async def parsed_document(text: str) -> Document:
    """Parse a document given with the request; it has no URL, so that URLs in it are written in full."""
    try:
        return await asyncio.to_thread(parser.parse_xml, text, "")
    except RcmlError as error:
        where = f"line {error.line}: " if error.line is not None else ""
        message = f"The document cannot be run: {where}{error.message}"
        raise Problem(400, message, twilio=(400, _INVALID_DOCUMENT)) from None


@contextmanager
def told_as_problems() -> Iterator[None]:
    """Say in HTTP what the desk refuses (rest-api.md 2.4 and 2.5)."""
    try:
        yield
    except Unreachable as error:
        raise Problem(500, f"To: {error}", twilio=(400, _NOT_REACHABLE)) from error
    except TakesNoCalls as error:
        raise _takes_no_calls(str(error)) from error
    except CallOver as error:
        raise Problem(410, str(error), twilio=(400, _WRONG_STATE)) from error
    except WrongState as error:
        raise _wrong_state(str(error)) from error


def _takes_no_calls(why: str) -> Problem:
    return Problem(503, f"No call can be made now: {why}. Try again later.", {"Retry-After": "5"})


def _wrong_state(what: str) -> Problem:
    return Problem(409, what, twilio=(400, _WRONG_STATE))
