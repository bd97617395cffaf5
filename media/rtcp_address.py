"""Where the peer wants RTCP (RFC 3605, RFC 5761)."""

from __future__ import annotations

from media.sdp import MediaDescription
from media.sdp_values import Connection

Address = tuple[str, int]


def rtcp_address(media: MediaDescription, remote: Address | None, mux: bool) -> Address | None:
    """Return where RTCP goes: the RTP port when shared, ``a=rtcp`` (RFC 3605), or the next port."""
    if remote is None or mux:
        return remote
    fields = (media.value("rtcp") or "").split()
    if fields and fields[0].isascii() and fields[0].isdigit() and 0 < int(fields[0][:6]) <= 65535:
        elsewhere = Connection(fields[3]).ip if len(fields) == 4 else None
        # Reports go to the host that gets the sound or nowhere: an offer must not aim us at others.
        if elsewhere is None or str(elsewhere) == remote[0]:
            return remote[0], int(fields[0])
    return (remote[0], remote[1] + 1) if remote[1] < 65535 else None
