"""Notifications (rest-api.md section 12)."""

from __future__ import annotations

from engine.http.filters import Contains, Number, OnDays, Since, Sorting, Until
from engine.http.resources.declaration import ApiVersion, Resource, Rfc2822, Shown, shown_as
from engine.store import NotificationRow


class ShownNotification(Shown):
    """What went wrong with a call."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    call_sid: str | None
    api_version: ApiVersion
    log: int
    """0 error, 1 warning."""
    error_code: int
    more_info: str
    message_text: str
    message_date: Rfc2822
    request_url: str
    request_method: str
    request_variables: str
    response_headers: str
    response_body: str
    uri: str = ""


NOTIFICATIONS = Resource(
    "Notifications",
    "notifications",
    NotificationRow,
    shown_as(ShownNotification, "Notifications"),
    filters=(
        Since("StartTime", NotificationRow.date_created),
        Until("EndTime", NotificationRow.date_created),
        OnDays("MessageDate", NotificationRow.date_created),
        Number("Log", NotificationRow.log),
        Number("ErrorCode", NotificationRow.error_code),
        Contains("RequestUrl", NotificationRow.request_url),
        Contains("MessageText", NotificationRow.message_text),
    ),
    sorting=Sorting(
        {
            "DateCreated": NotificationRow.date_created,
            "Log": NotificationRow.log,
            "ErrorCode": NotificationRow.error_code,
            "CallSid": NotificationRow.call_sid,
            "MessageText": NotificationRow.message_text,
        }
    ),
)
