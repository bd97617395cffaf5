"""``POST …/Accounts/{account}/Tokens``: STUN and TURN servers for browsers, as Twilio has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.config import Settings
from engine.http import dialect
from engine.http.answers import answered
from engine.http.auth import authorised_account
from engine.http.dialect import Dialect
from engine.http.forms import read_form
from engine.http.problems import Problem
from engine.http.resources.tokens import NAME, RelayTokenCreation, ShownRelayToken
from engine.http.rest import SUFFIX
from engine.http.xml_writer import Called
from engine.legs.ice_servers import ice_servers, relay_user
from engine.store import Store


class RelayTokens:
    """Tells whoever may see the account. The list is empty where browsers need no help to reach us."""

    def __init__(self, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the path in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                router.add_post(f"{spoken.accounts(prefix)}/{NAME}{SUFFIX}", self._creation(spoken))

    def _creation(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            form = await read_form(request, RelayTokenCreation)
            if account.status != "active":
                raise Problem(409, "The account is closed: open it first.", twilio=(409, 20409))
            shown = self._shown(account.sid, form.ttl)
            body = shown.model_dump(mode="json", by_alias=True, context=spoken.name)
            return await answered(request, body, Called.by(NAME), spoken.created)

        return answer

    def _shown(self, account_sid: str, ttl: int) -> ShownRelayToken:
        now, media = int(time.time()), self._settings().media
        user = relay_user(media, account_sid, now + ttl)
        servers = ice_servers(media, user)
        has_relay = any("username" in server for server in servers)
        made = datetime.fromtimestamp(now, UTC)
        return ShownRelayToken(
            account_sid=account_sid,
            date_created=made,
            date_updated=made,
            ice_servers=[{"url": server["urls"], **server} for server in servers],
            username=user.username if has_relay else "",
            password=user.password if has_relay else "",
            ttl=ttl,
        )
