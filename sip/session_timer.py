"""Session timers: RFC 4028."""

from __future__ import annotations

from dataclasses import dataclass

from sip.endpoint_config import EndpointConfig
from sip.header_values import SessionExpires
from sip.message import Request, Response

ABSOLUTE_MINIMUM = 90
"""Seconds; no interval may be shorter (section 4)."""


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """The agreed interval of a session and who refreshes it; each refresh starts it anew."""

    interval: int
    """Seconds."""
    refresher: bool
    """True when it is us."""
    started: float

    @property
    def refresh_at(self) -> float | None:
        """When to refresh: after half the interval, if it is our task (section 7.2)."""
        return self.started + self.interval / 2 if self.refresher else None

    @property
    def expires_at(self) -> float:
        """When to send BYE for want of a refresh: a little before the end of the interval (section 10)."""
        return self.started + self.interval - min(32.0, self.interval / 3)


@dataclass(frozen=True, slots=True)
class TimerAnswer:
    """What a UAS makes of a request's session timer: the timer, and what its 2xx says about it."""

    timer: SessionTimer | None
    headers: tuple[tuple[str, str], ...]


def too_small(request: Request, config: EndpointConfig) -> bool:
    """Tell whether to answer 422: an interval below our minimum, from a UAC that can raise it (section 9)."""
    asked = request.session_expires
    return (
        bool(config.session_expires)
        and asked is not None
        and asked.interval < minimum(config)
        and "timer" in request.supported
    )


def minimum(config: EndpointConfig) -> int:
    """Return our Min-SE."""
    return max(ABSOLUTE_MINIMUM, config.minimum_session_expires)


def answer_timer(request: Request, config: EndpointConfig, now: float) -> TimerAnswer:
    """Decide as UAS on the timer of an INVITE or UPDATE (section 9, table 2).

    A UAC that does not know session timers gets one only if it, or a proxy for it, asked; we refresh then.
    """
    asked = request.session_expires
    able = "timer" in request.supported
    if not config.session_expires or (asked is None and not able):
        return TimerAnswer(None, ())
    floor = max(minimum(config), request.min_se or 0)
    interval = max(min(asked.interval, config.session_expires) if asked else config.session_expires, floor)
    if not able:
        refresher = "uas"
    elif asked is None:
        # Nobody asked, so the work is ours.
        refresher = "uas"
    else:
        refresher = asked.refresher or "uac"
    headers = [("Session-Expires", str(SessionExpires(interval, refresher)))]
    if refresher == "uac":
        headers.append(("Require", "timer"))
    return TimerAnswer(SessionTimer(interval, refresher == "uas", now), tuple(headers))


def offer_timer(
    config: EndpointConfig, *, interval: int = 0, minimum_seen: int = 0, refresher: str | None = None
) -> list[tuple[str, str]]:
    """Return the headers with which a UAC asks for a timer; ``minimum_seen`` is the Min-SE of a 422."""
    if not config.session_expires:
        return []
    seconds = max(interval or config.session_expires, minimum_seen)
    headers = [("Session-Expires", str(SessionExpires(seconds, refresher)))]
    if minimum_seen:
        headers.append(("Min-SE", str(minimum_seen)))
    return headers


def accept_timer(response: Response, config: EndpointConfig, now: float) -> SessionTimer | None:
    """Read as UAC the timer that a 2xx agreed to; None when the peer runs none (section 7.2)."""
    agreed = response.session_expires
    if agreed is None or not config.session_expires:
        return None
    return SessionTimer(max(agreed.interval, ABSOLUTE_MINIMUM), agreed.refresher != "uas", now)


def minimum_wanted(response: Response) -> int:
    """Return the Min-SE of a 422, or what it must have been at least (section 7.3)."""
    return max(response.min_se or 0, ABSOLUTE_MINIMUM)
