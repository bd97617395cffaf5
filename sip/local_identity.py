"""What we write about ourselves: Via, Contact, and where requests of ours go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from sip.endpoint_config import EndpointConfig
from sip.flow import Destination, Flow, Route
from sip.grammar import Parameters
from sip.response_route import DEFAULT_PORTS
from sip.uri import SipUri, Uri, bracketed
from sip.via import MAGIC_COOKIE, Via

Resolve: TypeAlias = Callable[[SipUri, str], Destination | None]
"""From a URI and a transport to where requests go, when the name is already known; None when it is not."""

_is_ipv4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}").fullmatch


class LocalIdentity:
    """Our addresses, for each transport that we listen on."""

    def __init__(self, config: EndpointConfig, token: Callable[[], str]) -> None:
        self._config = config
        self._token = token
        self._listening: dict[str, tuple[str, int]] = {}

    def listening(self, transport: str, host: str, port: int) -> None:
        """Learn an address the shell is bound to; the first of each transport counts."""
        self._listening.setdefault(transport, (host, port))

    def listens(self, transport: str) -> bool:
        """Tell whether peers reach us over a transport."""
        return transport in self._listening

    def via(self, route: Route) -> Via:
        """Return a Via with a branch of its own for a request that leaves along ``route``."""
        host, port = self._address(route)
        branch = f"{MAGIC_COOKIE}{self._token()}"
        return Via(route.transport, bracketed(host), port, Parameters((("branch", branch), ("rport", None))))

    def contact(self, route: Route, username: str | None = None, *, secure: bool = False) -> str:
        """Return the Contact that reaches us from where ``route`` leads.

        One that is ``secure`` is a SIPS URI, as it must be where the Request-URI is one (section 8.1.1.8),
        unless the route itself is not.
        """
        user = "" if username is None else f"{SipUri.make(username, 'localhost').user}@"
        # RFC 7118 section 5.5: in a URI both kinds of WebSocket are called ws.
        name = "ws" if route.transport == "WSS" else route.transport.lower()
        secure = secure and route.transport in ("TLS", "WSS")
        scheme, usual = ("sips", "tls") if secure else ("sip", "udp")
        transport = "" if name == usual else f";transport={name}"
        return f"<{scheme}:{user}{self._sent_by(route)}{transport}>"

    def call_id_host(self, route: Route) -> str:
        """Return the host that makes a Call-ID of ours global."""
        return self._address(route)[0]

    def _sent_by(self, route: Route) -> str:
        host, port = self._address(route)
        return f"{bracketed(host)}:{port}"

    def _address(self, route: Route) -> tuple[str, int]:
        host, port = self._listening.get(route.transport, ("", 0))
        if isinstance(route, Flow):
            # A stream we opened has a port of its own, where nobody listens; peers must reach the listener.
            host = route.local[0]
            if not port or not route.is_reliable:
                port = route.local[1]
        if not host and self._listening:
            host, port = next(iter(self._listening.values()))
        config = self._config
        return config.external_host or host or "localhost", config.external_port or port


def destination_of(uri: Uri, transport: str, resolve: Resolve | None) -> Destination | None:
    """Return where a request for ``uri`` goes, or None when its host is a name nobody has resolved.

    ``transport`` is used when the URI names none. A numeric host needs no resolver (RFC 3263 section 4.2).
    """
    if not isinstance(uri, SipUri):
        return None
    transport = uri.transport or ("TLS" if uri.secure else transport)
    host = uri.address
    if _is_ipv4(host) or ":" in host:
        return Destination(transport, host, uri.port or DEFAULT_PORTS.get(transport, 5060))
    return resolve(uri, transport) if resolve is not None else None
