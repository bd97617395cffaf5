"""The ``[sip]`` section: where SIP is spoken, and who must prove what."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from engine.config.section import Section
from engine.config.values import HostPort, Listener, SipListener


class SipSection(Section):
    """Where SIP is spoken."""

    listen: tuple[Listener, ...] = Field(
        (
            SipListener("udp", HostPort("127.0.0.1", 5060)),
            SipListener("tcp", HostPort("127.0.0.1", 5060)),
        ),
        description="SIP sockets, each `TRANSPORT:HOST:PORT` with udp, tcp or tls; WebSocket is in `[http]`.",
        min_length=1,
    )
    external_address: str = Field(
        "",
        description="`host` or `host:port` in Contact and Via behind NAT; empty: the listening address.",
    )
    realm: str = Field("dialplane", description="Realm of digest authentication.", min_length=1)
    tls_certificate: str = Field(
        "",
        description="PEM file with our certificate and its chain, for tls listeners and for peers that ask "
        "for one; with `tls_private_key`. Read again at SIGHUP.",
    )
    tls_private_key: str = Field("", description="PEM file of the certificate's key.")
    tls_authorities: str = Field(
        "", description="PEM file of the authorities whose certificates are taken; empty: the system's."
    )
    tls_verify_peers: bool = Field(
        True, description="Whether those whom we connect to over TLS need a certificate for their host."
    )
    tls_require_client_certificate: bool = Field(
        False, description="Whether only peers with a certificate of `tls_authorities` may connect over TLS."
    )
    anonymous_inbound: bool = Field(
        True, description="Whether anyone may call a number; false: only trunks and registered clients."
    )
    authenticate: bool = Field(
        True,
        description="Whether clients prove who they are (401, 407). false: whoever names a client is "
        "believed to be it and may call out through trunks; for closed networks only.",
    )
    digest_algorithms: tuple[Literal["SHA-256", "MD5"], ...] = Field(
        ("MD5",),
        description="Digest algorithms that clients are offered, in this order: `MD5` and `SHA-256`. Old "
        "phones read the first alone, and some give up when they do not know one; add `SHA-256` when all of "
        "yours do.",
        min_length=1,
    )
    ban_failures: int = Field(20, description="Wrong passwords from one source that ban it; 0: never.", ge=0)
    ban_seconds: float = Field(
        300.0, description="Seconds within which failures are counted, and for which a ban lasts.", gt=0
    )
    ping_interval: float = Field(
        60.0,
        description="Seconds between OPTIONS to each registered contact and each trunk; 0: none are sent.",
        ge=0,
    )

    @field_validator("realm")
    @classmethod
    def _quotable(cls, value: str) -> str:
        if '"' in value or "\\" in value or not value.isprintable():
            raise ValueError("a realm is printable text without quotes and backslashes")
        return value

    @model_validator(mode="after")
    def _certificate_where_needed(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_private_key):
            raise ValueError("tls_certificate and tls_private_key belong together; write both or neither")
        if any(listener.transport == "tls" for listener in self.listen) and not self.tls_certificate:
            raise ValueError("a tls listener needs tls_certificate and tls_private_key")
        if self.tls_require_client_certificate and not self.tls_authorities:
            raise ValueError(
                "tls_require_client_certificate needs tls_authorities: whose certificates count?"
            )
        return self
