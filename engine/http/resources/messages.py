"""Texts and mails (rest-api.md section 18)."""

from __future__ import annotations

from pydantic import Field

from engine.http.dialect import TWILIO
from engine.http.filters import Contains, EndsWith, Equals, Since, Sorting, Until
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown, shown_as
from engine.http.resources.message_forms import EmailCreation, TextChange, TextCreation
from engine.store import EmailRow, MessageRow


class ShownMessage(Shown):
    """What texts and mails show alike."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    date_sent: Rfc2822 | None
    account_sid: str
    from_: str = Field(alias="from")
    to: str
    body: str
    status: str
    price: str | None = "0.00"
    price_unit: str = "USD"
    api_version: ApiVersion
    error_code: int | None
    error_message: str | None
    uri: str = ""


class ShownText(ShownMessage):
    """One text, sent or received."""

    direction: str
    num_media: str = "0"
    num_segments: str = "1"
    messaging_service_sid: str | None = None


class ShownEmail(ShownMessage):
    """One mail."""

    cc: str
    bcc: str
    subject: str


def _texts(name: str) -> Resource[MessageRow]:
    def show(row: MessageRow, place: Place) -> ShownText:
        shown = ShownText.model_validate(row)
        shown.uri = place.uri(name, row.sid)
        if place.dialect is TWILIO:
            # A price is known there only when something is charged.
            shown.price = None
        return shown

    return Resource(
        name,
        "messages",
        MessageRow,
        show,
        filters=(
            EndsWith("To", MessageRow.to),
            EndsWith("From", MessageRow.from_),
            Equals("Status", MessageRow.status),
            Contains("Body", MessageRow.body),
            Since("StartTime", MessageRow.date_created),
            Until("EndTime", MessageRow.date_created),
            Since("DateSent", MessageRow.date_sent),
        ),
        sorting=Sorting(
            {
                "DateCreated": MessageRow.date_created,
                "From": MessageRow.from_,
                "To": MessageRow.to,
                "Direction": MessageRow.direction,
                "Status": MessageRow.status,
                "Body": MessageRow.body,
                # Nothing is charged, so that by price all texts are equal.
                "Price": MessageRow.date_created,
            }
        ),
        creation=TextCreation,
        change=TextChange,
        deletable=True,
    )


SMS_MESSAGES = _texts("SMS/Messages")
"""As Restcomm names them."""
TEXTS = _texts("Messages")
"""As Twilio names them."""

EMAILS = Resource(
    "Email/Messages",
    "messages",
    EmailRow,
    shown_as(ShownEmail, "Email/Messages"),
    filters=(
        EndsWith("To", EmailRow.to),
        EndsWith("From", EmailRow.from_),
        Equals("Status", EmailRow.status),
        Since("StartTime", EmailRow.date_created),
        Until("EndTime", EmailRow.date_created),
    ),
    sorting=Sorting({"DateCreated": EmailRow.date_created, "From": EmailRow.from_, "To": EmailRow.to}),
    creation=EmailCreation,
    deletable=True,
)
