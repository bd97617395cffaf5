"""Tells and turns round the order of the carriers, as Restcomm's OutboundProxy does."""

from __future__ import annotations

from collections.abc import Callable

from engine.exchange.trunks import Trunk
from engine.http.forms import Form
from engine.http.problems import Problem
from engine.http.resources.outbound_proxies import ShownActiveProxy, ShownProxies
from engine.http.views import Reading
from engine.peers.outbound_pair import OutboundPair
from engine.peers.peers import Peers
from engine.reporting import log


class OutboundProxy:
    """Works for the root account alone: all accounts go out through the same trunks."""

    def __init__(self, peers: Callable[[], Peers | None]) -> None:
        self._find_peers = peers

    async def proxies(self, asked: Reading[Form]) -> ShownProxies:
        """Return the two carriers, and which is tried first."""
        pair = OutboundPair.of(self._peers(asked).trunks)
        fallback = pair.fallback if pair is not None else None
        return ShownProxies(
            active_proxy=_address(pair.active if pair is not None else None),
            using_fall_back_proxy=pair is not None and pair.active is fallback,
            allow_fallback=fallback is not None,
            allow_fallback_to_primary=fallback is not None,
            primary_proxy=_address(pair.primary if pair is not None else None),
            fallback_proxy=_address(fallback),
        )

    async def active(self, asked: Reading[Form]) -> ShownActiveProxy:
        """Return the carrier that is tried first."""
        pair = OutboundPair.of(self._peers(asked).trunks)
        return ShownActiveProxy(active_proxy=_address(pair.active if pair is not None else None))

    async def switch(self, asked: Reading[Form]) -> ShownActiveProxy:
        """Have the other carrier tried first from now on, and return the one that is."""
        trunks = self._peers(asked).trunks
        pair = OutboundPair.of(trunks)
        if pair is None or pair.fallback is None:
            raise Problem(
                409, "There is no fallback: give a second trunk the prefixes of the first, then switch."
            )
        trunks.preferred = pair.other(trunks.preferred).name
        log.get("peers").warning("trunk.preferred", trunk=trunks.preferred, by=asked.by.name or "account")
        return await self.active(asked)

    def _peers(self, asked: Reading[Form]) -> Peers:
        asked.refuse_others("The carriers are those of all accounts")
        peers = self._find_peers()
        if peers is None:
            raise Problem(503, "The server is starting. Try again in a moment.", {"Retry-After": "1"})
        return peers


def _address(trunk: Trunk | None) -> str:
    if trunk is None:
        return ""
    return trunk.uri.host if trunk.uri.port is None else f"{trunk.uri.host}:{trunk.uri.port}"
