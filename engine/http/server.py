"""The HTTP server of the daemon: health, readiness, metrics, recordings and the REST resources."""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.calls.call_desk import CallDesk
from engine.conferences import Conferences
from engine.config import Settings
from engine.errors import ConfigurationError
from engine.http import docs_page
from engine.http.account_operations import AccountOperations
from engine.http.accounts_api import AccountsApi
from engine.http.application_operations import ApplicationOperations
from engine.http.auth import GUESSES
from engine.http.call_operations import CallOperations
from engine.http.call_recordings import OwnRecordings
from engine.http.caller_id_operations import CallerIdOperations
from engine.http.client_operations import ClientOperations
from engine.http.client_tokens import ClientTokens
from engine.http.conference_operations import ConferenceOperations, ParticipantOperations
from engine.http.doorkeeper import IDLE_WITHIN, Doorkeeper, GuardedSite
from engine.http.event_operations import EventOperations
from engine.http.guesses import Guesses
from engine.http.key_operations import KeyOperations, UserOperations
from engine.http.listener_operations import StreamOperations, TranscriptionsOfCalls
from engine.http.message_operations import Desks, EmailOperations, TextOperations
from engine.http.noted_requests import noting
from engine.http.number_operations import NumberExplanations, NumberOperations
from engine.http.openapi import description
from engine.http.operations import Operations
from engine.http.parts import PartOperations, PartRoutes
from engine.http.phone import PhoneSite
from engine.http.problems import Problem, add_security_headers, answer_problems
from engine.http.provisioning import Exchange, Inventory
from engine.http.proxies import is_trusted
from engine.http.queue_operations import MemberOperations, QueueOperations
from engine.http.recorded_sound import RecordedSound
from engine.http.recording_operations import RecordingOperations
from engine.http.relay_tokens import RelayTokens
from engine.http.resources import recordings
from engine.http.resources.explanations import EXPLANATION
from engine.http.resources.ladders import LADDER
from engine.http.resources.listeners import STREAMS_OF_A_CALL, TRANSCRIPTIONS_OF_A_CALL
from engine.http.resources.messages import EMAILS, SMS_MESSAGES, TEXTS
from engine.http.resources.participants import PARTICIPANTS
from engine.http.resources.parts import Part
from engine.http.resources.queues import MEMBERS
from engine.http.resources.usage import USAGE
from engine.http.resources.views import View
from engine.http.rest import RestApi
from engine.http.sip_ladders import SipLadders
from engine.http.sip_websocket import SipWebSockets
from engine.http.trace_context import continue_trace
from engine.http.transcription_operations import TranscriptionOperations
from engine.http.trunk_operations import TrunkOperations
from engine.http.usage_records import UsageRecords
from engine.http.usage_trigger_operations import UsageTriggerOperations
from engine.http.views import ViewRoutes, ViewWork
from engine.peers.phone_desk import PhoneDesk
from engine.queues import Queues
from engine.recordings.removal import RecordingRemoval
from engine.reporting.ladders import Ladders
from engine.reporting.metrics import Metrics
from engine.reporting.traces import TraceLog
from engine.requests.webhooks import WebhookOutbox
from engine.s3.uploads import RecordingUploads
from engine.store import RecordingFolder, Store
from engine.usage_triggers import UsageTriggers

MOST_CONNECTIONS = 1000
LARGEST_BODY = 1_048_576
"""Bytes of a request: the form of a long mail, each letter of it escaped."""
_CLOSE_WITHIN = 2.0


Readiness = Callable[[], str | None]
"""Returns None when calls are taken, else why not, such as ``starting`` or ``draining``."""


class HttpServer:
    """Serves until stopped. ``settings`` may be replaced at a reload; the address stays."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        metrics: Metrics,
        readiness: Readiness,
        conferences: Conferences | None = None,
        queues: Queues | None = None,
        most_connections: int = MOST_CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings
        self.desk: CallDesk | None = None
        """Makes and steers calls, once the daemon takes them."""
        self.messages: Desks | None = None
        """Send texts and mails, once the daemon does."""
        self.exchange: Exchange | None = None
        """Follows the rows that the REST API writes, once the daemon can."""
        self.sip: SipWebSockets | None = None
        """Takes SIP over WebSocket, once the daemon does."""
        self.phone: PhoneDesk | None = None
        """Signs browser phones in, once the daemon knows its clients."""
        self.traces: TraceLog | None = None
        """Keeps what applications change, once the daemon has one."""
        self.ladders: Ladders | None = None
        """Finds the SIP messages of calls, once there are any."""
        self.outbox: WebhookOutbox | None = None
        """Delivers events, once the daemon does."""
        self.uploads: RecordingUploads | None = None
        """Fetches recordings that are in other storage, once the daemon does."""
        self.usage_triggers = UsageTriggers(store)
        """Those that the REST API makes; they are looked at once the daemon starts that."""
        self._store = store
        self._metrics = metrics
        self._readiness = readiness
        self._conferences = conferences if conferences is not None else Conferences()
        self._queues = queues if queues is not None else Queues(store, metrics)
        self._sound = RecordedSound(lambda: self._folder, lambda: self.uploads)
        self._removal = RecordingRemoval(store, lambda: self._folder, lambda: self.uploads)
        self._runner: web.AppRunner | None = None
        self._tls = tls
        self._doorkeeper = Doorkeeper(most_connections, trusts=self._trusts)
        self._api: RestApi | None = None

    async def start(self) -> None:
        """Listen; raise :exc:`engine.errors.ConfigurationError` when the address cannot be had."""
        note = noting(lambda: self.traces)
        middlewares = [self._doorkeeper.note_request, self._count, continue_trace, note, answer_problems]
        app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
        app[GUESSES] = Guesses()
        app.on_response_prepare.append(add_security_headers)
        self._add_routes(app.router)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_CLOSE_WITHIN, keepalive_timeout=IDLE_WITHIN
        )
        await self._runner.setup()
        try:
            listen = self.settings.http.listen
            site = GuardedSite(self._runner, listen.host, listen.port, self._doorkeeper, self._tls)
            await site.start()
        except OSError as error:
            await self.stop()
            raise ConfigurationError(
                f"http.listen = {str(self.settings.http.listen)!r}: {error.strerror}; choose another port"
            ) from error

    def _trusts(self, host: str) -> bool:
        return is_trusted(host, self.settings.http.trusted_proxies)

    @property
    def port(self) -> int:
        """The port that is listened on, also when the configuration says 0."""
        assert self._runner is not None, "the server has not been started"
        return int(self._runner.addresses[0][1])

    def routes(self) -> list[web.AbstractRoute]:
        """Return everything that can be asked for."""
        assert self._runner is not None, "the server has not been started"
        return list(self._runner.app.router.routes())

    async def stop(self) -> None:
        """Close, letting requests under way end within two seconds."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._api is not None:
            await self._api.close()

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/healthz", self._healthz)
        router.add_get("/readyz", self._readyz)
        router.add_get("/metrics", self._show_metrics)
        router.add_get("/openapi.json", self._describe)
        router.add_get("/docs", self._show_docs)
        router.add_get("/sip", self._speak_sip, allow_head=False)
        self._sound.add_routes(router)
        inventory = Inventory(lambda: self.exchange)
        texts = TextOperations(self._store, lambda: self.messages, lambda: self.settings)
        operations: dict[str, Operations[Any, Any, Any]] = {
            "Calls": CallOperations(self._store, lambda: self.desk, lambda: self.settings),
            "Conferences": ConferenceOperations(self._conferences, lambda: self.settings),
            "Queues": QueueOperations(self._queues, lambda: self.settings),
            SMS_MESSAGES.name: texts,
            TEXTS.name: texts,
            EMAILS.name: EmailOperations(self._store, lambda: self.messages, lambda: self.settings),
            "Applications": ApplicationOperations(self._store, inventory),
            "Clients": ClientOperations(self._store, inventory, self.settings.sip.realm),
            "Trunks": TrunkOperations(self._store, inventory),
            "IncomingPhoneNumbers": NumberOperations(self._store, inventory),
            "Events": EventOperations(self._store, lambda: self.outbox),
            "Recordings": RecordingOperations(self._removal),
            "OutgoingCallerIds": CallerIdOperations(self._store, lambda: self.desk, lambda: self.settings),
            "Keys": KeyOperations(self._store),
            "Users": UserOperations(self._store),
            "Transcriptions": TranscriptionOperations(self._store),
            "Usage/Triggers": UsageTriggerOperations(self._store, self.usage_triggers),
        }
        api = self._api = RestApi(self._store, lambda: self.settings.public_url, operations)
        PhoneSite(lambda: self.phone, lambda: self.settings).add_routes(router)
        ClientTokens(api, self._store, lambda: self.settings).add_routes(router)
        RelayTokens(self._store, lambda: self.settings).add_routes(router)
        views: dict[View, ViewWork[Any]] = {
            LADDER: SipLadders(lambda: self.ladders),
            USAGE: UsageRecords(self._store),
            EXPLANATION: NumberExplanations(self._store, inventory),
        }
        for view, reader in views.items():
            ViewRoutes(api, self._store, view, reader).add_to(router)
        api.add_routes(router)
        own = OwnRecordings(self._store, lambda: self.desk, lambda: self.settings, operations["Recordings"])
        parts: dict[Part, PartOperations[Any, Any, Any, Any]] = {
            recordings.OF_A_CALL: own,
            STREAMS_OF_A_CALL: StreamOperations(lambda: self.desk, lambda: self.settings),
            TRANSCRIPTIONS_OF_A_CALL: TranscriptionsOfCalls(lambda: self.desk, lambda: self.settings),
            recordings.OF_A_CONFERENCE: own,
            PARTICIPANTS: ParticipantOperations(self._conferences, lambda: self.desk, lambda: self.settings),
            MEMBERS: MemberOperations(self._queues, lambda: self.desk, lambda: self.settings),
        }
        for part, work in parts.items():
            PartRoutes(api, self._store, part, work).add_to(router)
        accounts = AccountOperations(self._store, inventory, lambda: self.settings)
        AccountsApi(api, self._store, accounts).add_routes(router)

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _state(200, "alive")

    async def _readyz(self, _request: web.Request) -> web.Response:
        reason = self._readiness()
        if reason is None and not self._store.healthy:
            reason = "the store takes no rows"
        return _state(200, "ready") if reason is None else _state(503, reason)

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def _describe(self, _request: web.Request) -> web.Response:
        text, _ = await asyncio.to_thread(_description, self.settings.public_url)
        return web.Response(text=text, content_type="application/json")

    async def _show_docs(self, _request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": docs_page.SECURITY_POLICY}
        _, text = await asyncio.to_thread(_description, self.settings.public_url)
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _speak_sip(self, request: web.Request) -> web.StreamResponse:
        if self.sip is None:
            raise Problem(503, "SIP is not served yet. Try again in a second.", {"Retry-After": "1"})
        self._doorkeeper.note(request)
        return await self.sip.serve(request)

    @property
    def _folder(self) -> RecordingFolder:
        return RecordingFolder(self.settings.store.recordings)

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        # Only known methods become a label: the name is the peer's choice.
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
        self._metrics.http_requests.labels(method, str(response.status)).inc()
        return response


@functools.lru_cache(maxsize=2)
def _description(public_url: str) -> tuple[str, str]:
    """Return the description as JSON and as a page; making them takes some tenths of a second."""
    document = description(public_url)
    return json.dumps(document, ensure_ascii=False), docs_page.page(document)


def _state(status: int, word: str) -> web.Response:
    return web.Response(status=status, text=json.dumps({"status": word}), content_type="application/json")
