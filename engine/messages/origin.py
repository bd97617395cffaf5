"""Where a text or a mail that a document sends comes from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store import CallRow, MessageRow


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A call, or a text that is being answered."""

    account_sid: str
    direction: str
    """Of what is sent: ``outbound-call``, ``outbound-reply`` or ``outbound-api``."""
    ours: str
    """Our side: the sender when the document names none."""
    theirs: str
    """The other party: the recipient when the document names none."""
    call_sid: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """SIP headers that go with a text."""


def of_call(row: CallRow) -> Origin:
    """Return the origin of what a call's document sends."""
    ours, theirs = (row.to, row.from_) if row.direction == "inbound" else (row.from_, row.to)
    return Origin(
        account_sid=row.account_sid, direction="outbound-call", ours=ours, theirs=theirs, call_sid=row.sid
    )


def of_text(row: MessageRow) -> Origin:
    """Return the origin of what answers a text; the sender's own X- headers go along (testcases.md T05)."""
    headers = tuple((name, value) for name, value in row.headers if name.lower().startswith("x-"))
    return Origin(
        account_sid=row.account_sid,
        direction="outbound-reply",
        ours=row.to,
        theirs=row.from_,
        headers=headers,
    )
