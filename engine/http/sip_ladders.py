"""The SIP messages of a call: ``…/Calls/CA…/Ladder``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.http import dialect
from engine.http.auth import authorised_account
from engine.http.problems import Problem
from engine.http.resources.calls import CALLS
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.ladders import Ladders
from engine.store import CallRow, LadderRow, Store


class SipLadders:
    """Shows what passed between us and a party, while the call lives and for two days after."""

    def __init__(self, api: RestApi, store: Store, ladders: Callable[[], Ladders | None]) -> None:
        self._api = api
        self._store = store
        self._find = ladders

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the path in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                path = f"{spoken.accounts(prefix)}/Calls/{{sid:[^/.]+}}/Ladder{SUFFIX}"
                router.add_get(path, self._show())

    def _show(self) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            call: CallRow = await self._api.find(CALLS, request.match_info["sid"], account.sid)
            ladders = self._find()
            row = await ladders.find(call.sid) if ladders is not None else None
            if row is None:
                message = "Nothing is kept of this call's SIP: it is too old, or [traces] keeps none."
                raise Problem(404, message)
            return json_response(_json(row))

        return answer


def _json(row: LadderRow) -> dict[str, Any]:
    names = ("seconds", "direction", "peer", "summary", "message")
    return {
        "call_sid": row.sid,
        "account_sid": row.account_sid,
        "ladder": "\n".join(
            f"{at:>8}  {arrow} {summary:<16} {peer}" for at, arrow, peer, summary, _ in row.steps
        ),
        "steps": [dict(zip(names, (float(step[0]), *step[1:]), strict=True)) for step in row.steps],
    }
