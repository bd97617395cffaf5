"""What the SIP stack asks before it reads a new request: whether there is room, and none is made in vain."""

from __future__ import annotations

from typing import Final

from engine.exchange.admission import Admission
from engine.reporting import log
from engine.reporting.metrics import Metrics
from sip.flow import Flow
from sip.message import Request

LINES: Final = 10
"""Refused calls of a second that get a line of the log each: writing one costs as much as answering one."""


class FullHouse:
    """The gate of the endpoint: closed to calls at a limit or without a store, to all while draining."""

    def __init__(self, admission: Admission, metrics: Metrics) -> None:
        self._admission = admission
        self._metrics = metrics
        self._second = 0
        self._lines = 0
        self._untold = 0

    def closed(self, method: str, now: float) -> bool:
        """Tell whether a new request of this method is turned away now."""
        if method == "INVITE":
            return self._admission.closed(now) is not None
        return self._admission.draining

    def turned_away(self, request: Request, flow: Flow, now: float) -> None:
        """Count a call that was, and write it down; a flood of them gets few lines, which tell its size."""
        if request.method != "INVITE":
            return
        self._metrics.call_refused(503)
        if int(now) != self._second:
            self._second, self._lines = int(now), 0
        if self._lines == LINES:
            self._untold += 1
            return
        self._lines += 1
        more = {"untold_before": self._untold} if self._untold else {}
        self._untold = 0
        why = self._admission.closed(now) or ""
        log.get("switchboard").info(
            "call.refused", status=503, reason=why, source=str(flow), to=request.uri_text, **more
        )
