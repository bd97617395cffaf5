"""The streams of one call, started and stopped through the REST API while it lives."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.applications import absolute
from engine.call_desk import CallDesk
from engine.config import Settings
from engine.http import dialect
from engine.http.call_operations import needed_desk, told_as_problems
from engine.http.dialect import Dialect
from engine.http.forms import read_form
from engine.http.problems import Problem
from engine.http.resources.stream_forms import ShownStream, StreamChange, StreamCreation
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.store import CallRow, utc_now
from engine.streams.live_stream import LiveStream
from rcml.call import Callback
from rcml.streaming import StreamRequest
from rcml.values import HttpMethod


class CallStreamOperations:
    """`…/Calls/CA…/Streams` and what lies below it; a stream is named by its sid or its name."""

    def __init__(
        self, api: RestApi, desk: Callable[[], CallDesk | None], settings: Callable[[], Settings]
    ) -> None:
        self._api = api
        self._find_desk = desk
        self._settings = settings

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{spoken.accounts(prefix)}/Calls/{{sid:[^/.]+}}/Streams"
                router.add_post(all_of + SUFFIX, self._start(spoken))
                router.add_post(f"{all_of}/{{stream:[^/]+?}}{SUFFIX}", self._stop(spoken))

    def _start(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            _, call = await self._api.call_of(request)
            form = await read_form(request, StreamCreation)
            with told_as_problems():
                stream = self._desk.start_stream(call, self._request(form))
            if stream is None:
                message = f"Name = {form.name[:80]!r}: a stream of that name runs: stop it first."
                raise Problem(409, message, twilio=(400, 21218))
            return self._shown(call, stream, spoken, "in-progress", spoken.created)

        return answer

    def _stop(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            _, call = await self._api.call_of(request)
            await read_form(request, StreamChange)
            with told_as_problems():
                stream = self._desk.stop_stream(call, request.match_info["stream"])
            if stream is None:
                raise Problem(404, "The call has no such stream, or it has ended.", twilio=(404, 20404))
            return self._shown(call, stream, spoken, "stopped")

        return answer

    def _request(self, form: StreamCreation) -> StreamRequest:
        callback = None
        if form.status_callback is not None:
            url = absolute(form.status_callback, self._settings())
            callback = Callback(url=url, method=HttpMethod(form.status_callback_method))
        return StreamRequest(
            url=form.url,
            name=form.name,
            track=form.track,
            parameters=form.parameters,
            status_callback=callback,
        )

    @property
    def _desk(self) -> CallDesk:
        return needed_desk(self._find_desk)

    def _shown(
        self, call: CallRow, stream: LiveStream, spoken: Dialect, state: str, status: int = 200
    ) -> web.Response:
        place = self._api.place(call.account_sid, spoken)
        shown = ShownStream(
            sid=stream.sid,
            account_sid=call.account_sid,
            call_sid=call.sid,
            name=stream.name if stream.name != stream.sid else None,
            status=state,
            date_updated=utc_now(),
            uri=place.uri("Calls", call.sid, "Streams", stream.sid),
        )
        return json_response(shown.model_dump(mode="json", context=spoken.name), status)
