"""The ``[email]`` section: where mail goes out."""

import ipaddress
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from engine.config.section import Section
from rcml.recipients import read_mail_address
from rcml.values import NotAllowed

TLS_PORT = 465
"""Where TLS is spoken from the first byte on (RFC 8314)."""


class EmailSection(Section):
    """The mail server that the verb Email and Email Messages of the REST API send through."""

    host: str = Field("", description="Name or address of the mail server; empty: no mail can be sent.")
    port: int = Field(
        587, description="Its port; at 465 TLS is spoken from the first byte on.", ge=1, le=65535
    )
    username: str = Field("", description="User name, when the server wants one.")
    password: SecretStr = Field(SecretStr(""), description="Its password.")
    starttls: bool = Field(
        True,
        description="Whether TLS is begun with STARTTLS, at ports other than 465; a server that has none is "
        "then sent no mail.",
    )
    from_: str = Field(
        "",
        alias="from",
        description="Sender of a mail that names none, as `user@host` or `Name <user@host>`.",
    )
    timeout: float = Field(20.0, description="Seconds that each step of sending may take.", gt=0, le=300)

    @field_validator("from_")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            if value:
                read_mail_address(value)
        except NotAllowed:
            raise ValueError("write user@host or Name <user@host>, such as pbx@example.com") from None
        return value

    @model_validator(mode="after")
    def _password_not_readable(self) -> Self:
        readable = not self.starttls and self.port != TLS_PORT and not _is_loopback(self.host)
        if self.username and readable:
            raise ValueError(
                "starttls = false would send the password readable; leave it out or use port 465"
            )
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
