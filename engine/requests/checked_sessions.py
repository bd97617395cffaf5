"""Client sessions under a network policy: one for the operator's own URLs, one for all others."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from yarl import URL

from engine.requests.network_policy import CheckedResolver, NetworkPolicy
from engine.version import version

USER_AGENT = f"Dialplane/{version()}"


class CheckedSessions:
    """Opens a session of each kind when it is first needed; ``open_session`` makes it with a resolver."""

    def __init__(
        self,
        policy: NetworkPolicy,
        resolve_within: float,
        open_session: Callable[[CheckedResolver], aiohttp.ClientSession],
    ) -> None:
        self._policy = policy
        self._resolve_within = resolve_within
        self._open_session = open_session
        self._checked: aiohttp.ClientSession | None = None
        self._trusted: aiohttp.ClientSession | None = None

    def to(self, url: URL) -> aiohttp.ClientSession:
        """Return the session in which ``url`` may be requested; raises :exc:`Forbidden` for an address.

        A name that leads to a forbidden address is found out when the session resolves it.
        """
        host, port = url.host or "", url.port or 0
        if self._policy.trusts(host, port):
            if self._trusted is None:
                self._trusted = self._open_session(CheckedResolver(None, self._resolve_within))
            return self._trusted
        self._policy.check_host(host)
        if self._checked is None:
            self._checked = self._open_session(CheckedResolver(self._policy, self._resolve_within))
        return self._checked

    async def close(self) -> None:
        """Close all connections."""
        for session in (self._checked, self._trusted):
            if session is not None:
                await session.close()
        self._checked = self._trusted = None
