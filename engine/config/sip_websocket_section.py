"""The part of ``[http]`` that says who may speak SIP over WebSocket."""

import re

from pydantic import Field, field_validator

from engine.config.section import Section
from engine.config.values import Network


class SipWebSocketSettings(Section):
    """Pages and proxies that are trusted at `/sip`."""

    sip_origins: tuple[str, ...] = Field(
        (),
        description="Origins whose pages may speak SIP at `/sip` beside our own, such as "
        "`https://shop.example.com`; `*`: any.",
    )

    trusted_proxies: tuple[Network, ...] = Field(
        (),
        description="Web servers before us, whose `X-Forwarded-For` names who connects to `/sip`: limits and "
        "bans count by that.",
    )

    @field_validator("sip_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", origin, re.IGNORECASE):
                raise ValueError(f"{origin!r}: write scheme and host, such as https://shop.example.com")
        return value
