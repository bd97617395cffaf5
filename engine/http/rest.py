"""Serves the declared resources in both dialects: lists, one by one, and what can be done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from engine import ids
from engine.http import dialect, resources
from engine.http.answers import AT_A_TIME, answered
from engine.http.auth import authorised_account, with_descendants
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import read_form, refuse_nul
from engine.http.lists import Lists
from engine.http.operations import Operations, asked_by
from engine.http.paging import Page
from engine.http.problems import Problem
from engine.http.resources import Place, Resource
from engine.http.resources.calls import CALLS
from engine.store import AccountRow, CallRow, Store

MOST_OF_A_CALL = 10_000
"""Rows of one call that are listed below it; the account's own list has them all, page by page."""
SUFFIX = r"{suffix:(?:\.json|\.xml)?}"


class RestApi:
    """The resources of all accounts, for those who may see them.

    ``operations`` are by the name of the resource whose declaration has forms for them.
    """

    def __init__(
        self,
        store: Store,
        public_url: Callable[[], str],
        operations: Mapping[str, Operations[Any, Any, Any]],
    ) -> None:
        self._store = store
        self._public_url = public_url
        self._operations = operations
        self._lists = Lists(store)

    async def close(self) -> None:
        """End what goes on aside of requests."""
        await self._lists.close()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths of every resource, in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                account = spoken.accounts(prefix)
                for resource in resources.ALL:
                    self._add_resource(router, account, resource, spoken)
                for owner, resource in resources.BELOW:
                    path = f"{account}/{owner.name}/{{sid:[^/.]+}}/{resource.name}{SUFFIX}"
                    router.add_get(path, self._those_of(owner, resource, spoken))

    def _add_resource(
        self, router: web.UrlDispatcher, account: str, resource: Resource[Any], spoken: Dialect
    ) -> None:
        whole = f"{account}/{resource.name}{SUFFIX}"
        one = (
            f"{account}/{resource.name}/{{sid:[^/.]+}}{SUFFIX}",
            f"{account}/{resource.name}.json/{{sid:[^/.]+}}",
        )
        router.add_get(whole, self._list_of(resource, spoken))
        if resource.creation is not None:
            router.add_post(whole, self._creation_of(resource, spoken))
        for path in one:
            router.add_get(path, self._one_of(resource, spoken))
            if resource.change is not None:
                change = self._change_of(resource, spoken)
                router.add_post(path, change)
                router.add_put(path, change)
            if resource.deletable:
                router.add_delete(path, self._deletion_of(resource, spoken))

    def _list_of(self, resource: Resource[Any], spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            place = self.place(account.sid, spoken)
            mine = await self._accounts(resource, account, request.query)
            return await self.listed(
                request, resource, spoken, mine, lambda row: self._json(resource, row, place)
            )

        return answer

    async def listed(
        self,
        request: web.Request,
        resource: Resource[Any],
        spoken: Dialect,
        mine: Sequence[Any],
        shown: Callable[[Any], dict[str, Any]],
    ) -> web.Response:
        """Return the page that a request asks for; ``mine``: the conditions that one may see a row."""
        for name, value in request.query.items():
            refuse_nul(name, value)

        async def written(rows: Sequence[Any]) -> list[dict[str, Any]]:
            items = await _written(rows, shown)
            if resource.joined is None:
                return items
            joined = await resource.joined(self._store, rows, request.query)
            return [item | joined.get(row.sid, {}) for item, row in zip(items, rows, strict=True)]

        found = await self._lists.read(resource, spoken, mine, request.path, request.query, written)
        array = resource.key_in(spoken) if isinstance(found, dict) else ""
        return await answered(request, found, resource.called, array=array)

    async def _accounts(
        self, resource: Resource[Any], account: AccountRow, query: Mapping[str, str]
    ) -> list[Any]:
        """Return the condition that rows are the account's, or those of the accounts below it too."""
        if query.get("SubAccounts", "").lower() == "true":
            everybody = await with_descendants(self._store, account.sid)
            if len(everybody) > 1:
                return [resource.accounts(query).in_(everybody)]
        return [resource.accounts(query) == account.sid]

    def _one_of(self, resource: Resource[Any], spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            row = await self.find(resource, request.match_info["sid"], account.sid)
            shown = self._json(resource, row, self.place(account.sid, spoken))
            return await answered(request, shown, resource.called)

        return answer

    def _those_of(self, owner: Resource[Any], resource: Resource[Any], spoken: Dialect) -> Handler:
        """List what belongs to one call, or to one recording."""
        owned = resource.row.call_sid if owner is CALLS else resource.row.recording_sid

        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            found = await self.find(owner, request.match_info["sid"], account.sid)
            narrowed = (each.conditions(request.query, spoken) for each in resource.filters)
            rows = await self._store.find(
                resource.row,
                owned == found.sid,
                *resource.where,
                *chain.from_iterable(narrowed),
                order_by=(resource.row.date_created,),
                limit=MOST_OF_A_CALL,
            )
            place = self.place(account.sid, spoken)
            items = await _written(rows, lambda row: self._json(resource, row, place))
            if spoken is TWILIO:
                whole = Page(0, max(len(items), 1))
                body = whole.twilio_body(request.path, resource.key, items, more=False)
                return await answered(request, body, resource.called, array=resource.key)
            return await answered(request, items, resource.called)

        return answer

    def _creation_of(self, resource: Resource[Any], spoken: Dialect) -> Handler:
        form_kind, operations = resource.creation, self._operations[resource.name]
        assert form_kind is not None, "a route is added only for a declared form"

        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            form = await read_form(request, form_kind)
            rows = await operations.create(asked_by(request, account, spoken), form)
            place = self.place(account.sid, spoken)
            made = [resource.json_of_made(row, place) or self._json(resource, row, place) for row in rows]
            # Restcomm's dialect shows a call that rings several telephones as several.
            several = len(made) > 1 and spoken is not TWILIO
            shown = made if several else made[0]
            return await answered(request, shown, resource.called_when_made(spoken), spoken.created)

        return answer

    def _change_of(self, resource: Resource[Any], spoken: Dialect) -> Handler:
        form_kind, operations = resource.change, self._operations[resource.name]
        assert form_kind is not None, "a route is added only for a declared form"

        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            row = await self._find_to_change(resource, request.match_info["sid"], account.sid)
            form = await read_form(request, form_kind)
            changed = await operations.change(asked_by(request, account, spoken), row, form)
            shown = self._json(resource, changed, self.place(account.sid, spoken))
            return await answered(request, shown, resource.called)

        return answer

    def _deletion_of(self, resource: Resource[Any], spoken: Dialect) -> Handler:
        operations = self._operations[resource.name]

        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            row = await self.find(resource, request.match_info["sid"], account.sid)
            await operations.delete(asked_by(request, account, spoken), row)
            return web.Response(status=resource.deleted or spoken.deleted)

        return answer

    async def _find_to_change(self, resource: Resource[Any], text: str, account_sid: str) -> Any:
        """As :meth:`find`; for calls Restcomm answers 400 and 406 where all else is 404."""
        try:
            return await self.find(resource, text, account_sid)
        except Problem as problem:
            if problem.status != 404 or resource.row is not CallRow:
                raise
            status = 406 if ids.call_sid_in(text) else 400
            raise Problem(status, problem.message, twilio=(404, 20404)) from None

    async def find(self, resource: Resource[Any], text: str, account_sid: str) -> Any:
        """Return the row that a path names; raises :class:`Problem` when the account has none such."""
        sid = (ids.call_sid_in(text) or text) if resource.row is CallRow else text
        found = []
        if ids.is_sid(sid):
            found = await self._store.find(resource.row, resource.row.sid == sid, *resource.where, limit=1)
        row = found[0] if found else None
        if row is None:
            raise Problem(404, f"There is no such resource among {resource.name}.")
        if row.account_sid != account_sid:
            message = "The resource belongs to another account than the path says."
            raise Problem(400, message, twilio=(404, 20404))
        return row

    def _json(self, resource: Resource[Any], row: Any, place: Place) -> dict[str, Any]:
        work = self._operations.get(resource.name)
        return resource.json(row, place, work.live(row) if work is not None else None)

    def place(self, account_sid: str, spoken: Dialect) -> Place:
        """Return where the account's resources lie."""
        return Place(account_sid, self._public_url(), spoken)


async def _written(rows: Sequence[Any], shown: Callable[[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; between a few of them calls have their turn (quiet loop)."""
    items = []
    for position, row in enumerate(rows, 1):
        items.append(shown(row))
        if position % AT_A_TIME == 0:
            await asyncio.sleep(0)
    return items
