"""What passed on a wire, as tuples and as a ladder diagram to compare as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sip.message import Request, Response


@dataclass(frozen=True)
class Passed:
    """One packet."""

    at: float
    """Seconds since the start, when it was sent."""
    rightward: bool
    what: str
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.what} (lost)" if self.lost else self.what


def summary(message: Request | Response) -> str:
    """Return the method or the status, with the method it answers when that is not INVITE."""
    if isinstance(message, Request):
        return message.method
    method = message.cseq.method
    return f"{message.status}" if method == "INVITE" else f"{message.status} ({method})"


def steps(log: Iterable[Passed]) -> list[tuple[float, str]]:
    """Return times and names, such as ``(0.5, "INVITE (lost)")``."""
    return [(round(passed.at, 3), str(passed)) for passed in log]


def ladder(log: Iterable[Passed]) -> str:
    """Draw what passed: one line each, the time first, arrows between the left and the right end.

    >>> print(ladder([Passed(0.0, True, "INVITE"), Passed(0.05, False, "486", lost=True)]))
       0.00  INVITE          --->
       0.05  486             <--x
    """
    lines = []
    for passed in log:
        arrow = (
            ("---x" if passed.lost else "--->") if passed.rightward else ("<--x" if passed.lost else "<---")
        )
        lines.append(f"{passed.at:7.2f}  {passed.what:<15} {arrow}")
    return "\n".join(lines)


def drawn(text: str) -> str:
    """Return a ladder written in a test as a triple-quoted block, without its margin."""
    rows = [line.strip() for line in text.strip().splitlines()]
    return "\n".join(f"{at:>7}  {what:<15} {arrow}" for at, what, arrow in map(_cells, rows))


def _cells(row: str) -> tuple[str, str, str]:
    at, rest = row.split(maxsplit=1)
    what, arrow = rest.rsplit(maxsplit=1)
    return at, what.strip(), arrow
