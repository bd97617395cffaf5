"""Applications through the REST API, and the numbers and clients that name them."""

from typing import Any

import pytest

from engine.store import ApplicationRow, NumberRow, Store
from tests.loopback.engine.http.conftest import Follower
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"
TWILIO = f"/2010-04-01/Accounts/{ROOT}"


async def made(visitor: Visitor, **fields: str) -> Any:
    given = {"FriendlyName": "Sales", "RcmlUrl": "http://app.example.com/sales"}
    status, shown = await visitor.post(f"{BASE}/Applications.json", **given | fields)
    assert status == 200, shown
    return shown


async def test_an_application_is_made_listed_changed_and_deleted(visitor: Visitor):
    shown = await made(visitor)
    assert (shown["rcml_url"], shown["voice_url"], shown["kind"]) == (
        *["http://app.example.com/sales"] * 2,
        "voice",
    )
    assert await visitor.json(f"{BASE}/Applications.json") == [shown]
    path = f"{BASE}/Applications/{shown['sid']}.json"
    status, changed = await visitor.post(path, FriendlyName="Support")
    assert (status, changed["friendly_name"], changed["rcml_url"]) == (200, "Support", shown["rcml_url"])
    twilio = await visitor.json(f"{TWILIO}/Applications.json")
    assert [each["voice_url"] for each in twilio["applications"]] == [shown["rcml_url"]]
    assert (await visitor.get(path, method="DELETE"))[0].status == 200
    assert (await visitor.get(path))[0].status == 404


@pytest.mark.parametrize(
    "fields", [{}, {"FriendlyName": "x", "Kind": "sms"}, {"FriendlyName": "x", "RcmlUrl": "?"}]
)
async def test_what_cannot_be_an_application_is_400(visitor: Visitor, fields: dict[str, str]):
    assert (await visitor.post(f"{BASE}/Applications.json", **fields))[0] == 400


async def test_an_application_wins_over_the_urls_of_the_number_that_names_it(
    visitor: Visitor, follower: Follower, store: Store
):
    application = await made(visitor)
    _, number = await visitor.post(
        f"{BASE}/IncomingPhoneNumbers.json",
        PhoneNumber="+1240", VoiceUrl="http://own.example.com/", VoiceApplicationSid=application["sid"],
    )  # fmt: skip
    assert number["voice_application_sid"] == application["sid"]

    def runs() -> str:
        found = follower.router.application_of("+1240")
        return found.voice_url if found is not None else ""

    assert runs() == "http://app.example.com/sales"
    path = f"{BASE}/Applications/{application['sid']}.json"
    await visitor.post(path, RcmlUrl="http://app.example.com/new")
    assert runs() == "http://app.example.com/new"
    await visitor.get(path, method="DELETE")
    assert runs() == "http://own.example.com/"
    row = await store.get(NumberRow, number["sid"])
    assert row is not None
    assert row.voice_application_sid is None


async def test_the_application_of_another_account_cannot_be_named(visitor: Visitor, store: Store):
    foreign = ApplicationRow(sid="AP" + "1" * 32, account_sid=CHILD, voice_url="http://a/")
    await store.commit(foreign)
    for sid in (foreign.sid, "AP" + "2" * 32, "nonsense"):
        status, problem = await visitor.post(
            f"{BASE}/IncomingPhoneNumbers.json", PhoneNumber="+1240", VoiceApplicationSid=sid
        )
        assert (status, "no such application" in problem["message"]) == (400, True)
        status, _ = await visitor.post(
            f"{BASE}/Clients.json", Login="maria", Password="RestComm1234", VoiceApplicationSid=sid
        )
        assert status == 400


async def test_o10_numbers_are_shown_with_their_application_when_asked(visitor: Visitor):
    application = await made(visitor)
    await visitor.post(
        f"{BASE}/IncomingPhoneNumbers.json", PhoneNumber="+1240", VoiceApplicationSid=application["sid"]
    )
    (plain,) = await visitor.json(f"{BASE}/Applications.json")
    assert "numbers" not in plain
    (shown,) = await visitor.json(f"{BASE}/Applications.json?includeNumbers=true")
    (number,) = shown["numbers"]
    assert (number["phone_number"], number["voice_application_sid"]) == ("+1240", application["sid"])
