"""A mail as it goes out: its headers and body (RFC 5322), made of a row of the store."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from engine.store import EmailRow
from rcml.recipients import read_mail_address, read_mail_addresses

_SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""Every mail server takes it, and lines stay short however long those of the text are."""


def compose(row: EmailRow) -> EmailMessage:
    """Return the mail; raises ``rcml.values.NotAllowed`` for an address that is none.

    Each attempt makes the same Message-ID, by which servers know a repetition.
    """
    mail = EmailMessage(policy=_SEVEN_BITS)
    sender = _addresses(row.from_)[0]
    mail["From"] = sender
    mail["To"] = _addresses(row.to)
    if row.cc:
        mail["Cc"] = _addresses(row.cc)
    # The policy refuses line breaks in a header; a subject has none by then.
    mail["Subject"] = " ".join(row.subject.split())
    mail["Date"] = format_datetime(row.date_created)
    mail["Message-ID"] = f"<{row.sid}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(row.body)
    return mail


def recipients(row: EmailRow) -> list[str]:
    """Return who gets the mail, the hidden ones included, each once."""
    lists = (row.to, row.cc, row.bcc)
    return list(
        dict.fromkeys(address.addr_spec for written in lists if written for address in _addresses(written))
    )


def sender_of(row: EmailRow) -> str:
    """Return who undeliverable mail goes back to."""
    return str(_addresses(row.from_)[0].addr_spec)


def _addresses(written: str) -> list[Address]:
    found = (read_mail_address(address) for address in read_mail_addresses(written))
    return [Address(display_name=name, addr_spec=address) for name, address in found]
