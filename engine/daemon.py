"""The daemon: makes its parts, joins them, and takes them down in order."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from engine import ids
from engine.accounts import AccountTree
from engine.certificates import Certificates
from engine.chores import start_chores
from engine.conferences import Conferences
from engine.config import Settings, Sources
from engine.demo import DemoApplication
from engine.errors import ConfigurationError, StoreError
from engine.exchange.door import Door
from engine.exchange.routing import Router
from engine.exchange.switchboard import Switchboard
from engine.exchange.used_minutes import take_up_minutes
from engine.file_limit import raise_file_limit, share_out
from engine.http.message_operations import Desks
from engine.http.phone import is_built
from engine.http.provisioning import Exchange
from engine.http.server import HttpServer
from engine.http.sip_websocket import SipWebSockets
from engine.legs.leg_media import LegMedia
from engine.legs.webrtc import webrtc_options
from engine.messages.carrier import TextCarrier
from engine.messages.mail_desk import MailDesk
from engine.messages.text_desk import TextDesk
from engine.peers.peers import Peers
from engine.peers.phone_desk import READY_LOGIN, have_ready_client
from engine.peers.sip_requests import SipRequests
from engine.queues import Queues
from engine.recognition.start import start_recognisers
from engine.recordings.running_recordings import RunningRecordings
from engine.reporting import log
from engine.reporting.figures import figures, lateness
from engine.reporting.ladders import Ladders, new_trace
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.reporting.traces import TraceLog
from engine.requests.fetcher import Fetcher
from engine.requests.webhooks import WebhookOutbox
from engine.restart import close_books
from engine.s3.uploads import start_uploads
from engine.services import Services
from engine.sounds import SoundLibrary
from engine.store import Store
from engine.store.provisioning import Adoption, adopt
from engine.store.recordings import RecordingFolder
from engine.store.recovery import recover
from engine.streams.dialing import StreamDialer
from engine.telemetry.start import start_telemetry
from engine.transcriptions.start import start_transcriptions
from engine.voices.start import start_voices
from engine.welcome import welcome
from media.codecs.registry import codecs_named
from media.plane.plane import MediaPlane
from media.recording.writer import RecordingThread
from media.srtp import SrtpPolicy
from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.flow import Destination
from sip.trace import Trace
from sip.transport.connections import StreamLimits
from sip.transport.stack import SipStack

EVENTS_WITHIN = 5.0
"""Seconds that a stop waits for events to be tried once; the others are delivered after the next start."""

SERVED = ("OPTIONS", "REGISTER", "MESSAGE", "REFER", "NOTIFY")
"""Methods outside calls."""

FAREWELL = 10.0
"""Seconds that calls get to end when they are ended by a stop."""


def run(sources: Sources, *, dev: bool = False) -> int:
    """Run the daemon until it is stopped; return the exit code. Raises ``ConfigurationError`` at start."""
    settings = sources.load()
    log.configure(level=settings.log.level, json=_as_json(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Daemon(sources, settings, dev=dev).run())


def _as_json(settings: Settings) -> bool | None:
    return None if settings.log.format == "auto" else settings.log.format == "json"


class Daemon:
    """One process that takes calls.

    Parts start in the order in which they need each other and stop in the reverse order. A first SIGTERM
    drains: no new calls, the old ones may finish. A second one, or SIGINT, ends the calls too.
    """

    def __init__(self, sources: Sources, settings: Settings, *, dev: bool) -> None:
        self._sources = sources
        self._settings = settings
        self._dev = dev
        self._stop = asyncio.Event()
        self._force = asyncio.Event()
        self._not_ready: str | None = "starting"
        self._files = share_out(raise_file_limit())
        self._demo_url = ""
        self._log = log.get("daemon")

    async def run(self) -> int:
        """Start, serve until told to stop, drain, stop."""
        asyncio.get_running_loop().set_exception_handler(self._lost)
        async with AsyncExitStack() as parts:
            await self._start(parts)
            self._catch_signals()
            await self._stop.wait()
            await self._drain()
        self._log.info("daemon.stopped")
        return 0

    def _lost(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an exception that no call owned; the loop goes on."""
        self._log.error("loop.exception", message=context["message"], exc_info=context.get("exception"))

    def _quiet_collector(self) -> None:
        """Keep garbage collection out of the way of calls, whose objects are freed by their counts.

        What was made until now lives as long as the process, so no collection needs to look at it again.
        Fewer and later collections take a fifth off the cost of a SIP call (bench_sip_endpoint.py); one of
        5,000 objects holds the loop up for 5 ms.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 20, 20)

    # -- start -----------------------------------------------------------------------------------

    async def _start(self, parts: AsyncExitStack) -> None:
        settings = self._settings
        metrics = self._metrics = Metrics()
        store = await self._open_store(parts)
        adoption = await self._provision(store)
        folder = RecordingFolder(settings.store.recordings)
        folder.prepare()
        recovered = await recover(store, folder)
        conferences, queues = _counted(Conferences(), metrics), Queues(store, metrics)
        self._certificates = Certificates(settings)
        self._http = HttpServer(
            settings,
            store,
            metrics,
            lambda: self._not_ready,
            conferences,
            queues,
            self._files.http,
            self._certificates.http,
        )
        await self._http.start()
        parts.push_async_callback(self._http.stop)
        accounts = await AccountTree.of(store)
        traces = self._http.traces = TraceLog(store, lambda: self._settings.traces)
        self._fetcher = Fetcher(settings, accounts.signing_key, metrics, traces.sent)
        parts.push_async_callback(self._fetcher.close)
        stream_dialer = StreamDialer(settings)
        parts.push_async_callback(stream_dialer.close)
        self._outbox = self._http.outbox = WebhookOutbox(
            store, self._fetcher.requester, accounts.signing_key, metrics
        )
        self._outbox.start()
        parts.push_async_callback(self._outbox.stop)
        notifications = NotificationLog(store, metrics)
        texts = TextDesk(store, self._outbox, notifications, metrics)
        mails = MailDesk(lambda: self._settings.email, store, self._outbox, notifications, metrics)
        parts.push_async_callback(mails.stop)
        plane = MediaPlane(settings.media.address, settings.media.rtp_ports.range, settings.media.threads)
        await plane.start()
        parts.push_async_callback(plane.stop)
        recorder = RecordingThread()
        parts.callback(recorder.close)
        self._voices = start_voices(settings, metrics, parts)
        recognisers = start_recognisers(settings, stream_dialer, metrics, parts)
        self._services = Services(
            settings=settings,
            store=store,
            metrics=metrics,
            fetcher=self._fetcher,
            outbox=self._outbox,
            plane=plane,
            notifications=notifications,
            recordings=folder,
            recorder=recorder,
            running=RunningRecordings(),
            uploads=start_uploads(store, folder, notifications, metrics, lambda: self._settings, parts),
            conferences=conferences,
            stream_dialer=stream_dialer,
            texts=texts,
            mails=mails,
            sounds=SoundLibrary(self._fetcher, self._voices),
            queues=queues,
            recognisers=recognisers,
            accounts=accounts,
            transcriptions=start_transcriptions(
                lambda: self._settings, store, self._outbox, notifications, recognisers, stream_dialer, parts
            ),
        )
        await take_up_minutes(self._services, recovered.calls)
        await self._start_sip(parts)
        self._show_figures(parts)
        await close_books(
            recovered,
            store,
            folder,
            self._outbox,
            self._switchboard.router.application_of,
            settings.public_url,
            self._services.uploads.order,
        )
        start_chores(self._services, self._http.usage_triggers, lambda: self._settings, parts)
        self._be_ready(adoption)

    async def _open_store(self, parts: AsyncExitStack) -> Store:
        """Open the store, and record the spans of calls, which name the instance that it knows."""
        store = await Store.open(self._settings.store.url, self._metrics)
        parts.push_async_callback(store.close)
        start_telemetry(self._settings, store.instance_sid, parts)
        return store

    async def _provision(self, store: Store) -> Adoption:
        adoption = await adopt(store, self._settings)
        if self._dev:
            await have_ready_client(store, self._settings.sip.realm)
        return adoption

    def _show_figures(self, parts: AsyncExitStack) -> None:
        """Let ``/metrics`` ask the parts that count for themselves."""
        metrics, services = self._metrics, self._services
        metrics.add_snapshot("media", lambda: figures(services.plane.statistics()))
        metrics.tick_lateness.take = lambda: lateness(services.plane.statistics())
        metrics.add_snapshot("sip", lambda: figures(self._sip_endpoint.statistics()))
        metrics.recordings_running.set_function(lambda: len(services.running))
        metrics.calls_stuck.set_function(lambda: self._switchboard.calls.stuck(time.monotonic()))
        lag = asyncio.create_task(metrics.watch_loop())
        parts.callback(lag.cancel)

    async def _start_sip(self, parts: AsyncExitStack) -> None:
        settings = self._settings
        self._door = self._new_door()
        trace = new_trace()
        endpoint = self._endpoint(trace)
        media = _leg_media(settings)
        ladders = self._http.ladders = Ladders(trace, self._services.store, lambda: self._settings.traces)
        parts.callback(ladders.keep_all)
        self._switchboard = Switchboard(self._services, self._door.admission, media, self._door.clients)
        self._switchboard.on_ended = ladders.ended
        if self._dev and not settings.rcml.app_url:
            demo = DemoApplication()
            self._demo_url = await demo.start()
            parts.push_async_callback(demo.stop)
        streams = StreamLimits(connections=self._files.streams)
        self._stack = SipStack(endpoint, self._switchboard.receive, streams, self._certificates.sip)
        self._stack.on_refused = self._not_connected
        parts.push_async_callback(self._stack.close)
        requests = SipRequests(self._stack, endpoint)
        self._peers = Peers(settings, self._services.store, self._services.accounts, requests, self._metrics)
        self._door.sources.trusts = lambda host: self._peers.trunks.of_source(host) is not None
        await self._peers.start(parts)
        self._stack.on_closed = self._peers.registrar.flow_closed
        self._switchboard.attach(requests, self._peers)
        self._http.desk, self._http.uploads = self._switchboard.desk, self._services.uploads
        self._http.phone = self._peers.phone_desk(READY_LOGIN if self._dev else "")
        carrier = TextCarrier(requests, self._switchboard.reach, self._peers.clients.enabled)
        self._services.texts.attach(carrier)
        self._http.messages = Desks(self._services.texts, self._services.mails)
        self._switchboard.router = self._router(settings)
        self._http.exchange = Exchange(lambda: self._switchboard.router, self._take_over)
        self._sip_endpoint = endpoint
        for listener in settings.sip.listen:
            await self._listen(str(listener))
        self._stack.serve_websockets(settings.http.listen.host, self._http.port)
        self._http.sip = SipWebSockets(self._stack, lambda: self._settings)
        await self._peers.connect(parts)
        await self._resume_messages(parts)

    def _new_door(self) -> Door:
        services = self._services
        capacity = min(services.plane.capacity, self._files.calls)
        return Door(self._settings.limits, capacity, services.talk_meter, services.account_caps)

    def _endpoint(self, trace: Trace) -> SipEndpoint:
        host, _, port = self._settings.sip.external_address.partition(":")
        # What else there is outside calls the endpoint refuses with 405.
        config = EndpointConfig(external_host=host, external_port=int(port or 0), surfaced_methods=SERVED)
        return SipEndpoint(
            config,
            ids.new_tag,
            resolve=lambda uri, transport: self._peers.registrar.place_of(uri, transport),
            trace=trace,
            sources=self._door.sources,
        )

    async def _resume_messages(self, parts: AsyncExitStack) -> None:
        """Take up the texts and mails that an earlier run acknowledged and did not send."""
        services, inbox = self._services, self._switchboard.inbox
        parts.push_async_callback(services.texts.stop)
        parts.push_async_callback(inbox.stop)
        await services.texts.resume()
        await inbox.resume()
        await services.mails.resume()
        await services.transcriptions.resume()

    async def _listen(self, where: str) -> None:
        try:
            await self._stack.listen(where)
        except OSError as error:
            raise ConfigurationError(
                f"sip.listen = {where!r}: cannot listen there: {error.strerror}; choose another port"
            ) from error
        self._log.info("sip.listening", on=where)

    def _not_connected(self, destination: Destination, error: OSError) -> None:
        self._log.warning("sip.not_connected", to=str(destination), host=destination.name, error=str(error))

    def _router(self, settings: Settings) -> Router:
        return self._peers.router(settings, settings.rcml.app_url or self._demo_url)

    def _be_ready(self, adoption: Adoption) -> None:
        """Let calls come, and say so; what holds up the loop for a while has been done by then."""
        self._quiet_collector()
        self._not_ready = None
        settings, account = self._settings, adoption.account
        self._log.info("daemon.ready", http=str(settings.http.listen), account=account.sid)
        if self._dev:
            _, host, port = self._stack.addresses[0]
            demo, phone = bool(self._demo_url), is_built()
            http, sip = settings.public_url, f"{host}:{port}"
            sys.stdout.write(welcome(http, account.sid, sip, demo=demo, phone=phone))
            sys.stdout.flush()
        if adoption.generated:
            self._log.warning(
                "account.made",
                sid=account.sid,
                auth_token=account.auth_token,
                note="shown this once; write both into [account] to choose them yourself",
            )

    # -- while it runs ---------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _terminate(self) -> None:
        if self._stop.is_set():
            self._force.set()
        self._stop.set()

    def _interrupt(self) -> None:
        self._force.set()
        self._stop.set()

    def _reload(self) -> None:
        try:
            settings = self._sources.load()
            self._certificates.reload(settings)
        except ConfigurationError as error:
            self._log.error("reload.refused", error=str(error), kept="the configuration from before")
            return
        needs_restart = [
            name
            for name in ("sip", "media", "http", "store", "account", "telemetry")
            if getattr(settings, name) != getattr(self._settings, name)
        ]
        self._settings = self._services.settings = settings
        log.configure(level=settings.log.level, json=_as_json(settings))
        self._http.settings = settings
        self._fetcher.apply(settings)
        self._services.stream_dialer.apply(settings)
        self._voices.apply(settings)
        self._services.recognisers.apply(settings)
        self._services.uploads.look()
        self._outbox.requester = self._fetcher.requester
        self._door.apply(settings.limits)
        self._adopting = asyncio.create_task(self._adopt(settings, needs_restart))

    async def _adopt(self, settings: Settings, needs_restart: list[str]) -> None:
        """Bring the reloaded numbers, clients and trunks into the store, and route by them."""
        try:
            await adopt(self._services.store, settings)
            await self._take_over()
        except StoreError as error:
            self._log.error("reload.not_stored", error=str(error))
            self._switchboard.router = self._router(settings)
        self._log.info("reload.done")
        if needs_restart:
            self._log.warning("reload.partial", restart_needed_for=", ".join(needs_restart))

    async def _take_over(self) -> None:
        """Route, register and connect by what the store has now."""
        await self._peers.refresh(self._settings)
        self._switchboard.router = self._router(self._settings)

    async def _drain(self) -> None:
        """Take no calls; let those that are up finish, within the drain timeout and unless forced."""
        self._not_ready = "draining"
        calls, limit = self._switchboard.calls, self._settings.limits.drain_timeout
        self._switchboard.admission.draining = True
        self._log.info("daemon.draining", calls=len(calls), within=limit)
        idle = asyncio.ensure_future(calls.wait_idle())
        forced = asyncio.ensure_future(self._force.wait())
        await asyncio.wait((idle, forced), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        forced.cancel()
        if not idle.done():
            self._log.warning("daemon.ending_calls", calls=len(calls))
            ended = asyncio.ensure_future(calls.end_all("server shutdown"))
            await asyncio.wait((ended,), timeout=FAREWELL)
        idle.cancel()
        await self._services.running.wait_kept()
        await self._outbox.settle(EVENTS_WITHIN)


def _counted(conferences: Conferences, metrics: Metrics) -> Conferences:
    metrics.conferences.set_function(lambda: len(conferences))
    metrics.participants.set_function(lambda: conferences.participants)
    return conferences


def _leg_media(settings: Settings) -> LegMedia:
    media = settings.media
    return LegMedia(
        media.external_address or media.address,
        tuple(codec for name in media.codecs for codec in codecs_named(name)),
        SrtpPolicy(media.srtp),
        media.rtp_timeout,
        webrtc_options(media),
    )
