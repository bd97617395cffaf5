"""The life of the daemon: it starts, takes calls until it is told to stop, and lets them finish."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from engine.assembly import Assembly
from engine.collector import Collector
from engine.config import Settings, Sources
from engine.errors import ConfigurationError, StoreError
from engine.http.phone import is_built
from engine.reporting import log
from engine.service_notice import tell_systemd
from engine.threads import FOR_BLOCKING_WORK, started_threads
from engine.welcome import welcome

EVENTS_WITHIN = 5.0
"""Seconds that a stop waits for events to be tried once; the others are delivered after the next start."""

FAREWELL = 10.0
"""Seconds that calls get to end when they are ended by a stop."""

FIXED = ("sip", "media", "http", "store", "account", "telemetry")
"""Sections whose changes need a restart."""


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
    drains: no new calls, the old ones may finish. A second one, or SIGINT, ends the calls too. SIGHUP reads
    the configuration again.
    """

    def __init__(self, sources: Sources, settings: Settings, *, dev: bool) -> None:
        self._sources = sources
        self._dev = dev
        self._stop = asyncio.Event()
        self._force = asyncio.Event()
        self._not_ready: str | None = "starting"
        self._assembly = Assembly(settings, lambda: self._not_ready, dev=dev)
        self._collector = Collector(lambda: len(self._assembly.signalling.switchboard.calls))
        self._log = log.get("daemon")

    async def run(self) -> int:
        """Start, serve until told to stop, drain, stop."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._lost)
        loop.set_default_executor(started_threads(FOR_BLOCKING_WORK, "blocking work"))
        async with AsyncExitStack() as parts:
            await self._assembly.start(parts)
            self._be_ready()
            collecting = asyncio.create_task(self._collector.run())
            parts.callback(collecting.cancel)
            self._catch_signals()
            await self._stop.wait()
            await self._drain()
        self._log.info("daemon.stopped")
        return 0

    def _lost(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an exception that no call owned; the loop goes on."""
        self._log.error("loop.exception", message=context["message"], exc_info=context.get("exception"))

    def _be_ready(self) -> None:
        """Let calls come, and say so; what holds up the loop for a while has been done by then."""
        self._collector.begin()
        self._not_ready = None
        settings, adoption = self._assembly.settings, self._assembly.adoption
        account = adoption.account
        self._log.info("daemon.ready", http=str(settings.http.listen), account=account.sid)
        tell_systemd("READY=1", "STATUS=takes calls")
        if self._dev:
            _, host, port = self._assembly.signalling.stack.addresses[0]
            demo, phone = bool(self._assembly.demo_url), is_built()
            sys.stdout.write(
                welcome(settings.public_url, account.sid, f"{host}:{port}", demo=demo, phone=phone)
            )
            sys.stdout.flush()
        if adoption.generated:
            self._log.warning(
                "account.made",
                sid=account.sid,
                auth_token=account.auth_token,
                note="shown this once; write both into [account] to choose them yourself",
            )

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
        before = self._assembly.settings
        try:
            settings = self._sources.load()
            self._assembly.certificates.reload(settings)
        except ConfigurationError as error:
            self._log.error("reload.refused", error=str(error), kept="the configuration from before")
            return
        needs_restart = [name for name in FIXED if getattr(settings, name) != getattr(before, name)]
        log.configure(level=settings.log.level, json=_as_json(settings))
        self._assembly.apply(settings)
        self._adopting = asyncio.create_task(self._adopt(needs_restart))

    async def _adopt(self, needs_restart: list[str]) -> None:
        try:
            await self._assembly.adopt()
        except StoreError as error:
            self._log.error("reload.not_stored", error=str(error))
        self._log.info("reload.done")
        if needs_restart:
            self._log.warning("reload.partial", restart_needed_for=", ".join(needs_restart))

    async def _drain(self) -> None:
        """Take no calls; let those that are up finish, within the drain timeout and unless forced."""
        self._not_ready = "draining"
        services, switchboard = self._assembly.services, self._assembly.signalling.switchboard
        calls, limit = switchboard.calls, services.settings.limits.drain_timeout
        switchboard.admission.draining = True
        self._log.info("daemon.draining", calls=len(calls), within=limit)
        tell_systemd("STOPPING=1", f"STATUS=draining, calls left: {len(calls)}, at most {limit:g} s")
        idle = asyncio.ensure_future(calls.wait_idle())
        forced = asyncio.ensure_future(self._force.wait())
        await asyncio.wait((idle, forced), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        forced.cancel()
        if not idle.done():
            self._log.warning("daemon.ending_calls", calls=len(calls))
            ended = asyncio.ensure_future(calls.end_all("server shutdown"))
            await asyncio.wait((ended,), timeout=FAREWELL)
        idle.cancel()
        await services.running.wait_kept()
        await services.outbox.settle(EVENTS_WITHIN)
