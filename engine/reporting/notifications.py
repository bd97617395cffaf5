"""Notes down what went wrong with a call, where the operator and the application's author look.

Each notification is a row of the account's notification log, a line in the log and a count.
"""

from __future__ import annotations

import enum

from engine import ids
from engine.errors import RequestRefused
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.reporting.notification_codes import cure
from engine.store import NotificationRow, Store

LONGEST_TEXT = 4096
"""Characters of one field: peers and applications decide how long these texts are."""


class Severity(enum.IntEnum):
    """The ``log`` field of a notification."""

    ERROR = 0
    WARNING = 1


class NotificationLog:
    """The notifications of all calls of one daemon."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    def add(
        self,
        code: int,
        message: str,
        *,
        account_sid: str,
        call_sid: str | None = None,
        severity: Severity = Severity.ERROR,
        url: str = "",
        method: str = "",
        variables: str = "",
        refused: RequestRefused | None = None,
    ) -> NotificationRow:
        """Note something down and return its row; never waits and never fails.

        ``variables`` are the parameters that were sent, ``refused`` brings what was answered.
        """
        row = NotificationRow(
            sid=ids.new_sid(ids.NOTIFICATION),
            account_sid=account_sid,
            call_sid=call_sid,
            log=int(severity),
            error_code=code,
            message_text=_cut(message),
            more_info=cure(code),
            request_url=_cut(url),
            request_method=method,
            request_variables=_cut(variables),
            response_headers=_cut(refused.headers) if refused else "",
            response_body=_cut(refused.body.decode("utf-8", "replace")) if refused else "",
        )
        logger = log.get("notifications")
        write = logger.error if severity is Severity.ERROR else logger.warning
        write("notification", code=code, message=row.message_text, url=row.request_url, call_sid=call_sid)
        self._metrics.notifications.labels(severity.name.lower(), str(code)).inc()
        self._store.save(row)
        return row


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
