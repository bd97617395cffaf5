"""The parts of the daemon, made in the order in which they need each other, and joined."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from engine.calls.call_services import CallServices
from engine.certificates import Certificates
from engine.chores import start_chores
from engine.conferences import Conferences
from engine.config import Settings
from engine.demo import DemoApplication
from engine.errors import StoreError
from engine.file_limit import grow_table, raise_file_limit, share_out
from engine.http.message_operations import Desks
from engine.http.own_pages import is_on_this_machine
from engine.http.provisioning import Exchange
from engine.http.server import HttpServer, Readiness
from engine.http.sip_websocket import SipWebSockets
from engine.peers.phone_desk import READY_LOGIN, have_ready_client
from engine.queues import Queues
from engine.reporting.figures import figures, lateness
from engine.reporting.ladders import Ladders
from engine.reporting.metrics import Metrics
from engine.reporting.traces import TraceLog
from engine.restart import close_books
from engine.service_start import start_services
from engine.signalling import Signalling
from engine.store import RecordingFolder, Store
from engine.store.provisioning import Adoption, adopt
from engine.store.recovery import Recovered, recover
from engine.switchboard.used_minutes import take_up_minutes
from engine.telemetry.start import start_telemetry

WARM_WITHIN = 2.0
"""Seconds that a start waits for the built-in voice, whose first word holds up the event loop."""


class Assembly:
    """Everything that runs. ``settings`` are those that count now; :meth:`apply` replaces them.

    What calls use is made by :mod:`engine.service_start`, what speaks SIP by :mod:`engine.signalling`.
    """

    services: CallServices
    signalling: Signalling
    certificates: Certificates
    adoption: Adoption
    """The account, and what else the configuration brought into the store."""

    def __init__(self, settings: Settings, readiness: Readiness, *, dev: bool) -> None:
        """``dev`` has a client and a demo application ready, which an operator would have to make."""
        self.settings = settings
        self.demo_url = ""
        self._readiness = readiness
        self._dev = dev
        files = raise_file_limit()
        grow_table(files)
        self._files = share_out(files)
        self._metrics = Metrics()
        self._http: HttpServer

    async def start(self, parts: AsyncExitStack) -> None:
        """Start everything; ``parts`` stops it in the reverse order. Calls of before are told of."""
        store = await self._open_store(parts)
        self.adoption = await self._provision(store)
        folder = RecordingFolder(self.settings.store.recordings)
        folder.prepare()
        recovered = await recover(store, folder)
        conferences, queues = _counted(Conferences(), self._metrics), Queues(store, self._metrics)
        self.certificates = Certificates(self.settings)
        await self._serve_http(store, conferences, queues, parts)
        traces = self._http.live.traces = TraceLog(store, lambda: self.settings.traces)
        self.services = await start_services(
            lambda: self.settings,
            store,
            self._metrics,
            traces,
            conferences=conferences,
            queues=queues,
            parts=parts,
        )
        await take_up_minutes(self.services, recovered.calls)
        await self._start_signalling(parts)
        self._show_figures(parts)
        await self._close_books(recovered)
        start_chores(self.services, self._http.usage_triggers, lambda: self.settings, parts)
        await self.services.voices.wait_warm(WARM_WITHIN)

    def apply(self, settings: Settings) -> None:
        """Take on other settings, as far as parts that run can; the rows follow with :meth:`adopt`."""
        self.settings = self._http.settings = settings
        self.services.apply(settings)
        self.signalling.door.apply(settings.limits)

    async def adopt(self) -> None:
        """Bring the numbers, clients and trunks of the settings into the store, and route by them.

        Raises :class:`StoreError` when they could not be stored; calls are routed by the other settings then.
        """
        try:
            await adopt(self.services.store, self.settings)
            await self.signalling.take_over()
        except StoreError:
            self.signalling.route()
            raise

    async def _open_store(self, parts: AsyncExitStack) -> Store:
        """Open the store, and record the spans of calls, which name the instance that it knows."""
        store = await Store.open(self.settings.store.url, self._metrics)
        parts.push_async_callback(store.close)
        start_telemetry(self.settings, store.instance_sid, parts)
        return store

    async def _provision(self, store: Store) -> Adoption:
        adoption = await adopt(store, self.settings)
        if self._dev:
            await have_ready_client(store, self.settings.sip.realm)
        return adoption

    async def _serve_http(
        self, store: Store, conferences: Conferences, queues: Queues, parts: AsyncExitStack
    ) -> None:
        """Answer HTTP before there are calls, so that who asks hears that the server starts."""
        self._http = HttpServer(
            self.settings,
            store,
            self._metrics,
            self._readiness,
            conferences,
            queues,
            self._files.http,
            self.certificates.http,
        )
        await self._http.start()
        parts.push_async_callback(self._http.stop)

    async def _start_signalling(self, parts: AsyncExitStack) -> None:
        self.demo_url = await self._start_demo(parts)
        signalling = self.signalling = Signalling(
            self.services, self._files, self.certificates.sip, self.demo_url
        )
        ladders = Ladders(signalling.trace, self.services.store, lambda: self.settings.traces)
        parts.callback(ladders.keep_all)
        signalling.switchboard.on_ended = ladders.ended
        await signalling.start(parts)
        self._serve_calls(ladders)
        await signalling.open(self.settings.http.listen.host, self._http.port, parts)
        await self._resume_messages(parts)

    async def _start_demo(self, parts: AsyncExitStack) -> str:
        """Return the URL of what a newcomer calls; empty when there is an application to call."""
        if not self._dev or self.settings.rcml.app_url:
            return ""
        demo = DemoApplication()
        url = await demo.start()
        parts.push_async_callback(demo.stop)
        return url

    def _serve_calls(self, ladders: Ladders) -> None:
        """Let the REST API and the pages reach calls, peers and messages."""
        live, services, signalling = self._http.live, self.services, self.signalling
        switchboard = signalling.switchboard
        live.ladders = ladders
        live.outbox, live.uploads = services.outbox, services.uploads
        live.desk = switchboard.desk
        live.peers = signalling.peers
        live.phone = signalling.peers.phone_desk(READY_LOGIN if self._dev else "")
        live.passing_keys.offered = self._dev and is_on_this_machine(self.settings.public_url)
        live.messages = Desks(services.texts, services.mails)
        live.exchange = Exchange(lambda: switchboard.router, signalling.take_over)
        live.sip = SipWebSockets(signalling.stack, lambda: self.settings)

    async def _resume_messages(self, parts: AsyncExitStack) -> None:
        """Take up the texts and mails that an earlier run acknowledged and did not send."""
        services, inbox = self.services, self.signalling.switchboard.inbox
        parts.push_async_callback(inbox.stop)
        # First, so that no text of ours arrives at an inbox that is closed.
        parts.push_async_callback(services.texts.stop)
        await services.texts.resume()
        await inbox.resume()
        await services.mails.resume()
        await services.transcriptions.resume()

    def _show_figures(self, parts: AsyncExitStack) -> None:
        """Let ``/metrics`` ask the parts that count for themselves."""
        metrics, services, signalling = self._metrics, self.services, self.signalling
        metrics.add_snapshot("media", lambda: figures(services.plane.statistics()))
        metrics.tick_lateness.take = lambda: lateness(services.plane.statistics())
        metrics.add_snapshot("sip", lambda: figures(signalling.endpoint.statistics()))
        metrics.recordings_running.set_function(lambda: len(services.running))
        metrics.calls_stuck.set_function(lambda: signalling.switchboard.calls.stuck(time.monotonic()))
        lag = asyncio.create_task(metrics.watch_loop())
        parts.callback(lag.cancel)

    async def _close_books(self, recovered: Recovered) -> None:
        services = self.services
        await close_books(
            recovered,
            services.store,
            services.recordings,
            services.outbox,
            self.signalling.switchboard.router.application_of,
            self.settings.public_url,
            services.uploads.order,
        )


def _counted(conferences: Conferences, metrics: Metrics) -> Conferences:
    metrics.conferences.set_function(lambda: len(conferences))
    metrics.participants.set_function(lambda: conferences.participants)
    return conferences
