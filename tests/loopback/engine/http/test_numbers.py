"""Incoming phone numbers (testcases.md O20): made, changed, found, explained and deleted."""

from typing import Any

import pytest

from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.http import HttpServer
from engine.store import NumberRow, Source, Store
from sip.uri import SipUri
from tests.loopback.engine.http.conftest import Follower
from tests.testkit.http_visitor import CHILD, ROOT, STRANGER, Visitor

AT = f"/2012-04-24/Accounts/{ROOT}/IncomingPhoneNumbers"
TWILIO = f"/2010-04-01/Accounts/{ROOT}/IncomingPhoneNumbers"
URL = "http://app.example.com/answer"


async def made(visitor: Visitor, number: str = "+15551230001", **fields: str) -> Any:
    status, shown = await visitor.post(f"{AT}.json", PhoneNumber=number, **{"VoiceUrl": URL} | fields)
    assert status == 200, shown
    return shown


async def test_o20_a_number_is_made_and_calls_are_routed_by_it_at_once(visitor: Visitor, follower: Follower):
    shown = await made(visitor, "+1 (555) 123-0001", FriendlyName="Sales", VoiceMethod="get")
    assert (shown["phone_number"], shown["friendly_name"]) == ("+15551230001", "Sales")
    assert (shown["voice_url"], shown["voice_method"], shown["source"]) == (URL, "GET", "api")
    assert shown["uri"] == f"{AT}/{shown['sid']}.json"
    application = follower.router.application_of("15551230001")
    assert application is not None
    assert (application.voice_url, application.number_sid, application.account_sid) == (
        URL,
        shown["sid"],
        ROOT,
    )


async def test_o20_a_change_keeps_what_it_does_not_name_and_empties_what_it_names_empty(
    visitor: Visitor, follower: Follower
):
    shown = await made(visitor, FriendlyName="Sales", StatusCallback="http://app.example.com/told")
    path = f"{AT}/{shown['sid']}.json"
    status, changed = await visitor.post(path, VoiceUrl="http://other.example.com/", StatusCallback="")
    assert (status, changed["voice_url"], changed["status_callback"]) == (
        200,
        "http://other.example.com/",
        "",
    )
    assert changed["friendly_name"] == "Sales"
    assert await visitor.json(path) == changed
    application = follower.router.application_of("+15551230001")
    assert application is not None
    assert application.voice_url == "http://other.example.com/"


@pytest.mark.parametrize(("base", "made_with"), [(AT, 200), (TWILIO, 201)])
async def test_o20_a_deleted_number_takes_no_call_any_more(
    visitor: Visitor, follower: Follower, base: str, made_with: int
):
    status, shown = await visitor.post(f"{base}.json", PhoneNumber="+15551230001", VoiceUrl=URL)
    assert status == made_with
    path = f"{base}/{shown['sid']}.json"
    assert (await visitor.get(path, method="DELETE"))[0].status == 204
    assert (await visitor.get(path, method="DELETE"))[0].status == 404
    assert follower.router.application_of("+15551230001") is None


async def test_o20_a_number_that_exists_is_refused_with_the_dialects_code(visitor: Visitor, store: Store):
    await made(visitor)
    refusal = {"PhoneNumber": "+15551230001"}
    status, problem = await visitor.post(f"{AT}.json", **refusal)
    assert (status, problem["code"]) == (400, 21452)
    status, problem = await visitor.post(f"{TWILIO}.json", **refusal)
    assert (status, problem["code"]) == (400, 21422)
    assert await store.count(NumberRow) == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "PhoneNumber can not be null."),
        ({"PhoneNumber": "sales"}, "add isSIP=true"),
        ({"PhoneNumber": "[12]3", "isSIP": "false"}, "add isSIP=true"),
        ({"PhoneNumber": "1(2", "isSIP": "true"}, "this is not a regular expression"),
        ({"PhoneNumber": "(a+)+", "isSIP": "true"}, "repeats no parentheses"),
        ({"PhoneNumber": "1.*.*.*.*2", "isSIP": "true"}, "at most 3 of"),
        ({"PhoneNumber": "a?a?a?a?a?a?a?", "isSIP": "true"}, "6 of ?"),
        ({"PhoneNumber": "a b", "isSIP": "true"}, "no blanks"),
        ({"PhoneNumber": "+15551", "VoiceUrl": "ftp://a/"}, "VoiceUrl"),
        ({"PhoneNumber": "+15551", "FriendlyName": "x" * 65}, "FriendlyName"),
    ],
)
async def test_what_cannot_be_a_number_is_400_in_words(visitor: Visitor, fields: dict[str, str], text: str):
    status, problem = await visitor.post(f"{AT}.json", **fields)
    assert (status, text in problem["message"]) == (400, True), problem


@pytest.mark.parametrize(
    ("pattern", "is_regex", "dialled"),
    [
        ("7777|8888|9999|1111|2222|3333|4444|5555", True, "8888"),
        ("^*77...33#$", True, "*7711133#"),
        ("^[12]2233#$", True, "12233#"),
        ("^*222*...*...*500#$", True, "*222*888*999*500#"),
        ("999...", True, "999111"),
        ("*", True, "987654321"),
        ("+1555[0-9]{7}", True, "+15551234567"),
        ("*72", False, "*72"),
        ("11223344", False, "11223344"),
        ("sales", False, "sales"),
    ],
)
async def test_o20_with_is_sip_any_name_or_pattern_is_a_number(
    visitor: Visitor, follower: Follower, pattern: str, is_regex: bool, dialled: str
):
    shown = await made(visitor, pattern, isSIP="true")
    assert (shown["phone_number"], shown["is_regex"]) == (pattern, is_regex)
    assert follower.router.application_of(dialled) is not None


async def test_o20_numbers_are_filtered_sorted_and_paged(visitor: Visitor):
    for digit in "3125":
        await made(visitor, f"+1555000{digit}", FriendlyName="odd" if digit in "135" else "even")
    found = await visitor.json(f"{AT}.json?FriendlyName=odd&SortBy=PhoneNumber:desc&PageSize=2")
    assert (found["total"], found["num_pages"]) == (3, 1)
    assert [each["phone_number"] for each in found["incomingPhoneNumbers"]] == ["+15550005", "+15550003"]
    for query, total in (("0002", 1), ("%2B1*3", 1), ("+1555", 4), ("100%", 0)):
        assert (await visitor.json(f"{AT}.json?PhoneNumber={query}"))["total"] == total
    twilio = await visitor.json(f"{TWILIO}.json")
    assert len(twilio["incoming_phone_numbers"]) == 4
    assert twilio["incoming_phone_numbers"][0]["capabilities"]["voice"] is True


async def test_a_number_of_the_configuration_file_is_changed_there(visitor: Visitor, store: Store):
    row = NumberRow(sid="PN" + "1" * 32, account_sid=ROOT, phone_number="1234", source=Source.FILE)
    await store.commit(row)
    path = f"{AT}/{row.sid}.json"
    assert (await visitor.json(path))["source"] == "file"
    status, problem = await visitor.post(path, VoiceUrl=URL)
    assert (status, "configuration file" in problem["message"]) == (409, True)
    assert (await visitor.get(path, method="DELETE"))[0].status == 409


async def test_nothing_is_made_before_the_server_can_follow(
    visitor: Visitor, server: HttpServer, store: Store
):
    server.live.exchange = None
    status, _ = await visitor.post(f"{AT}.json", PhoneNumber="+15551230001", VoiceUrl=URL)
    assert (status, await store.count(NumberRow)) == (503, 0)


async def test_explain_names_the_exact_number_first(visitor: Visitor):
    await made(visitor, "+1555.*", isSIP="true")
    exact = await made(visitor, "+15551230001")
    told = await visitor.json(f"{AT}/Explain?To=15551230001")
    assert (told["number"]["sid"], told["matched_by"]) == (exact["sid"], "number")
    assert told["looked_up"] == ["15551230001", "+15551230001"]
    assert told["callers"]["anybody"] == told["callers"]["a Dial or the REST API"] == f"runs {URL}"


async def test_explain_shows_the_patterns_in_the_order_they_were_tried(visitor: Visitor):
    for pattern in ("*", "+1555.*", "+1555999.*"):
        await made(visitor, pattern, isSIP="true")
    told = await visitor.json(f"{AT}/Explain.json?To=%2B15551234")
    assert (told["patterns_tried"], told["matched_by"]) == (["+1555999.*", "+1555.*"], "pattern")
    assert told["number"]["phone_number"] == "+1555.*"


async def test_explain_says_when_a_call_made_here_goes_out_although_a_pattern_matches(
    visitor: Visitor, follower: Follower
):
    await made(visitor, "*", isSIP="true")
    carrier = Trunk(name="carrier", uri=SipUri.parse("sip:203.0.113.10"), prefixes=("+",))
    follower.router.trunks = TrunkDirectory((carrier,))
    callers = (await visitor.json(f"{AT}/Explain?To=%2B15551234"))["callers"]
    assert callers["a Dial or the REST API"] == "goes out through carrier"
    assert callers["anybody"] == callers["trunk carrier"] == f"runs {URL}"


async def test_explain_says_what_becomes_of_what_is_no_number(visitor: Visitor):
    told = await visitor.json(f"{AT}/Explain?To=1234")
    assert (told["number"], told["matched_by"]) == (None, None)
    assert told["callers"]["anybody"] == "is refused with 404: no number matches '1234'"
    assert told["callers"]["a Dial or the REST API"].startswith("is refused with 404: no trunk takes '1234'")
    assert (await visitor.get(f"{AT}/Explain"))[0].status == 400


async def test_explain_tells_a_sub_account_nothing_of_others(visitor: Visitor):
    await made(visitor, "+1555.*", isSIP="true")
    path = f"/2012-04-24/Accounts/{CHILD}/IncomingPhoneNumbers/Explain?To=%2B15551234"
    told = await visitor.json(path, user=CHILD)
    assert (told["number"], told["patterns_tried"], "callers" in told) == (None, [], False)


async def test_a_number_is_given_to_an_account_below(visitor: Visitor, store: Store):
    _, application = await visitor.post(
        f"/2012-04-24/Accounts/{ROOT}/Applications.json", FriendlyName="Ours", RcmlUrl="/ours"
    )
    named = {"VoiceUrl": "/own", "VoiceApplicationSid": application["sid"]}
    _, number = await visitor.post(f"{AT}.json", PhoneNumber="+15551234", **named)
    status, given = await visitor.post(f"{AT}/{number['sid']}.json", AccountSid=CHILD)
    assert (status, given["account_sid"], given["voice_url"]) == (200, CHILD, "/own")
    # The application stays with who made it.
    assert given["voice_application_sid"] is None
    assert (await visitor.get(f"{AT}/{number['sid']}.json"))[0].status == 400
    listed = await visitor.json(f"/2012-04-24/Accounts/{CHILD}/IncomingPhoneNumbers.json", user=CHILD)
    assert [each["sid"] for each in listed["incomingPhoneNumbers"]] == [number["sid"]]
    theirs = f"/2012-04-24/Accounts/{CHILD}/IncomingPhoneNumbers/{number['sid']}.json"
    # Not upwards, nor to strangers: nobody is given what they did not ask for.
    for receiver in (ROOT, STRANGER, "AC" + "0" * 32):
        status, told = await visitor.post(theirs, CHILD, AccountSid=receiver)
        assert (status, told["message"].partition(" ")[0]) == (400, "AccountSid")
    assert (await visitor.post(theirs, AccountSid=ROOT))[0] == 200


@pytest.mark.parametrize("at", [AT, TWILIO])
async def test_numbers_are_made_and_listed_by_their_kind(visitor: Visitor, at: str):
    key = "incomingPhoneNumbers" if at == AT else "incoming_phone_numbers"
    made = {}
    for kind, phone_number in (("TollFree", "+18005551234"), ("Mobile", "+491511234567")):
        _, shown = await visitor.post(f"{at}/{kind}.json", PhoneNumber=phone_number, VoiceUrl="/a")
        made[kind] = shown["sid"]
    _, shown = await visitor.post(f"{at}.json", PhoneNumber="+15551234", VoiceUrl="/a")
    made["Local"] = shown["sid"]
    for kind, sid in made.items():
        listed = await visitor.json(f"{at}/{kind}.json")
        assert [(each["sid"], each["uri"]) for each in listed[key]] == [(sid, f"{at}/{sid}.json")]
    assert {each["sid"] for each in (await visitor.json(f"{at}.json"))[key]} == set(made.values())
