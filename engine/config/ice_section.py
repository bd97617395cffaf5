"""The part of ``[media]`` that helps browsers and us to find each other (ICE)."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, model_validator

from engine.config.section import Section
from engine.config.values import Address, HostPort

STUN_PORT, TURNS_PORT = 3478, 5349
"""RFC 8656 section 13."""


@dataclass(frozen=True, slots=True)
class TurnUri:
    """A TURN server as RFC 7065 writes it: ``turn:relay.example.com:3478?transport=udp``."""

    address: HostPort
    tls: bool = False
    transport: str = "udp"

    @classmethod
    def parse(cls, text: Any) -> "TurnUri":
        """Read the URI; raise ValueError saying how one looks."""
        if isinstance(text, TurnUri):
            return text
        match = re.fullmatch(r"(turns?):([^?]+)(?:\?transport=(udp|tcp))?", str(text))
        if match is None:
            raise ValueError("write turn:HOST:PORT or turns:HOST:PORT, with ?transport=udp or tcp behind it")
        tls = match[1] == "turns"
        has_port = re.search(r":\d+$", match[2]) is not None
        address = match[2] if has_port else f"{match[2]}:{TURNS_PORT if tls else STUN_PORT}"
        if tls and match[3] == "udp":
            raise ValueError("turns: is TLS, which needs ?transport=tcp")
        return cls(HostPort.parse(address), tls, match[3] or ("tcp" if tls else "udp"))

    def __str__(self) -> str:
        return f"{'turns' if self.tls else 'turn'}:{self.address}?transport={self.transport}"


Relay = Annotated[TurnUri, BeforeValidator(TurnUri.parse), PlainSerializer(str)]


class IceSettings(Section):
    """What is asked where we are reached. A server with a public address needs none of it."""

    stun_servers: tuple[Address, ...] = Field(
        (),
        description="STUN servers, `HOST:PORT`, that tell our address before a NAT to browsers; "
        "`external_address` says it without asking.",
    )
    turn_servers: tuple[Relay, ...] = Field(
        (),
        description="TURN servers, such as `turn:relay.example.com:3478?transport=udp`, that carry the sound "
        "of browsers who cannot reach our ports.",
    )
    browser_turn_servers: tuple[Relay, ...] = Field(
        (),
        description="TURN servers that the phone page and `Tokens` tell browsers of; empty: `turn_servers`, "
        "when there is a `turn_secret`.",
    )
    turn_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of the TURN servers (coturn: `use-auth-secret`, `static-auth-secret`), of which "
        "credentials that end are made, for us and for each browser.",
    )
    turn_username: str = Field("", description="User name at TURN servers that have no such secret.")
    turn_password: SecretStr = Field(SecretStr(""), description="Password of this user.")

    @model_validator(mode="after")
    def _one_kind_of_credentials(self) -> Self:
        secret, password = self.turn_secret.get_secret_value(), self.turn_password.get_secret_value()
        if secret and (self.turn_username or password):
            raise ValueError(
                "turn_secret makes user names and passwords: leave turn_username and turn_password out"
            )
        if self.browser_turn_servers and not secret and not (self.turn_username and password):
            raise ValueError("browser_turn_servers needs turn_secret, or turn_username with turn_password")
        return self
