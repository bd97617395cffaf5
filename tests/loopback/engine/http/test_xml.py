from typing import Any
from xml.etree import ElementTree

import pytest

from engine.store import CallRow, Store
from tests.testkit.http_visitor import ROOT, TOKEN, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"
TWILIO = f"/2010-04-01/Accounts/{ROOT}"
ANYTHING = {"Accept": "*/*"}


def call(number: int, to: str = "+1555") -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid=ROOT, instance_sid="ID", from_="alice", to=to,
        direction="inbound", status="completed",
    )  # fmt: skip


async def xml(visitor: Visitor, path: str, status: int = 200, **more: Any) -> ElementTree.Element:
    """Ask as a program that wishes nothing, and return what stands below the root."""
    response, body = await visitor.get(path, **{"headers": ANYTHING, **more})
    assert response.status == status, body
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    root = ElementTree.fromstring(body)
    assert root.tag == ("TwilioResponse" if path.startswith("/2010") else "RestcommResponse")
    return root


async def test_a_call_has_an_element_for_each_field_of_its_json(visitor: Visitor, store: Store):
    await store.commit(call(1, to="<alice>&"))
    path = f"{BASE}/Calls/{call(1).sid}"
    shown = await visitor.json(f"{path}.json")
    (found,) = await xml(visitor, path)
    assert found.tag == "Call"
    assert found.findtext("To") == shown["to"] == "<alice>&"
    assert found.findtext("ApiVersion") == "2012-04-24"
    assert found.findtext("SubresourceUris/Recordings") == shown["subresource_uris"]["recordings"]
    assert len(found) == len(shown)


@pytest.mark.parametrize("prefix", ["", "/restcomm", "/api"])
async def test_a_list_has_its_page_in_attributes(visitor: Visitor, store: Store, prefix: str):
    await store.commit(call(1), call(2), call(3))
    shown = await visitor.json(f"{prefix}{BASE}/Calls.json?PageSize=2")
    (found,) = await xml(visitor, f"{prefix}{BASE}/Calls?PageSize=2")
    assert found.tag == "Calls"
    assert found.attrib == {
        "page": "0", "numpages": "1", "pagesize": "2", "total": "3", "start": "0", "end": "1",
        "uri": f"{prefix}{BASE}/Calls", "firstpageuri": f"{prefix}{BASE}/Calls?Page=0&PageSize=2",
        "previouspageuri": "null", "lastpageuri": f"{prefix}{BASE}/Calls?Page=1&PageSize=2",
        "nextpageuri": shown["next_page_uri"].replace("Calls.json", "Calls"),
    }  # fmt: skip
    assert [each.findtext("Sid") for each in found] == [each["sid"] for each in shown["calls"]]


async def test_twilios_dialect_has_a_root_and_a_page_of_its_own(visitor: Visitor, store: Store):
    await store.commit(call(1))
    (found,) = await xml(visitor, f"{TWILIO}/Calls")
    assert (found.tag, found.get("start"), found.get("nextpageuri")) == ("Calls", "0", "")
    assert [each.tag for each in found] == ["Call"]
    (one,) = await xml(visitor, f"{TWILIO}/Calls/{call(1).sid}")
    assert one.findtext("Uri") == f"{TWILIO}/Calls/{call(1).sid}.json"


async def test_a_list_that_is_a_bare_array_in_json_has_an_element_around_it(visitor: Visitor):
    status, made = await visitor.post(f"{BASE}/Clients.json", Login="maria", Password="Restcomm2")
    assert status == 200
    (found,) = await xml(visitor, f"{BASE}/Clients")
    assert (found.tag, found.attrib) == ("Clients", {})
    assert [(each.tag, each.findtext("Sid")) for each in found] == [("Client", made["sid"])]


async def test_what_was_made_and_changed_is_shown_in_xml(visitor: Visitor):
    fields = {"FriendlyName": "Support"}
    (made,) = await xml(visitor, f"{BASE}/Applications", method="POST", data=fields)
    assert made.tag == "Application"
    path = f"{BASE}/Applications/{made.findtext('Sid')}"
    (changed,) = await xml(visitor, path, method="POST", data={"FriendlyName": "Sales"})
    assert changed.findtext("FriendlyName") == "Sales"


@pytest.mark.parametrize("path", ["", "/Usage/Records", "/Usage/Records/Daily", "/Keys", "/Trunks"])
async def test_every_kind_of_resource_has_xml(visitor: Visitor, path: str):
    assert await xml(visitor, f"{BASE}{path}") is not None
    assert await xml(visitor, f"{TWILIO}{path}") is not None


async def test_a_suffix_counts_before_the_header(visitor: Visitor, store: Store):
    await store.commit(call(1))
    (found,) = await xml(visitor, f"{BASE}/Calls/{call(1).sid}.xml", headers={"Accept": "application/json"})
    assert found.tag == "Call"
    for path in (f"{BASE}/Calls/{call(1).sid}.json", f"{BASE}/Calls.json/{call(1).sid}"):
        response, _ = await visitor.get(path, headers={"Accept": "application/xml"})
        assert response.content_type == "application/json"


async def test_an_error_is_told_in_the_form_of_each_dialect(visitor: Visitor):
    nothing = f"Calls/CA{'9' * 32}"
    shown = await xml(visitor, f"{BASE}/{nothing}", status=404)
    told = {each.tag: each.text for each in shown}
    assert told == {
        **{"Code": "404", "Status": "404"},
        "Message": "There is no such resource among Calls.",
    }
    (shown,) = await xml(visitor, f"{TWILIO}/{nothing}", status=404)
    assert shown.tag == "RestException"
    assert (shown.findtext("Code"), shown.findtext("Status")) == ("20404", "404")
    assert shown.findtext("MoreInfo") == "https://www.twilio.com/docs/errors/20404"


async def test_who_is_not_known_and_what_is_not_there_is_told_in_xml(visitor: Visitor):
    await xml(visitor, f"{BASE}/Calls", status=401, user=None)
    await xml(visitor, f"{BASE}/Calls", status=401, token="wrong" + TOKEN)
    await xml(visitor, f"{BASE}/Nonsense", status=404)
    response, _ = await visitor.get("/nonsense", headers=ANYTHING)
    assert (response.status, response.content_type) == (404, "application/json")
