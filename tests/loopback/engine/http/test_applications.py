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
    "fields", [{}, {"FriendlyName": "x", "Kind": "ussd"}, {"FriendlyName": "x", "RcmlUrl": "?"}]
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


async def test_texts_and_transfers_are_answered_by_the_applications_that_a_number_names(
    visitor: Visitor, follower: Follower, store: Store
):
    texts = await made(visitor, FriendlyName="Texts", Kind="sms", RcmlUrl="http://app.example.com/texts")
    transfers = await made(visitor, FriendlyName="Transfers", RcmlUrl="/transfers", VoiceMethod="GET")
    assert texts["kind"] == "sms"
    own = {"VoiceUrl": "http://own.example.com/", "SmsUrl": "/sms", "ReferUrl": "/refer"}
    named = {"SmsApplicationSid": texts["sid"], "ReferApplicationSid": transfers["sid"]}
    _, number = await visitor.post(f"{BASE}/IncomingPhoneNumbers.json", PhoneNumber="+1240", **own, **named)
    assert number["sms_application_sid"] == texts["sid"]
    assert number["refer_application_sid"] == transfers["sid"]

    def runs() -> tuple[str, str, str, str]:
        found = follower.router.application_of("+1240")
        assert found is not None
        return found.voice_url, found.sms_url, found.refer_url, found.refer_method

    here = "http://voice.example.com"
    assert runs() == ("http://own.example.com/", texts["rcml_url"], f"{here}/transfers", "GET")
    listed = await visitor.json(f"{BASE}/Applications.json?includeNumbers=true")
    assert [[each["sid"] for each in shown["numbers"]] for shown in listed] == [[number["sid"]]] * 2
    for shown in (texts, transfers):
        await visitor.get(f"{BASE}/Applications/{shown['sid']}.json", method="DELETE")
    assert runs() == ("http://own.example.com/", f"{here}/sms", f"{here}/refer", "POST")
    left = await store.get(NumberRow, number["sid"])
    assert left is not None
    assert (left.sms_application_sid, left.refer_application_sid) == (None, None)


async def test_in_twilios_words_an_application_has_a_url_for_texts(visitor: Visitor, follower: Follower):
    status, shown = await visitor.post(
        f"{TWILIO}/Applications.json",
        VoiceUrl="http://app.example.com/calls", SmsUrl="http://app.example.com/texts", SmsMethod="GET",
    )  # fmt: skip
    assert (status, shown["sms_url"], shown["sms_method"]) == (201, "http://app.example.com/texts", "GET")
    both = {"VoiceApplicationSid": shown["sid"], "SmsApplicationSid": shown["sid"]}
    await visitor.post(f"{TWILIO}/IncomingPhoneNumbers.json", PhoneNumber="+1240", **both)
    found = follower.router.application_of("+1240")
    assert found is not None
    assert (found.voice_url, found.sms_url, found.sms_method) == (shown["voice_url"], shown["sms_url"], "GET")


@pytest.mark.parametrize("parameter", ["SmsApplicationSid", "ReferApplicationSid"])
async def test_a_number_names_an_application_of_its_account(visitor: Visitor, parameter: str):
    nobodys = {parameter: "AP" + "0" * 32}
    status, told = await visitor.post(
        f"{BASE}/IncomingPhoneNumbers.json", PhoneNumber="+1240", VoiceUrl="/a", **nobodys
    )
    assert (status, told["message"].partition(" ")[0]) == (400, parameter)
