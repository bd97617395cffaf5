"""What the operator asks in Restcomm's dialect (rest-api.md section 17)."""

import re
from xml.etree import ElementTree

import pytest

from engine.store import AccountRow, CallRow, Store
from engine.version import version
from tests.testkit.http_visitor import CHILD, ROOT, TOKEN, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"
ENDED, LIVE, ELSEWHERE = ("CA" + digit * 32 for digit in "123")


async def keep_calls(store: Store) -> None:
    def row(sid: str, status: str, instance_sid: str = store.instance_sid) -> CallRow:
        return CallRow(
            sid=sid, account_sid=CHILD, instance_sid=instance_sid, from_="alice", to="+1555",
            direction="inbound", status=status, caller_name="Alice",
        )  # fmt: skip

    await store.commit(
        row(ENDED, "completed"), row(LIVE, "in-progress"), row(ELSEWHERE, "in-progress", "ID" + "f" * 32)
    )


@pytest.mark.parametrize("prefix", ["", "/restcomm", "/api"])
async def test_a_ping_says_how_many_calls_the_store_knows(visitor: Visitor, store: Store, prefix: str):
    await keep_calls(store)
    assert await visitor.json(f"{prefix}{BASE}/Supervisor.json") == "TotalCalls: 3"
    _, body = await visitor.get(f"{prefix}{BASE}/Supervisor", headers={"Accept": "*/*"})
    assert ElementTree.fromstring(body).text == "TotalCalls: 3"


async def test_the_live_calls_of_all_accounts_are_told_of(visitor: Visitor, store: Store):
    await keep_calls(store)
    shown = await visitor.json(f"{BASE}/Supervisor.json/livecalls")
    assert list(shown) == ["DateTime", "InstanceId", "Version", "Revision", "LiveCallDetails"]
    assert (shown["InstanceId"], shown["Version"]) == (store.instance_sid, version())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown["DateTime"])
    (call,) = shown["LiveCallDetails"]
    assert call.pop("date_created").endswith("+0000")
    assert call == {
        "sid": LIVE, "State": "IN_PROGRESS", "direction": "inbound", "ForwardedFrom": None,
        "CallerName": "Alice", "from": "alice", "to": "+1555", "Initial Invite": "", "Last Response": None,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["Supervisor.json/metrics", "Supervisor/metrics.json", "Supervisor/metrics"])
async def test_the_figures_have_restcomms_names(visitor: Visitor, store: Store, path: str):
    await keep_calls(store)
    shown = await visitor.json(f"{BASE}/{path}")
    assert list(shown) == ["DateTime", "InstanceId", "Version", "Revision", "Metrics", "LiveCallDetails"]
    assert shown["LiveCallDetails"] == []
    assert {
        "TotalCallsSinceUptime", "IncomingCallsSinceUptime", "OutgoingCallsSinceUptime", "RegisteredUsers",
        "LiveCalls", "LiveIncomingCalls", "LiveOutgoingCalls", "MaximumConcurrentCalls",
        "MaximumConcurrentIncomingCalls", "MaximumConcurrentOutgoingCalls", "CompletedCalls", "NoAnswerCalls",
        "BusyCalls", "FailedCalls", "NotFoundCalls", "CanceledCalls", "AverageCallDurationInSeconds",
        "AverageCallDurationInSecondsLastHour", "AverageCallDurationInSecondsLast24Hours", "MediaLegs",
    } <= set(shown["Metrics"])  # fmt: skip
    assert set(shown["Metrics"].values()) == {0}
    shown = await visitor.json(f"{BASE}/{path}?LiveCallDetails=true")
    assert [each["sid"] for each in shown["LiveCallDetails"]] == [LIVE]


async def test_in_xml_the_figures_stand_right_below_the_root(visitor: Visitor, store: Store):
    await keep_calls(store)
    _, body = await visitor.get(f"{BASE}/Supervisor/metrics?LiveCallDetails=true", headers={"Accept": "*/*"})
    root = ElementTree.fromstring(body)
    assert root.findtext("Version") == version()
    assert root.findtext("Metrics/LiveCalls") == "0"
    assert root.findtext("LiveCallDetails/CallInfo/State") == "IN_PROGRESS"
    assert root.findtext("LiveCallDetails/CallInfo/InitialInvite") == ""


@pytest.mark.parametrize("name", ["Supervisor.json", "Supervisor.json/metrics", "Supervisor.json/livecalls"])
async def test_only_an_administrator_of_the_root_account_may_ask_the_supervisor(
    visitor: Visitor, store: Store, name: str
):
    response, _ = await visitor.get(f"/2012-04-24/Accounts/{CHILD}/{name}", user=CHILD)
    assert response.status == 403
    # The root's administrators may name an account below it.
    response, _ = await visitor.get(f"/2012-04-24/Accounts/{CHILD}/{name}")
    assert response.status == 200
    _, key = await visitor.post(f"{BASE}/Keys.json", Role="Developer")
    response, _ = await visitor.get(f"{BASE}/{name}", user=key["sid"], token=key["secret"])
    assert response.status == 403
    root = await store.get(AccountRow, ROOT)
    assert root is not None
    root.role = "Developer"
    await store.commit(root)
    response, _ = await visitor.get(f"{BASE}/{name}", token=TOKEN)
    assert response.status == 403


async def test_every_account_is_told_the_version(visitor: Visitor):
    assert await visitor.json(f"/2012-04-24/Accounts/{CHILD}/Version.json", user=CHILD) == {
        **{"Name": "Dialplane", "Version": version()},
        **{"Revision": "", "Date": ""},
    }


async def test_twilios_dialect_has_no_supervisor(visitor: Visitor):
    for name in ("Supervisor", "Version"):
        response, _ = await visitor.get(f"/2010-04-01/Accounts/{ROOT}/{name}.json")
        assert response.status == 404


async def test_many_live_calls_are_told_in_both_forms(visitor: Visitor, store: Store):
    await store.commit(
        *(
            CallRow(
                sid=f"CA{number:032x}", account_sid=ROOT, instance_sid=store.instance_sid, from_="alice",
                to="+1555", direction="inbound", status="ringing",
            )
            for number in range(50)
        )
    )  # fmt: skip
    shown = await visitor.json(f"{BASE}/Supervisor.json/livecalls")
    _, body = await visitor.get(f"{BASE}/Supervisor/livecalls.xml")
    told = [each.findtext("Sid") for each in ElementTree.fromstring(body).findall("LiveCallDetails/CallInfo")]
    assert told == [each["sid"] for each in shown["LiveCallDetails"]]
    assert len(told) == 50
