"""Outgoing caller ids through the REST API."""

import pytest

from tests.testkit.http_visitor import ROOT, Visitor

CALLER_IDS = f"/2012-04-24/Accounts/{ROOT}/OutgoingCallerIds"
TWILIO = f"/2010-04-01/Accounts/{ROOT}/OutgoingCallerIds.json"


async def test_a_caller_id_is_made_renamed_and_deleted(visitor: Visitor):
    status, made = await visitor.post(f"{CALLER_IDS}.json", PhoneNumber="+1 (555) 123-0001")
    assert (status, made["phone_number"], made["friendly_name"]) == (200, "+15551230001", "+15551230001")
    again = await visitor.post(f"{CALLER_IDS}.json", PhoneNumber="+15551230001")
    assert again == (200, made)
    path = f"{CALLER_IDS}/{made['sid']}.json"
    _, renamed = await visitor.post(path, FriendlyName="Desk")
    assert renamed["friendly_name"] == "Desk"
    assert await visitor.json(f"{CALLER_IDS}.json?PhoneNumber=%2B1555") == [renamed]
    twilio = await visitor.json(f"/2010-04-01/Accounts/{ROOT}/OutgoingCallerIds.json")
    assert [each["sid"] for each in twilio["outgoing_caller_ids"]] == [made["sid"]]
    assert (await visitor.get(path, method="DELETE"))[0].status == 200
    assert (await visitor.get(path))[0].status == 404


@pytest.mark.parametrize("number", ["", "5551230001", "+0555", "+1555-CALL-US", "+1" + "5" * 20])
async def test_what_is_no_number_with_its_country_is_400(visitor: Visitor, number: str):
    assert (await visitor.post(f"{CALLER_IDS}.json", PhoneNumber=number))[0] == 400


async def test_twilios_dialect_rings_no_number_that_is_validated_already(visitor: Visitor):
    await visitor.post(f"{CALLER_IDS}.json", PhoneNumber="+15551230001")
    status, refused = await visitor.post(TWILIO, PhoneNumber="+15551230001")
    assert (status, refused["code"]) == (400, 21450)


@pytest.mark.parametrize(
    "parameters",
    [{"CallDelay": "61"}, {"CallDelay": "-1"}, {"Extension": "call me"}, {"StatusCallback": "ftp://x/"}],
)
async def test_what_cannot_be_asked_of_a_validation_is_400(visitor: Visitor, parameters: dict[str, str]):
    assert (await visitor.post(TWILIO, PhoneNumber="+15551230001", **parameters))[0] == 400


async def test_nobody_is_rung_while_the_server_starts(visitor: Visitor):
    assert (await visitor.post(TWILIO, PhoneNumber="+15551230001"))[0] == 503
