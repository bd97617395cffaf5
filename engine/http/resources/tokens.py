"""Tokens: access of a client to calls, and of a browser to relays. They are stored nowhere."""

from __future__ import annotations

from pydantic import Field

from engine.exchange.access_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS
from engine.http.forms import Form
from engine.http.resources.declaration import Iso8601, Seconds, Shown
from engine.legs.ice_servers import IceServer

NAME = "Tokens"
"""Below a client: ``…/Clients/{client}/Tokens``; below an account: ``…/Tokens``."""


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
    ice_servers: list[IceServer]
    """For the page's ``RTCPeerConnection``; as good as the token."""


class RelayTokenCreation(Form):
    """A request for servers that help browsers through NATs and firewalls."""

    ttl: int = Field(
        LONGEST_SECONDS,
        alias="Ttl",
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Seconds until its user name is good for nothing.",
    )


class ShownRelayToken(Shown):
    """What Twilio's Network Traversal Service answers: servers, with credentials for the relays of them."""

    account_sid: str
    date_created: Iso8601
    date_updated: Iso8601
    ice_servers: list[IceServer]
    """With ``url`` beside ``urls``, as browsers of before 2015 want it."""
    username: str
    password: str
    ttl: Seconds
