from typing import Any, cast

from engine.errors import Cause, FetchError
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import LONGEST_TEXT, NotificationLog, Severity
from engine.store import NotificationRow, Store


class FakeStore:
    def __init__(self) -> None:
        self.saved: list[NotificationRow] = []

    def save(self, row: NotificationRow) -> None:
        self.saved.append(row)


def new_log() -> tuple[NotificationLog, FakeStore, Metrics]:
    store, metrics = FakeStore(), Metrics()
    return NotificationLog(cast(Store, store), metrics), store, metrics


def test_a_notification_is_a_row_and_a_count():
    notes, store, metrics = new_log()
    row = notes.add(11206, "it broke", account_sid="AC1", call_sid="CA1", url="http://a/", method="POST")
    assert store.saved == [row]
    assert (row.error_code, row.log, row.call_sid, row.request_url) == (11206, 0, "CA1", "http://a/")
    labels = {"level": "error", "code": "11206"}
    assert metrics.registry.get_sample_value("dialplane_notifications_total", labels) == 1


def test_a_warning_is_told_apart():
    notes, store, _ = new_log()
    notes.add(13310, "odd key", account_sid="AC1", severity=Severity.WARNING)
    assert store.saved[0].log == 1


def test_what_was_answered_is_kept_beside_what_was_asked():
    notes, store, _ = new_log()
    refused = FetchError(Cause.STATUS, "answered 500", "http://a/", 500, "X-Why: because", b"bl\xe4u")
    notes.add(refused.code, str(refused), account_sid="AC1", variables="CallSid=CA1", refused=refused)
    row = store.saved[0]
    assert (row.request_variables, row.response_headers) == ("CallSid=CA1", "X-Why: because")
    assert row.response_body == "bl\N{REPLACEMENT CHARACTER}u"


def test_texts_of_others_are_cut():
    notes, store, _ = new_log()
    notes.add(1, "x" * 10_000, account_sid="AC1", url="y" * 10_000)
    values: dict[str, Any] = store.saved[0].values()
    assert len(values["message_text"]) == len(values["request_url"]) == LONGEST_TEXT
