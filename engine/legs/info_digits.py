"""Keys in an INFO request, as equipment sends them that has no RFC 4733."""

from __future__ import annotations

KEYS = "0123456789*#ABCD"


def key_in_info(content_type: str, body: bytes) -> str | None:
    """Return the key in a DTMF INFO of either kind, or None when there is none.

    ``application/dtmf-relay`` has ``Signal=5`` in its first line, ``application/dtmf`` the bare key. Some
    equipment numbers the keys: 10 is ``*`` and 11 is ``#``, as in RFC 4733.
    """
    text = body.decode("ascii", "replace").strip()
    if content_type.lower().startswith("application/dtmf-relay"):
        name, _, text = text.partition("\n")[0].partition("=")
        if name.strip().lower() != "signal":
            return None
    key = text.partition("\n")[0].strip().upper()
    key = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}.get(key, key)
    return key if len(key) == 1 and key in KEYS else None
