"""``dialplane call``: places a call through a running daemon's REST API and follows it to its end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from engine.config import Settings, Sources
from engine.config.values import HostPort
from engine.errors import EngineError
from engine.root_account import read_root_account

ASKED_EVERY = 0.25
"""Seconds between two looks at the call."""
ANSWERS_WITHIN = 20.0
"""Seconds that the daemon may take to answer; resolving the host of a SIP address takes up to five."""
LIVE = frozenset({"queued", "ringing", "wait-for-answer", "in-progress"})


class CallFailed(EngineError):
    """The call could not be placed or followed; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for."""

    target: str
    application: str = ""
    document: Path | None = None
    caller: str = "dialplane"
    ring_limit: float = 60.0
    server: str = ""
    """URL of the daemon; empty for the one that the configuration describes."""

    def form(self) -> dict[str, str]:
        """Return the parameters of the request."""
        form = {"From": self.caller, "To": self.target, "Timeout": f"{self.ring_limit:g}"}
        if self.document is None:
            return {**form, "Url": self.application}
        return {**form, "Rcml": _read(self.document)}


def run(wanted: Wanted, sources: Sources) -> bool:
    """Place the call and return whether it was completed; raises :class:`CallFailed`."""
    settings = sources.load()
    account = _account(settings)
    server = wanted.server.rstrip("/") or _address(settings)
    try:
        return asyncio.run(place_and_follow(wanted, server, account))
    except KeyboardInterrupt:
        return False


def _account(settings: Settings) -> tuple[str, str]:
    """Return sid and token, from wherever the daemon has them."""
    if settings.account.sid:
        return settings.account.sid, settings.account.auth_token.get_secret_value()
    found = read_root_account(settings.store.url)
    if found is None:
        raise CallFailed(
            f"no account is known: neither [account] nor {settings.store.url} has one; run where the daemon"
            " runs, or set DIALPLANE_ACCOUNT__SID and DIALPLANE_ACCOUNT__AUTH_TOKEN"
        )
    return found


def _address(settings: Settings) -> str:
    listen = settings.http.listen
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)
    return f"http://{HostPort(host, listen.port)}"


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CallFailed(f"{path}: the document is not UTF-8") from None


class _Server:
    """One daemon's REST API, as its root account."""

    def __init__(self, http: aiohttp.ClientSession, url: str, account: tuple[str, str]) -> None:
        self._http = http
        self._url = url
        self._sid, token = account
        self._authorization = {"Authorization": aiohttp.encode_basic_auth(self._sid, token)}

    async def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of the answer; raises :class:`CallFailed` for a refusal."""
        url = f"{self._url}/2012-04-24/Accounts/{self._sid}/{path}"
        try:
            async with self._http.request(method, url, data=form, headers=self._authorization) as answer:
                content = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CallFailed(
                f"no Dialplane answers at {self._url}: {error or 'timed out'}; start one with"
                " `dialplane dev`, or name it with --server"
            ) from None
        except ValueError:
            raise CallFailed(f"what answers at {self._url} is not Dialplane") from None
        if answer.status == 401:
            raise CallFailed(
                f"{self._url} does not accept account {self._sid} with the token from here; set"
                " DIALPLANE_ACCOUNT__SID and DIALPLANE_ACCOUNT__AUTH_TOKEN, or give its --config"
            )
        if answer.status >= 400:
            message = content.get("message") if isinstance(content, dict) else None
            raise CallFailed(message or f"{url} answered {answer.status}")
        return content


async def place_and_follow(wanted: Wanted, url: str, account: tuple[str, str]) -> bool:
    """Place the call at the daemon and return whether it was completed; who cancels this ends the call."""
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        server = _Server(http, url, account)
        placing = asyncio.create_task(_place(server, wanted))
        try:
            calls = await asyncio.shield(placing)
            statuses = await asyncio.gather(*(_follow(server, call, _write) for call in calls))
        except asyncio.CancelledError:
            # Who stops the command does not want the telephone to go on ringing. It may ring before the
            # answer that names the call is here.
            await asyncio.gather(*(_end(server, call["sid"]) for call in await placing))
            raise
        return "completed" in statuses


async def _place(server: _Server, wanted: Wanted) -> list[Any]:
    placed = await server.ask("POST", "Calls.json", wanted.form())
    return placed if isinstance(placed, list) else [placed]


async def _follow(server: _Server, call: Mapping[str, Any], write: Callable[[str], None]) -> str:
    """Write each status of a call as it changes, and return the last."""
    shown = ""
    while True:
        if call["status"] != shown:
            shown = str(call["status"])
            write(_line(call))
        if shown not in LIVE:
            return shown
        await asyncio.sleep(ASKED_EVERY)
        call = await server.ask("GET", f"Calls/{call['sid']}.json")


async def _end(server: _Server, call_sid: str) -> None:
    try:
        await server.ask("POST", f"Calls/{call_sid}.json", {"Status": "completed"})
    except CallFailed:
        # It has ended meanwhile, or its server has.
        return


def _line(call: Mapping[str, Any]) -> str:
    parts = [call["sid"], call["status"]]
    if call["status"] not in LIVE:
        if call["duration"]:
            parts.append(f"after {call['duration']} s")
        if call["reason"]:
            parts.append(f"({call['reason']})")
    return " ".join(parts)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
