"""What legs to browsers use, made of the configuration."""

from __future__ import annotations

import time

from engine.config.media_section import MediaSection
from engine.legs.ice_servers import OWN_SECONDS, relay_user
from media.webrtc.certificate import Certificate
from media.webrtc.ice import IceOptions, TurnServer
from media.webrtc.path import WebRtcOptions


def webrtc_options(media: MediaSection) -> WebRtcOptions:
    """Return them, with a certificate of this process."""

    def credentials() -> tuple[str, str]:
        user = relay_user(media, "dialplane", int(time.time()) + OWN_SECONDS)
        return user.username, user.password

    relays = tuple(
        TurnServer((relay.address.host, relay.address.port), credentials, relay.transport, relay.tls)
        for relay in media.turn_servers
    )
    stun = tuple((server.host, server.port) for server in media.stun_servers)
    return WebRtcOptions(Certificate(), IceOptions(media.address, media.external_address, stun, relays))
