"""Keeps what was exchanged with applications: who asked, with what, and what was answered.

Traces help to find mistakes and are never in the way: they are written behind, and when the database is
behind, they are the first that is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from engine import ids
from engine.config.traces_section import TracesSection
from engine.reporting.masking import masked_body, masked_headers, masked_url
from engine.requests.http_request import Ended, Request, Wire
from engine.store import Store, TraceRow

MOST_WAITING = 5_000
"""Rows that may wait for the database before a trace is left out: calls' own rows need the room."""


class TraceLog:
    """The traces of one daemon. ``section`` returns the configuration that counts now."""

    def __init__(self, store: Store, section: Callable[[], TracesSection]) -> None:
        self._store = store
        self._section = section
        self.left_out = 0

    def sent(self, request: Request, wire: Wire, ended: Ended, seconds: float) -> None:
        """Note a request of ours and how it ended; who asked for nobody in particular is not noted."""
        if not request.account_sid:
            return
        status, headers, body, content_type = _answered(ended)
        self.keep(
            TraceRow(
                sid=ids.new_sid(ids.TRACE),
                account_sid=request.account_sid,
                session_sid=request.call_sid or None,
                direction="outbound",
                method=wire.method,
                url=masked_url(wire.address),
                request_headers=masked_headers(wire.headers.items()),
                request_body=masked_body(wire.body or b"", wire.headers.get("Content-Type")),
                latency_ms=round(seconds * 1000),
                status=status,
                problem=ended.problem,
                response_headers=masked_headers(headers),
                response_body=masked_body(body, content_type),
            )
        )

    def keep(self, row: TraceRow) -> None:
        """Keep a trace, unless traces are turned off or the database is behind."""
        if not self._section().http_hours:
            return
        if self._store.waiting > MOST_WAITING:
            self.left_out += 1
            return
        self._store.save(row)


def _answered(ended: Ended) -> tuple[int | None, list[tuple[str, str]], bytes, str | None]:
    """Return status, headers, body and type of what came back, as far as anything did."""
    if ended.answer is not None:
        answer = ended.answer
        return answer.status, list(answer.headers.items()), answer.body, answer.content_type
    if ended.refused is not None:
        lines = [line.partition(": ") for line in ended.refused.headers.splitlines()]
        return ended.status, [(name, value) for name, _, value in lines], ended.refused.body, None
    return ended.status, [("Location", ended.moved)] if ended.moved else [], b"", None
