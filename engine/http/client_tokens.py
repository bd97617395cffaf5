"""Access tokens for clients through the REST API: ``POST …/Clients/{sid or login}/Tokens``."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from engine import ids
from engine.config import Settings
from engine.config.ice_section import IceSettings
from engine.exchange.access_tokens import mint
from engine.http import dialect
from engine.http.answers import answered
from engine.http.auth import authorised_account
from engine.http.dialect import Dialect
from engine.http.forms import read_form
from engine.http.problems import Problem
from engine.http.resources.clients import CLIENTS
from engine.http.resources.tokens import NAME, ShownToken, TokenCreation
from engine.http.rest import SUFFIX, RestApi
from engine.http.xml_writer import Called
from engine.legs.ice_servers import LONGEST_CALL, ice_servers, relay_user
from engine.store import AccountRow, ClientRow, Store


class ClientTokens:
    """Mints tokens for those who may see the account. Nothing is stored, so there is nothing to list."""

    def __init__(self, api: RestApi, store: Store, settings: Callable[[], Settings]) -> None:
        self._api = api
        self._store = store
        self._settings = settings

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the path in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                path = f"{spoken.accounts(prefix)}/{CLIENTS.name}/{{client:[^/]+}}/{NAME}{SUFFIX}"
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
            shown = _minted(account, client, form, public_url, self._settings().media)
            body = shown.model_dump(mode="json", by_alias=True, context=spoken.name)
            return await answered(request, body, Called.by(NAME), spoken.created)

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
    account: AccountRow, client: ClientRow, form: TokenCreation, public_url: str, ice: IceSettings
) -> ShownToken:
    now = time.time()
    user = relay_user(ice, client.login, int(now) + form.ttl + LONGEST_CALL)
    signed_in = now if form.renewable else None
    token = mint(
        account.sid, account.auth_token, client.login, now=now, seconds=form.ttl, signed_in=signed_in
    )
    return ShownToken(
        account_sid=account.sid,
        client_sid=client.sid,
        login=client.login,
        token=token,
        ttl=form.ttl,
        renewable=form.renewable,
        date_expires=datetime.fromtimestamp(int(now) + form.ttl, UTC),
        # Behind the number sign, so that it reaches no server's log.
        phone_url=f"{public_url}/phone#token={quote(token)}",
        ice_servers=ice_servers(ice, user),
    )
