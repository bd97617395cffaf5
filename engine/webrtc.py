"""What legs to browsers use, made of the configuration."""

from __future__ import annotations

from engine.config.schema import MediaSection
from media.webrtc.certificate import Certificate
from media.webrtc.ice import IceOptions, TurnServer
from media.webrtc.path import WebRtcOptions


def webrtc_options(media: MediaSection) -> WebRtcOptions:
    """Return them, with a certificate of this process."""
    password = media.turn_password.get_secret_value()
    relays = tuple(
        TurnServer(
            (relay.address.host, relay.address.port),
            media.turn_username,
            password,
            relay.transport,
            relay.tls,
        )
        for relay in media.turn_servers
    )
    stun = tuple((server.host, server.port) for server in media.stun_servers)
    return WebRtcOptions(Certificate(), IceOptions(media.address, media.external_address, stun, relays))
