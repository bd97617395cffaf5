"""Which SIP status tells a caller who still rings why nobody was connected (RFC 3261 section 16.7)."""

from __future__ import annotations

from typing import Final

UNAVAILABLE: Final = 480

_OF_OUR_REQUEST: Final = frozenset(
    {401, 405, 407, 412, 413, 414, 415, 416, 420, 421, 422, 423, 428, 429, 436, 437, 438, 439, 440}
    | {469, 470, 481, 489, 491, 493, 494, 501, 505, 513}
)
"""What somebody finds wrong with a request that the caller did not send, or can only mend as its sender."""


def passed_back(status: int) -> int:
    """Return what a caller is told when a callee's side answered with ``status``, 0 for nothing.

    A challenge to us is none to the caller, who could not answer it.
    """
    return status if status >= 400 and status not in _OF_OUR_REQUEST else UNAVAILABLE
