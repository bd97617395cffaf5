"""Says once that keys of encrypted sound went where anybody on the way can read them."""

from __future__ import annotations

from engine.reporting import log

CONFIDENTIAL = frozenset({"TLS", "WSS"})


class ClearKeys:
    """Warns of the first call whose keys travel in SDP over a transport that is not encrypted itself."""

    def __init__(self) -> None:
        self._told = False

    def note(self, transport: str, peer: str) -> None:
        """Take note of keys that went along ``transport``."""
        if self._told or transport.upper() in CONFIDENTIAL:
            return
        self._told = True
        log.get("leg").warning(
            "srtp.keys_in_clear",
            transport=transport,
            peer=peer,
            cure="use transport=tls with this peer: whoever reads its SIP can listen to the call",
        )
