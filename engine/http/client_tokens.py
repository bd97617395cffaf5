"""Access tokens for clients through the REST API: ``POST …/Clients/{sid or login}/Tokens``."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import Field

from engine import ids
from engine.access_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS, mint
from engine.http import dialect
from engine.http.auth import authorised_account
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form, read_form
from engine.http.problems import Problem
from engine.http.resources.clients import CLIENTS
from engine.http.resources.declaration import iso8601, rfc2822
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.store import AccountRow, ClientRow, Store


class TokenCreation(Form):
    """A request for a token."""

    ttl: int = Field(
        USUAL_SECONDS,
        alias="Ttl",
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Seconds until it expires.",
    )
    renewable: bool = Field(
        False, alias="Renewable", description="Whether the phone page may renew it, for twelve hours."
    )


class ClientTokens:
    """Mints tokens for those who may see the account. Nothing is stored, so there is nothing to list."""

    def __init__(self, api: RestApi, store: Store) -> None:
        self._api = api
        self._store = store

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the path in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                path = f"{spoken.accounts(prefix)}/{CLIENTS.name}/{{client:[^/]+}}/Tokens{SUFFIX}"
                router.add_post(path, self._creation(spoken))

    def _creation(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            client = await self._client(request.match_info["client"], account.sid)
            form = await read_form(request, TokenCreation)
            if account.status != "active" or client.status != 1:
                what = f"The client {client.login!r}" if client.status != 1 else "The account"
                raise Problem(409, f"{what} is closed: open it first.", twilio=(409, 20409))
            public_url = self._api.place(account.sid, spoken).public_url
            return json_response(_minted(account, client, form, public_url, spoken), spoken.created)

        return answer

    async def _client(self, name: str, account_sid: str) -> ClientRow:
        if not ids.is_sid(name, ids.CLIENT):
            found = await self._store.find(
                ClientRow, ClientRow.login == name, ClientRow.account_sid == account_sid
            )
            if found:
                return found[0]
        client: ClientRow = await self._api.find(CLIENTS, name, account_sid)
        return client


def _minted(
    account: AccountRow, client: ClientRow, form: TokenCreation, public_url: str, spoken: Dialect
) -> dict[str, Any]:
    now = time.time()
    signed_in = now if form.renewable else None
    token = mint(
        account.sid, account.auth_token, client.login, now=now, seconds=form.ttl, signed_in=signed_in
    )
    expires = datetime.fromtimestamp(int(now) + form.ttl, UTC)
    return {
        "account_sid": account.sid,
        "client_sid": client.sid,
        "login": client.login,
        "token": token,
        "ttl": str(form.ttl) if spoken is TWILIO else form.ttl,
        "renewable": form.renewable,
        "date_expires": rfc2822(expires) if spoken is TWILIO else iso8601(expires),
        # Behind the number sign, so that it reaches no server's log.
        "phone_url": f"{public_url}/phone#token={quote(token)}",
    }
