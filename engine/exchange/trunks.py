"""The carriers and PBXs we exchange calls with: which one a number goes to, which one a call comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from engine.store import TrunkRow
from sip.challenges import ChallengeAnswers, Login
from sip.errors import PeerError
from sip.flow import Destination, Flow
from sip.header_values import NameAddr
from sip.message import Request
from sip.privacy import ANONYMOUS
from sip.uri import SipUri

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FieldList = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class CallerIdentity:
    """Who a call through a trunk says it is from."""

    number: str
    display_name: str = ""
    forwarded_from: str = ""
    """Who was called first, when the call was diverted."""
    private: bool = False
    """Whether the callee must not see the number."""


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """One carrier or PBX."""

    name: str
    uri: SipUri
    login: Login | None = None
    """Answers the challenges of this trunk's host, and of nobody else."""
    register: bool = False
    register_expires: int = 3600
    """Seconds."""
    networks: tuple[Network, ...] = ()
    """Sources whose calls are this trunk's."""
    prefixes: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ()
    """Offered in this order."""
    number_format: str = "dialled"
    """``dialled`` as it is, ``e164`` with a plus sign, ``digits`` without one."""
    identity: str = "p-asserted-identity"
    """Where who calls stands besides From: a header in small letters, ``both`` or ``none``."""
    srtp: str = ""
    """The policy of encryption; empty where the configuration's default counts."""

    @classmethod
    def of(cls, row: TrunkRow) -> Self:
        """Make a trunk of its row; raises ``PeerError`` for a URI that is none."""
        login = Login(row.username, row.password, row.realm) if row.username else None
        return cls(
            name=row.name,
            uri=SipUri.parse(row.uri),
            login=login,
            register=row.register,
            register_expires=row.register_expires,
            networks=tuple(ipaddress.ip_network(network, strict=False) for network in row.allow_from),
            prefixes=tuple(row.prefixes),
            codecs=tuple(row.codecs),
            number_format=row.number_format,
            identity=row.identity,
            srtp=row.srtp,
        )

    def knows(self, number: str) -> int:
        """Return the length of the longest prefix that the number has; -1 when the trunk does not take it."""
        return max((len(prefix) for prefix in self.prefixes if number.startswith(prefix)), default=-1)

    def formatted(self, number: str) -> str:
        """Return a number as this trunk wants it."""
        international = number.removeprefix("+")
        if international == number and number.startswith("00"):
            international = number[2:]
        if self.number_format == "e164":
            return f"+{international}"
        return international if self.number_format == "digits" else number

    def request_uri(self, number: str) -> SipUri:
        """Return the Request-URI of a call to ``number``: the trunk's URI with that user part."""
        user = SipUri.make(self.formatted(number), "localhost").user
        return replace(self.uri, user=user, password=None, headers=())

    def record(self) -> SipUri:
        """Return our address at the trunk: what we register, and who calls without a number come from."""
        user = SipUri.make(self.login.username, "localhost").user if self.login else self.uri.user
        return SipUri(self.uri.host, user, scheme=self.uri.scheme)

    def identity_fields(self, caller: CallerIdentity) -> FieldList:
        """Return From, then who really calls, Privacy (RFC 3323) and Diversion (RFC 5806).

        That is P-Asserted-Identity (RFC 3325) or Remote-Party-ID (draft-ietf-sip-privacy-04), which carriers
        that are older than the RFC read. The trunk is told the number even when the callee must not see it:
        carriers bill by it.
        """
        known = NameAddr(
            SipUri.make(self.formatted(caller.number), self.uri.host), caller.display_name or None
        )
        fields = [("From", str(ANONYMOUS if caller.private else known))]
        if self.identity in ("p-asserted-identity", "both"):
            fields.append(("P-Asserted-Identity", str(known)))
        if self.identity in ("remote-party-id", "both"):
            privacy = "full" if caller.private else "off"
            fields.append(("Remote-Party-ID", f"{known};party=calling;screen=yes;privacy={privacy}"))
        if caller.private:
            fields.append(("Privacy", "id"))
        if caller.forwarded_from:
            first = NameAddr(SipUri.make(self.formatted(caller.forwarded_from), self.uri.host))
            fields.append(("Diversion", f"{first};reason=unconditional"))
        return fields

    def answers(self, token: Callable[[], str]) -> ChallengeAnswers | None:
        """Return what answers challenges to one request of ours; None without a login.

        Use it only for responses of which :func:`came_from` holds, or in a call that came from the trunk.
        """
        return ChallengeAnswers(self.login, token) if self.login is not None else None


def came_from(flow: Flow, destinations: Iterable[Destination]) -> bool:
    """Tell whether a response came from where the trunk is, and not from who claims its realm."""
    return any(flow.remote[0] == destination.host for destination in destinations)


def asserted_number(request: Request) -> str | None:
    """Return the caller's number as a trusted sender vouches for it (RFC 3325; else Remote-Party-ID)."""
    try:
        addresses = list(request.asserted_identities)
        if not addresses and (line := request.headers.get("Remote-Party-ID")):
            addresses = [NameAddr.parse(line)]
    except PeerError:
        return None
    return next((address.uri.subscriber for address in addresses if address.uri.subscriber), None)


@dataclass
class TrunkDirectory:
    """All trunks, in the order of the configuration; rebuilt as a whole when they change."""

    trunks: tuple[Trunk, ...] = ()
    is_up: Callable[[str], bool] = field(default=lambda name: True, repr=False)
    """Tells by name whether a trunk answers; one that does not is tried last."""
    preferred: str = ""
    """The name of one that comes before others that know as much of a number."""

    def for_number(self, number: str) -> tuple[Trunk, ...]:
        """Return the trunks to try: those that answer first, then the longest prefix, then in order."""
        fits = []
        for place, trunk in enumerate(self.trunks):
            if (known := trunk.knows(number)) >= 0:
                fits.append((not self.is_up(trunk.name), -known, trunk.name != self.preferred, place, trunk))
        return tuple(trunk for *_, trunk in sorted(fits, key=lambda fit: fit[:4]))

    def of_source(self, host: str) -> Trunk | None:
        """Return the trunk whose ``allow_from`` has the host; the narrowest network wins."""
        if not self.trunks:
            return None
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return None
        fits = [
            (network.prefixlen, -place, trunk)
            for place, trunk in enumerate(self.trunks)
            for network in trunk.networks
            if address in network
        ]
        return max(fits, key=lambda fit: fit[:2])[2] if fits else None

    def named(self, name: str) -> Trunk | None:
        """Return one trunk."""
        return next((trunk for trunk in self.trunks if trunk.name == name), None)
