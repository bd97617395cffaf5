"""Finding what answers for whatever a test or a command line names as the application."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aiohttp import web

from engine.testing.asgi import AsgiApplication
from engine.testing.errors import UnknownApplication
from engine.testing.live import LiveApplication, ServedApplication
from engine.testing.loop_thread import LoopThread
from engine.testing.wsgi import WsgiApplication
from rcml.testing import Application, Documents

IN_PROCESS = "http://application.test/"
"""The URL of an application that has none."""
_IMPORTED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Applications:
    """The applications under test, each started once and kept until :meth:`close`."""

    def __init__(self) -> None:
        self._resources = ExitStack()
        self._loop: LoopThread | None = None
        self._lives: dict[str, LiveApplication] = {}
        self._asgi: dict[tuple[int, str], AsgiApplication] = {}
        self._sites: dict[web.Application, ServedApplication] = {}

    def __enter__(self) -> Applications:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End what was started."""
        self._resources.close()

    def find(self, target: Any, auth_token: str = "") -> tuple[Application, str]:
        """Return what answers for ``target``, and the URL to begin with.

        ``target`` is a URL, a document or the path of one, a table of documents, an application object of
        aiohttp, WSGI or ASGI, or the name of one as ``module:attribute``. Requests are signed with
        ``auth_token``. Raises :class:`UnknownApplication`.
        """
        if isinstance(target, str) and _IMPORTED.fullmatch(target):
            target = _imported(target)
        if isinstance(target, str) and target.startswith(("http://", "https://")):
            return self._live(auth_token), target
        if isinstance(target, str | Path):
            return Documents({IN_PROCESS: _document(target)}), IN_PROCESS
        # Before tables of documents: it is a mapping too.
        if isinstance(target, web.Application):
            return self._live(auth_token), self._serve(target)
        if isinstance(target, Mapping):
            return Documents(target), IN_PROCESS
        if hasattr(target, "answer"):
            return target, IN_PROCESS
        if not callable(target):
            what = f"{target!r} is no application: give a URL, a document, or an aiohttp, WSGI or ASGI one"
            raise UnknownApplication(what)
        return self._in_process(target, auth_token), IN_PROCESS

    def _in_process(self, target: Any, auth_token: str) -> Application:
        if not _is_asgi(target):
            return WsgiApplication(target, self._loop_thread(), auth_token)
        key = (id(target), auth_token)
        if key not in self._asgi:
            self._asgi[key] = AsgiApplication(target, self._loop_thread(), auth_token)
        return self._asgi[key]

    def _live(self, auth_token: str) -> LiveApplication:
        if auth_token not in self._lives:
            live = LiveApplication(self._loop_thread(), auth_token)
            self._lives[auth_token] = live
            self._resources.callback(live.close)
        return self._lives[auth_token]

    def _serve(self, target: web.Application) -> str:
        """Serve an application of aiohttp on loopback: it belongs to one event loop for good."""
        if target not in self._sites:
            self._sites[target] = site = ServedApplication(target, self._loop_thread())
            self._resources.callback(site.close)
        return self._sites[target].url

    def _loop_thread(self) -> LoopThread:
        if self._loop is None:
            self._loop = LoopThread()
            self._resources.callback(self._loop.close)
        return self._loop


def _is_asgi(target: Any) -> bool:
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(target.__call__)


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownApplication(f"{name}: {error}") from error


def _document(target: str | Path) -> str:
    """Return a document given as text, or by the path of its file."""
    if isinstance(target, str) and target.lstrip().startswith("<"):
        return target
    try:
        return Path(target).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnknownApplication(f"{target}: {getattr(error, 'strerror', None) or error}") from error
