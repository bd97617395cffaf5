"""Each filter that the Twilio SDK knows narrows its list: who deletes what is old must not find all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from engine.http import resources
from engine.http.dialect import TWILIO
from engine.http.resources.accounts import ACCOUNTS

PAGING = {"Page", "PageSize", "PageToken"}
MOMENT, DAY = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)


class Recorder(HttpClient):  # type: ignore[misc]
    """Answers each request with an empty page and keeps what the last one asked for."""

    def __init__(self) -> None:
        self.query: dict[str, Any] = {}

    def request(self, method: str, url: str, params: Mapping[str, Any] | None = None, **_: Any) -> Response:
        self.query = dict(params or {})
        return Response(200, json.dumps({"items": [], "meta": {}}))


def asked(name: str, **narrowed: Any) -> dict[str, str]:
    """Return the filters that the SDK puts into the query of a list."""
    recorder = Recorder()
    listed: Any = Client("AC" + "1" * 32, "token", http_client=recorder)
    for step in name.split("."):
        listed = getattr(listed, step)
    with pytest.raises(TwilioException):
        # The page is none of Twilio's; its request is all that counts.
        listed.list(**narrowed)
    return {key: str(value) for key, value in recorder.query.items() if key not in PAGING}


SIDES = ("", "_before", "_after")


def moments(*names: str) -> list[dict[str, Any]]:
    return [{name + side: MOMENT} for name in names for side in SIDES]


def days(*names: str) -> list[dict[str, Any]]:
    return [{name + side: DAY} for name in names for side in SIDES]


LISTS: dict[str, list[dict[str, Any]]] = {
    "calls": [
        {"to": "+1555"}, {"from_": "+1555"}, {"status": "busy"}, {"parent_call_sid": "CA1"},
        *moments("start_time", "end_time"),
    ],
    "conferences": [
        {"friendly_name": "room"}, {"status": "in-progress"}, *days("date_created", "date_updated"),
    ],
    "recordings": [{"call_sid": "CA1"}, {"conference_sid": "CF1"}, *moments("date_created")],
    "notifications": [{"log": 0}, *days("message_date")],
    "messages": [{"to": "+1555"}, {"from_": "+1555"}, *moments("date_sent")],
    "incoming_phone_numbers": [{"phone_number": "555"}, {"friendly_name": "desk"}],
    "applications": [{"friendly_name": "menu"}],
    "outgoing_caller_ids": [{"phone_number": "+1555"}, {"friendly_name": "me"}],
    "usage.triggers": [{"recurring": "daily"}, {"trigger_by": "count"}, {"usage_category": "calls"}],
    "api.accounts": [{"friendly_name": "sub"}, {"status": "suspended"}],
}  # fmt: skip
NAMES = {
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "outgoing_caller_ids": "OutgoingCallerIds",
    "usage.triggers": "Usage/Triggers",
}


@pytest.mark.parametrize(
    ("listed", "narrowed"), [(name, each) for name, all_of in LISTS.items() for each in all_of]
)
def test_a_filter_of_the_sdk_narrows_the_list(listed: str, narrowed: dict[str, Any]):
    name = NAMES.get(listed, listed.capitalize())
    resource = (
        ACCOUNTS if listed == "api.accounts" else next(each for each in resources.ALL if each.name == name)
    )
    query = asked(listed, **narrowed)
    assert len(query) == 1
    assert [condition for each in resource.filters for condition in each.conditions(query, TWILIO)]
