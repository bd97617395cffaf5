"""The Via header: one hop of the way of a request (RFC 3261 sections 18.2.1, 20.42; RFC 3581)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sip.errors import MalformedValue
from sip.grammar import NO_PARAMETERS, SPACE, TOKEN, Parameters, is_digits, split_parameters
from sip.uri import bracketed, parse_host_port

MAGIC_COOKIE: Final = "z9hG4bK"
"""What the branch of an RFC 3261 client begins with (8.1.1.7)."""

_is_hop = re.compile(
    rf"{SPACE}({TOKEN}){SPACE}/{SPACE}({TOKEN}){SPACE}/{SPACE}({TOKEN})[ \t\r\n]++([^/]++)"
).fullmatch
"""Matches sent-protocol and sent-by of a Via, white space around the slashes allowed."""


@dataclass(frozen=True, slots=True)
class Via:
    """One hop of the way a request took (20.42)."""

    transport: str
    """In upper case: UDP, TCP, TLS, WS, WSS or an unknown one."""
    host: str
    """sent-by; an IPv6 address is in brackets."""
    port: int | None = None
    parameters: Parameters = NO_PARAMETERS
    version: str = "SIP/2.0"

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read ``SIP/2.0/UDP host:port;params``, white space around the slashes allowed."""
        value, parameters = split_parameters(text)
        hop = _is_hop(value)
        if hop is None:
            raise MalformedValue(text, "write SIP/2.0/transport host[:port]", what="Via")
        name, version, transport, sent_by = hop.groups()
        host, port = parse_host_port(_without_space_at_colon(sent_by))
        return cls(transport.upper(), host, port, parameters, f"{name}/{version}")

    @classmethod
    def parse_hop(cls, text: str) -> Via:
        """Read only who sent, from a value whose parameters may be broken.

        That is enough to tell such a sender what is wrong (RFC 4475 3.1.2.1).
        """
        return cls.parse(re.split("[;,]", text, maxsplit=1)[0])

    @property
    def branch(self) -> str | None:
        """The transaction identifier; ``None`` from an RFC 2543 client."""
        return self.parameters.get("branch")

    @property
    def unique_branch(self) -> str | None:
        """The branch if it is a unique RFC 3261 identifier, else None; the bare cookie identifies nothing."""
        branch = self.branch
        return branch if branch and branch.startswith(MAGIC_COOKIE) and branch != MAGIC_COOKIE else None

    @property
    def has_magic_cookie(self) -> bool:
        """Whether it is the Via of an RFC 3261 client."""
        return self.unique_branch is not None

    @property
    def received(self) -> str | None:
        """The source address a server noted, without brackets (18.2.1, RFC 5118 4.5)."""
        value = self.parameters.get("received")
        return value.strip("[]") if value else None

    @property
    def wants_rport(self) -> bool:
        """True when the sender asked for the answer at its source port (RFC 3581)."""
        return "rport" in self.parameters

    @property
    def rport(self) -> int | None:
        """The source port a server noted; ``None`` when absent, empty or no port."""
        value = self.parameters.get("rport") or ""
        return int(value) if is_digits(value, 5) and 0 < int(value) < 65536 else None

    @property
    def maddr(self) -> str | None:
        """Where responses go instead, on UDP (18.2.2)."""
        value = self.parameters.get("maddr")
        return value.strip("[]") if value else None

    def with_source(self, host: str, port: int) -> Via:
        """Return the hop with a note of where the request came from (18.2.1, RFC 3581 section 4)."""
        parameters = self.parameters
        if self.wants_rport:
            parameters = parameters.with_value("rport", str(port))
        elif self.host.strip("[]").lower() == host.lower():
            return self
        return Via(
            self.transport, self.host, self.port, parameters.with_value("received", host), self.version
        )

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.version}/{self.transport} {bracketed(self.host)}{port}{self.parameters}"


def _without_space_at_colon(text: str) -> str:
    """``COLON`` may have white space around it (25.1), as in ``host : 5060``."""
    return "".join(text.split()) if " :" in text or ": " in text or "\t" in text else text
