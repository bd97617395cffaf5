"""STUN and TURN servers as browsers are told of them, with credentials that end.

The credentials are those of the scheme that coturn calls ``use-auth-secret`` (draft-uberti-behave-turn-rest):
the user name says when they end and for whom they are, the password is its HMAC-SHA1 under a secret that
the relay has, too. So nothing is stored, and the relay asks nobody.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Final

from engine.config.ice_section import IceSettings

LONGEST_CALL: Final = 4 * 3600
"""Seconds that credentials outlive their token: a call of its last minute is to keep its relay."""
OWN_SECONDS: Final = 24 * 3600
"""How long credentials of our own legs are good for."""


IceServer = dict[str, str]
"""One entry of ``RTCConfiguration.iceServers``: ``urls``, and of a relay ``username`` and ``credential``."""


@dataclass(frozen=True, slots=True)
class RelayUser:
    """Who may use a relay."""

    username: str
    password: str


def short_lived(secret: str, name: str, ends: int) -> RelayUser:
    """Return credentials that are good until ``ends``, in seconds since 1970."""
    username = f"{ends}:{name}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return RelayUser(username, base64.b64encode(digest).decode())


def relay_user(settings: IceSettings, name: str, ends: int) -> RelayUser:
    """Return the credentials of one user at the relays: short-lived ones where there is a secret."""
    secret = settings.turn_secret.get_secret_value()
    if secret:
        return short_lived(secret, name, ends)
    return RelayUser(settings.turn_username, settings.turn_password.get_secret_value())


def ice_servers(settings: IceSettings, user: RelayUser) -> list[IceServer]:
    """Return what a browser is told.

    Relays that carry the sound of our own legs are named to browsers only with credentials that end; for a
    password without end the operator says so by naming relays for browsers.
    """
    relays = settings.browser_turn_servers
    if not relays and settings.turn_secret.get_secret_value():
        relays = settings.turn_servers
    told = [{"urls": f"stun:{server}"} for server in settings.stun_servers]
    told += [{"urls": str(relay), "username": user.username, "credential": user.password} for relay in relays]
    return told
