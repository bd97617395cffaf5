"""The status line in a ``message/sipfrag`` body: RFC 3420 section 2, as RFC 3515 section 2.4.5 uses it."""

from __future__ import annotations

import re
from typing import Final

from sip.status import reason_phrase

SIPFRAG: Final = "message/sipfrag"

_STATUS_LINE: Final = re.compile(rb"SIP/2\.0[ \t]+([1-6][0-9][0-9])(?:[ \t\r\n]|$)", re.IGNORECASE)


def status_line(status: int) -> bytes:
    """Return the fragment that tells how a request fares."""
    return f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()


def status_in(body: bytes) -> int | None:
    """Return the status that a fragment begins with; None for a fragment of something else."""
    found = _STATUS_LINE.match(body.lstrip(b"\r\n"))
    return int(found.group(1)) if found is not None else None
