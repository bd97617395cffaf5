"""Access tokens of a client: what may be asked for, and how one is shown. They are stored nowhere."""

from __future__ import annotations

from pydantic import Field

from engine.access_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS
from engine.http.forms import Form
from engine.http.resources.declaration import Iso8601, Seconds, Shown

NAME = "Tokens"
"""Below a client: ``…/Clients/{client}/Tokens``."""


class TokenCreation(Form):
    """A request for a token."""

    ttl: int = Field(
        USUAL_SECONDS,
        alias="Ttl",
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Seconds until it expires.",
    )
    renewable: bool = Field(
        False, alias="Renewable", description="Whether the phone page may renew it, for twelve hours."
    )


class ShownToken(Shown):
    """A token, which is shown once: to whoever asked for it."""

    account_sid: str
    client_sid: str
    login: str
    token: str
    ttl: Seconds
    renewable: bool
    date_expires: Iso8601
    phone_url: str
    """The phone page, signed in with it."""
