"""What listens to one call, streams and transcriptions: started and stopped through the REST API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.applications import absolute
from engine.call_desk import CallDesk
from engine.config import Settings
from engine.http import dialect
from engine.http.call_operations import needed_desk, told_as_problems
from engine.http.dialect import Dialect
from engine.http.forms import Form, read_form
from engine.http.problems import Problem
from engine.http.resources.listener_forms import (
    ListenerChange,
    ShownListener,
    StreamCreation,
    TranscriptionCreation,
)
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.store import CallRow, utc_now
from rcml.streaming import StreamRequest
from rcml.transcribing import TranscriptionRequest

F = TypeVar("F", bound=Form)


class Listener(Protocol):
    """A stream or a transcription."""

    sid: str
    name: str
    """Its sid when nobody gave it a name."""


class CallListeners(Generic[F]):
    """`…/Calls/CA…/Streams`, for instance, and what lies below it; one is named by its sid or its name."""

    def __init__(
        self,
        api: RestApi,
        kind: str,
        creation: type[F],
        start: Callable[[CallRow, F], Listener | None],
        stop: Callable[[CallRow, str], Listener | None],
    ) -> None:
        """``start`` returns None when one cannot begin, ``stop`` when there is none."""
        self._api = api
        self._kind = kind
        self._creation = creation
        self._begin = start
        self._end = stop

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{spoken.accounts(prefix)}/Calls/{{sid:[^/.]+}}/{self._kind}"
                router.add_post(all_of + SUFFIX, self._start(spoken))
                router.add_post(f"{all_of}/{{listener:[^/]+?}}{SUFFIX}", self._stop(spoken))

    def _start(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            _, call = await self._api.call_of(request)
            form = await read_form(request, self._creation)
            with told_as_problems():
                listener = self._begin(call, form)
            if listener is None:
                message = "It cannot begin, perhaps because one of that Name runs; the notifications say why."
                raise Problem(409, message, twilio=(400, 21218))
            return self._shown(call, listener, spoken, "in-progress", spoken.created)

        return answer

    def _stop(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            _, call = await self._api.call_of(request)
            await read_form(request, ListenerChange)
            with told_as_problems():
                listener = self._end(call, request.match_info["listener"])
            if listener is None:
                message = f"There is no such resource among {self._kind} of the call, or it has ended."
                raise Problem(404, message, twilio=(404, 20404))
            return self._shown(call, listener, spoken, "stopped")

        return answer

    def _shown(
        self, call: CallRow, listener: Listener, spoken: Dialect, state: str, status: int = 200
    ) -> web.Response:
        shown = ShownListener(
            sid=listener.sid,
            account_sid=call.account_sid,
            call_sid=call.sid,
            name=listener.name if listener.name != listener.sid else None,
            status=state,
            date_updated=utc_now(),
            uri=self._api.place(call.account_sid, spoken).uri("Calls", call.sid, self._kind, listener.sid),
        )
        return json_response(shown.model_dump(mode="json", context=spoken.name), status)


def call_listeners(
    api: RestApi, desk: Callable[[], CallDesk | None], settings: Callable[[], Settings]
) -> tuple[CallListeners[StreamCreation], CallListeners[TranscriptionCreation]]:
    """Return the listeners of calls."""

    def stream(form: StreamCreation) -> StreamRequest:
        return form.request(absolute(form.status_callback or "", settings()))

    def transcription(form: TranscriptionCreation) -> TranscriptionRequest:
        return form.request(absolute(form.status_callback, settings()))

    return (
        CallListeners(
            api,
            "Streams",
            StreamCreation,
            lambda call, form: needed_desk(desk).start_stream(call, stream(form)),
            lambda call, name: needed_desk(desk).stop_stream(call, name),
        ),
        CallListeners(
            api,
            "Transcriptions",
            TranscriptionCreation,
            lambda call, form: needed_desk(desk).start_transcription(call, transcription(form)),
            lambda call, name: needed_desk(desk).stop_transcription(call, name),
        ),
    )
