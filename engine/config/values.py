"""Values of the configuration that are more than text or number, read by ``parse``, printed by ``str``."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from engine.number_pattern import compile_pattern
from sip.errors import UriError
from sip.uri import SipUri

_TRANSPORTS = ("udp", "tcp", "tls")


@dataclass(frozen=True, slots=True)
class HostPort:
    """An address to listen on or to be reached at: ``127.0.0.1:8080``, ``[::1]:8080``, ``host:80``."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: Any) -> "HostPort":
        """Read ``HOST:PORT``; raise ValueError saying what is missing."""
        if isinstance(text, HostPort):
            return text
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/\s]+)):(\d{1,5})", str(text))
        if match is None:
            raise ValueError("write HOST:PORT, such as 127.0.0.1:5060 or [::1]:5060")
        port = int(match[3])
        if port > 65535:
            raise ValueError("a port is at most 65535")
        return cls(match[1] or match[2], port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SipListener:
    """One SIP socket: ``udp:127.0.0.1:5060``."""

    transport: str
    address: HostPort

    @classmethod
    def parse(cls, text: Any) -> "SipListener":
        """Read ``TRANSPORT:HOST:PORT`` with transport udp, tcp or tls."""
        if isinstance(text, SipListener):
            return text
        transport, _, address = str(text).partition(":")
        if transport.lower() not in _TRANSPORTS:
            raise ValueError("write TRANSPORT:HOST:PORT with udp, tcp or tls, such as udp:127.0.0.1:5060")
        return cls(transport.lower(), HostPort.parse(address))

    def __str__(self) -> str:
        return f"{self.transport}:{self.address}"


@dataclass(frozen=True, slots=True)
class PortRange:
    """UDP ports from ``first`` to ``last``, both included: ``20000-29999``."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: Any) -> "PortRange":
        """Read ``FIRST-LAST``."""
        if isinstance(text, PortRange):
            return text
        match = re.fullmatch(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", str(text))
        if match is None:
            raise ValueError("write FIRST-LAST, such as 20000-29999")
        first, last = int(match[1]), int(match[2])
        if not 1024 <= first < last <= 65535:
            raise ValueError("both ports lie between 1024 and 65535, the first below the last")
        return cls(first, last)

    @property
    def range(self) -> range:
        """The ports as a range."""
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def _network(value: Any) -> Any:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        return ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        raise ValueError("write a network or an address, such as 10.0.0.0/8, 192.0.2.7 or fd00::/8") from None


def _application_url(value: str) -> str:
    if not value or value.startswith("/"):
        return value
    try:
        parts = urlsplit(value)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("write an http:// or https:// URL, or a path of this server that begins with /")
    return value


def _sip_uri(value: str) -> str:
    try:
        SipUri.parse(value)
    except UriError:
        raise ValueError("write a SIP URI, such as sip:203.0.113.10:5060;transport=udp") from None
    return value


def _method(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _pattern(value: str) -> str:
    try:
        compile_pattern(value)
    except re.error as error:
        raise ValueError(f"this is not a regular expression: {error}") from None
    return value


Address = Annotated[HostPort, BeforeValidator(HostPort.parse), PlainSerializer(str)]
Listener = Annotated[SipListener, BeforeValidator(SipListener.parse), PlainSerializer(str)]
Ports = Annotated[PortRange, BeforeValidator(PortRange.parse), PlainSerializer(str)]
Network = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network), PlainSerializer(str)
]
ApplicationUrl = Annotated[str, AfterValidator(_application_url)]
SipAddress = Annotated[str, AfterValidator(_sip_uri)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Upper = BeforeValidator(_method)
