"""The recordings of one call: begun, paused, taken up again and stopped while it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.call_desk import CallDesk
from engine.config import Settings
from engine.http import dialect
from engine.http.auth import authorised_account
from engine.http.call_operations import needed_desk, talk_recording, told_as_problems
from engine.http.dialect import Dialect
from engine.http.forms import read_form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.http.resources.call_forms import RecordingChange, RecordingCreation
from engine.http.resources.calls import CALLS
from engine.http.resources.recordings import RECORDINGS
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.kept_recording import KeptRecording
from engine.store import AccountRow, CallRow, RecordingRow, Store


class CallRecordings:
    """`…/Calls/CA…/Recordings` and what lies below it. ``Twilio.CURRENT`` is the one that runs."""

    def __init__(
        self,
        api: RestApi,
        store: Store,
        desk: Callable[[], CallDesk | None],
        settings: Callable[[], Settings],
        kept: Operations[RecordingRow, Any, Any],
    ) -> None:
        """``kept`` deletes the recordings that have ended."""
        self._api = api
        self._store = store
        self._find_desk = desk
        self._settings = settings
        self._kept = kept

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{spoken.accounts(prefix)}/Calls/{{sid:[^/.]+}}/Recordings"
                router.add_post(all_of + SUFFIX, self._begin(spoken))
                one = f"{all_of}/{{recording:(?:[^/.]+|Twilio\\.CURRENT)}}{SUFFIX}"
                router.add_get(one, self._one(spoken))
                router.add_post(one, self._change(spoken))
                router.add_put(one, self._change(spoken))
                router.add_delete(one, self._delete(spoken))

    def _begin(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account, call = await self._call(request)
            form = await read_form(request, RecordingCreation)
            with told_as_problems():
                recording = self._desk.record(call, talk_recording(form, self._settings()))
            return self._shown(account, recording.row, spoken, spoken.created)

        return answer

    def _one(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account, call = await self._call(request)
            running = self._running(call, request)
            row = running.row if running is not None else await self._row(account, call, request)
            return self._shown(account, row, spoken)

        return answer

    def _change(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account, call = await self._call(request)
            form = await read_form(request, RecordingChange)
            recording = self._running(call, request)
            if recording is None:
                await self._row(account, call, request)
                raise Problem(409, "The recording has ended.", twilio=(400, 21220))
            if form.status == "stopped":
                await recording.finish()
            else:
                recording.pause(paused=form.status == "paused")
            return self._shown(account, recording.row, spoken)

        return answer

    def _delete(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account, call = await self._call(request)
            running = self._running(call, request)
            row = running.row if running is not None else await self._row(account, call, request)
            await self._kept.delete(Asked(account, spoken), row)
            return web.Response(status=spoken.deleted)

        return answer

    @property
    def _desk(self) -> CallDesk:
        return needed_desk(self._find_desk)

    async def _call(self, request: web.Request) -> tuple[AccountRow, CallRow]:
        account = await authorised_account(request, self._store)
        call: CallRow = await self._api.find(CALLS, request.match_info["sid"], account.sid)
        return account, call

    def _running(self, call: CallRow, request: web.Request) -> KeptRecording | None:
        return self._desk.recording(call, request.match_info["recording"])

    async def _row(self, account: AccountRow, call: CallRow, request: web.Request) -> RecordingRow:
        row: RecordingRow = await self._api.find(RECORDINGS, request.match_info["recording"], account.sid)
        if row.call_sid != call.sid:
            raise Problem(404, "The call has no such recording.")
        return row

    def _shown(
        self, account: AccountRow, row: RecordingRow, spoken: Dialect, status: int = 200
    ) -> web.Response:
        return json_response(RECORDINGS.json(row, self._api.place(account.sid, spoken)), status)
