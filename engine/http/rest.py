"""Serves the resources: lists, one by one, and those of a call. Read-only so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from engine import ids
from engine.http import resources
from engine.http.auth import authorised_account
from engine.http.paging import Page
from engine.http.problems import Problem
from engine.http.resources import Place, Resource
from engine.store import CallRow, Store
from engine.store.tables import API_VERSION

PREFIXES = ("", "/restcomm", "/api")
_SUFFIX = r"{suffix:(?:\.json)?}"


class RestApi:
    """The resources of all accounts, for those who may see them."""

    def __init__(self, store: Store, public_url: Callable[[], str]) -> None:
        self._store = store
        self._public_url = public_url

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths of every resource under each prefix."""
        for prefix in PREFIXES:
            account = f"{prefix}/{API_VERSION}/Accounts/{{account}}"
            for resource in resources.ALL:
                router.add_get(f"{account}/{resource.name}{_SUFFIX}", self._list_of(resource))
                one = self._one_of(resource)
                router.add_get(f"{account}/{resource.name}/{{sid:[^/.]+}}{_SUFFIX}", one)
                router.add_get(f"{account}/{resource.name}.json/{{sid:[^/.]+}}", one)
            for resource in resources.OF_A_CALL:
                path = f"{account}/Calls/{{sid:[^/.]+}}/{resource.name}{_SUFFIX}"
                router.add_get(path, self._those_of_a_call(resource))

    def _list_of(self, resource: Resource[Any]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            page = Page.asked(request.query)
            mine = (resource.row.account_sid == account.sid, *resource.where)
            total = await self._store.count(resource.row, *mine)
            newest = (resource.row.date_created.desc(), resource.row.sid)
            rows = await self._store.find(
                resource.row, *mine, order_by=newest, limit=page.size, offset=page.offset
            )
            place = self._place(account.sid)
            items = [resource.json(row, place) for row in rows]
            last_sid = rows[-1].sid if rows else ""
            return _json(page.body(request.path, resource.key, items, total, last_sid))

        return answer

    def _one_of(self, resource: Resource[Any]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            row = await self._find(resource, request.match_info["sid"], account.sid)
            return _json(resource.json(row, self._place(account.sid)))

        return answer

    def _those_of_a_call(self, resource: Resource[Any]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            call = await self._find(resources.ALL[0], request.match_info["sid"], account.sid)
            rows = await self._store.find(
                resource.row,
                resource.row.call_sid == call.sid,
                *resource.where,
                order_by=(resource.row.date_created,),
            )
            place = self._place(account.sid)
            return _json([resource.json(row, place) for row in rows])

        return answer

    async def _find(self, resource: Resource[Any], text: str, account_sid: str) -> Any:
        sid = (ids.call_sid_in(text) or text) if resource.row is CallRow else text
        row = await self._store.get(resource.row, sid) if ids.is_sid(sid) else None
        if row is None:
            raise Problem(404, f"There is no such resource among {resource.name}.")
        if row.account_sid != account_sid:
            raise Problem(400, "The resource belongs to another account than the path says.")
        return row

    def _place(self, account_sid: str) -> Place:
        return Place(account_sid, self._public_url())


def _json(value: Any) -> web.Response:
    return web.Response(text=json.dumps(value, ensure_ascii=False), content_type="application/json")
