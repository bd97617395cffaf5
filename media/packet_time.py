"""How much sound a packet carries: ``ptime`` and ``maxptime`` (RFC 8866 section 6.4)."""

from __future__ import annotations

from collections.abc import Sequence

from media.sdp import MediaDescription


def ptime_to_send(media: MediaDescription, usual: int, possible: Sequence[int]) -> int:
    """Return the packet time that the peer wishes if we can send it, else the nearest to ours.

    All in milliseconds. ``ptime`` is a wish; ``maxptime`` is a limit that we keep whenever we can.
    """
    wish, limit = _milliseconds(media, "ptime"), _milliseconds(media, "maxptime")
    allowed = [each for each in possible if limit is None or each <= limit]
    if not allowed:
        return min(possible)
    if wish in allowed:
        return wish
    return usual if usual in allowed else max(allowed)


def _milliseconds(media: MediaDescription, name: str) -> int | None:
    value = (media.value(name) or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 4 else None
