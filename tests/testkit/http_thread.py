"""An HTTP server with a store in a thread of its own, for clients that wait in their own way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import uvloop

from engine.config import Settings
from engine.config.email_section import EmailSection
from engine.errors import CallOver
from engine.exchange.routing import Router
from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.http import HttpServer
from engine.http.message_operations import Desks
from engine.http.provisioning import Exchange
from engine.messages.mail_desk import MailDesk
from engine.messages.text_desk import TextDesk
from engine.reporting.metrics import Metrics
from engine.store import Row, Store, adopt
from sip.uri import SipUri
from tests.testkit.http_visitor import ROOT, TOKEN
from tests.testkit.rows import owned

T = TypeVar("T")


class ThreadedServer:
    """A running server; who calls its methods is in another thread."""

    def __init__(self, directory: Path) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server, self._store = self.run(self._start(directory))
        self.url = f"http://127.0.0.1:{self._server.port}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def put(self, *rows: Row) -> None:
        """Store rows, as they were or anew."""
        self.run(self._store.commit(*rows))

    def stop(self) -> None:
        self.run(self._server.stop())
        self.run(self._store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self, directory: Path) -> tuple[HttpServer, Store]:
        settings = Settings.embedded(
            http={"listen": "127.0.0.1:0", "public_url": "http://voice.example.com"},
            store={"recordings": str(directory / "recordings")},
            account={"sid": ROOT, "auth_token": TOKEN},
        )
        store = await Store.open(f"sqlite:///{directory}/dialplane.db")
        await adopt(store, settings)
        server = HttpServer(settings, store, Metrics(), lambda: None)
        router = Router()
        server.live.exchange = Exchange(lambda: router, _nothing)
        server.live.desk = _desk()
        server.live.messages = _desks()
        server.live.peers = _peers()
        await server.start()
        return server, store


@contextmanager
def threaded_server(directory: Path) -> Iterator[ThreadedServer]:
    """A server for as long as the context lasts."""
    server = ThreadedServer(directory)
    yield server
    server.stop()


async def _nothing(*_: object) -> None:
    """Do nothing: there is no telephone."""


def _desk() -> Any:
    """Return a desk that finds everybody at home, and every call that was asked about over."""

    async def place(order: Any) -> list[Row]:
        rows = owned(order.account_sid)
        return [row for row in rows if type(row).__tablename__ == "calls"]

    def over(*_: object) -> Any:
        raise CallOver("Call is already completed.")

    async def over_later(*_: object) -> None:
        over()

    return SimpleNamespace(
        place=place,
        record=over,
        streams=over,
        start_stream=over,
        transcriptions=over,
        start_transcription=over,
        recording=lambda owner, name: None,
        tell_status=over,
        mute=over,
        limit=over,
        press=over,
        redirect=over_later,
        end=over_later,
        cancel=over_later,
    )


def _peers() -> Any:
    """Return peers of whom nobody is registered, and two trunks that stand in for each other."""
    trunks = TrunkDirectory(
        tuple(
            Trunk(name=name, uri=SipUri.parse(f"sip:{name}.test"), prefixes=("+",)) for name in ("one", "two")
        )
    )
    return SimpleNamespace(
        trunks=trunks,
        registrar=SimpleNamespace(contacts=lambda login: ()),
        links=SimpleNamespace(is_up=lambda name: True, is_registered=lambda name: None),
    )


def _desks() -> Desks:
    """Return desks whose texts and mails are stored and go nowhere."""
    unused: Any = SimpleNamespace()
    texts = TextDesk(unused, unused, unused, Metrics())
    section = EmailSection.model_validate({"host": "mail.test", "from": "pbx@example.com"})
    mails = MailDesk(lambda: section, unused, unused, unused, Metrics())
    for desk in (texts, mails):
        cast(Any, desk).dispatch = _nothing
    return Desks(texts, mails)
