"""Whom we exchange calls with: the clients and trunks of the store, and what keeps contact with them."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from contextlib import AsyncExitStack

from engine import ids
from engine.accounts import AccountTree
from engine.applications import absolute, of_application, of_client, of_number, refused_number
from engine.config import Settings
from engine.exchange.access_tokens import AccessTokens
from engine.exchange.authentication import Authenticator
from engine.exchange.routing import Application, NumberRoute, Parameters, Router
from engine.exchange.source_bans import SourceBans
from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.peers.callers import CallerIdentification
from engine.peers.clients import ClientDirectory
from engine.peers.name_lookup import NameLookup
from engine.peers.phone_desk import PhoneDesk
from engine.peers.registrar import Registrar
from engine.peers.sip_requests import SipRequests
from engine.peers.trunk_links import TrunkLinks
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.store import ApplicationRow, NumberRow, Store, TrunkRow
from engine.store.registrations import StoredRegistrations
from sip.errors import PeerError
from sip.nonce import NonceIssuer
from sip.transport.resolver import Resolver


class Peers:
    """Clients with their registrar, and trunks. :meth:`refresh` it when the store's rows changed."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        accounts: AccountTree,
        requests: SipRequests,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._store = store
        self._accounts = accounts
        self._numbers: list[NumberRow] = []
        self._applications: dict[str, ApplicationRow] = {}
        self._refreshing = asyncio.Lock()
        self.clients = ClientDirectory()
        self.trunks = TrunkDirectory()
        self.tokens = AccessTokens(self.clients.find, time.time)
        authenticator = Authenticator(
            settings.sip.realm,
            self.clients.find,
            NonceIssuer(secrets.token_bytes(32)),
            ids.new_tag,
            SourceBans(settings.sip.ban_failures, settings.sip.ban_seconds),
            settings.sip.digest_algorithms,
            required=settings.sip.authenticate,
            tokens=self.tokens,
            vouches=lambda host: self.trunks.of_source(host) is not None,
        )
        if not settings.sip.authenticate:
            log.get("authentication").warning("clients.believed", reason="sip.authenticate is false")
        # A connection of ours needs no listener over TLS: peers answer, and ask, along it.
        transports = {listener.transport.upper() for listener in settings.sip.listen} | {"TLS"}
        self.resolver = Resolver(NameLookup(), sorted(transports), random.randrange)
        self.registrar = Registrar(
            requests,
            authenticator,
            self.clients,
            StoredRegistrations(store),
            resolve=self.resolver.resolve,
            ping_interval=settings.sip.ping_interval,
        )
        self.callers = CallerIdentification(
            authenticator,
            self.clients,
            self.trunks,
            self.registrar.knows,
            lambda row: of_client(row, self._settings, self._applications),
        )
        self.links = TrunkLinks(requests, self.resolver.resolve, metrics, settings.sip.ping_interval)
        self.trunks.is_up = self.links.is_up
        self._metrics = metrics

    def phone_desk(self, ready: str) -> PhoneDesk:
        """Return what signs browser phones in; ``ready`` is a login that needs no password, or empty."""
        sip = self._settings.sip
        bans = SourceBans(sip.ban_failures, sip.ban_seconds)
        return PhoneDesk(self.clients, self.tokens, sip.realm, bans, time.time, ready=ready)

    async def start(self, parts: AsyncExitStack) -> None:
        """Read the store and take up registrations; ``parts`` stops what this starts."""
        await self._read()
        await self.registrar.start()
        parts.push_async_callback(self.registrar.stop)
        self._metrics.add_snapshot("registrar", self.registrar.statistics)

    async def connect(self, parts: AsyncExitStack) -> None:
        """Make contact with the trunks; the listeners are there by now, which our Contact names."""
        parts.push_async_callback(self.links.stop)
        await self.links.update(self.trunks.trunks)

    async def refresh(self, settings: Settings) -> None:
        """Take over changed rows and settings; clients that are closed now lose their registrations.

        Whoever asks while one refresh runs waits for another that begins after it.
        """
        async with self._refreshing:
            self._settings = settings
            await self._read()
            self.registrar.drop_closed()
            await self.links.update(self.trunks.trunks)

    async def application(self, sid: str, account_sid: str, parameters: Parameters) -> Application | None:
        """Return an account's application to call; None when it has none of this sid that could answer."""
        row = await self._store.get(ApplicationRow, sid)
        if row is None or row.account_sid != account_sid:
            return None
        return of_application(row, self._settings, parameters)

    def router(self, settings: Settings, default: str) -> Router:
        """Make a router; ``default`` is the URL for what matches no number."""
        return Router(
            [route for row in self._numbers if (route := self._route(row, settings)) is not None],
            default=_default(absolute(default, settings)) if default else None,
            anonymous_inbound=settings.sip.anonymous_inbound,
            registered=lambda login: bool(self.registrar.contacts(login)),
            trunks=self.trunks,
            asks_for_credentials=len(self.clients) > 0,
        )

    def _route(self, row: NumberRow, settings: Settings) -> NumberRoute | None:
        inactive = self._accounts.inactive(row.account_sid)
        return refused_number(row, inactive) if inactive else of_number(row, settings, self._applications)

    async def _read(self) -> None:
        await self._accounts.refresh(self._store)
        await self.clients.refresh(self._store, self._accounts)
        await self.tokens.refresh(self._store)
        self._applications = {row.sid: row for row in await self._store.find(ApplicationRow)}
        # Patterns of one length are tried in the order of the file, then those that the REST API made.
        places = {entry.number or entry.regex: place for place, entry in enumerate(self._settings.numbers)}
        numbers = await self._store.find(NumberRow, order_by=[NumberRow.date_created])
        self._numbers = sorted(numbers, key=lambda row: places.get(row.phone_number, len(places)))
        in_file = [entry.name for entry in self._settings.trunks]
        rows = await self._store.find(TrunkRow, order_by=[TrunkRow.date_created])
        rows.sort(key=lambda row: in_file.index(row.name) if row.name in in_file else len(in_file))
        self.trunks.trunks = tuple(trunk for row in rows if (trunk := _trunk(row)) is not None)


def _default(url: str) -> Application:
    """Return the application of whatever matches no number: a text is asked about at the same URL."""
    return Application(voice_url=url, sms_url=url)


def _trunk(row: TrunkRow) -> Trunk | None:
    try:
        return Trunk.of(row)
    except (PeerError, ValueError) as error:
        log.get("peers").error("trunk.unusable", name=row.name, error=str(error))
        return None
