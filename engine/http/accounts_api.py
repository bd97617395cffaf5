"""The accounts themselves: ``/Accounts`` and ``/Accounts/AC…``, which lie above all other resources."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy import ColumnElement, or_

from engine.http import dialect
from engine.http.account_operations import AccountOperations
from engine.http.answers import answered
from engine.http.auth import authenticated, authorised_account, with_descendants
from engine.http.dialect import Dialect
from engine.http.forms import read_form
from engine.http.operations import asked_by
from engine.http.permissions import Principal
from engine.http.resources.accounts import ACCOUNTS, AccountChange, AccountCreation
from engine.http.rest import SUFFIX, RestApi
from engine.store import AccountRow, Store


class AccountsApi:
    """Shows an account itself and those below it, and lets administrators make and change them."""

    def __init__(self, api: RestApi, store: Store, operations: AccountOperations) -> None:
        self._api = api
        self._store = store
        self._operations = operations

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{prefix}/{spoken.version}/Accounts"
                router.add_get(all_of + SUFFIX, self._list(spoken))
                router.add_post(all_of + SUFFIX, self._create(spoken))
                for path in (f"{all_of}/{{account:[^/]+?}}{SUFFIX}", f"{all_of}.json/{{account}}"):
                    router.add_get(path, self._one(spoken))
                    router.add_post(path, self._change(spoken))
                    router.add_put(path, self._change(spoken))

    def _list(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            principal = await authenticated(request, self._store)
            principal.require("GET", ACCOUNTS.name)
            seen = await self._seen(principal.account, request)
            return await self._api.listed(
                request, ACCOUNTS, spoken, [seen], lambda row: self._json(row, principal, spoken)
            )

        return answer

    async def _seen(self, account: AccountRow, request: web.Request) -> ColumnElement[bool]:
        """Return the condition: this account or one right below it, with SubAccounts any below it."""
        if request.query.get("SubAccounts", "").lower() == "true":
            return AccountRow.sid.in_(await with_descendants(self._store, account.sid))
        return or_(AccountRow.sid == account.sid, AccountRow.parent_sid == account.sid)

    def _create(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            principal = await authenticated(request, self._store)
            principal.require("POST", ACCOUNTS.name)
            form = await read_form(request, AccountCreation)
            asked = asked_by(request, principal.account, spoken)
            (row,) = await self._operations.create(asked, form)
            shown = self._json(row, principal, spoken)
            return await answered(request, shown, ACCOUNTS.called, spoken.created)

        return answer

    def _one(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            row = await authorised_account(request, self._store)
            shown = self._json(row, asked_by(request, row, spoken).by, spoken)
            return await answered(request, shown, ACCOUNTS.called)

        return answer

    def _change(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            row = await authorised_account(request, self._store)
            form = await read_form(request, AccountChange)
            asked = asked_by(request, row, spoken)
            changed = await self._operations.change(asked, row, form)
            return await answered(request, self._json(changed, asked.by, spoken), ACCOUNTS.called)

        return answer

    def _json(self, row: AccountRow, by: Principal, spoken: Dialect) -> dict[str, Any]:
        shown = ACCOUNTS.json(row, self._api.place(row.sid, spoken))
        # Whoever reads a token has all rights of its account.
        return shown if by.administers else shown | {"auth_token": ""}
