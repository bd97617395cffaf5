"""Records of executed verbs over HTTP, of a call and of the account."""

import pytest

from engine.http.resources.executions import OF_VERBS
from engine.store import CallRow, ExecutionRow, Store
from tests.testkit.http_visitor import ROOT, Visitor

CALL = "CA" + "1" * 32
BASE = f"/2012-04-24/Accounts/{ROOT}"


def execution(sid: str, verb: str, call: str = CALL, **details: object) -> ExecutionRow:
    return ExecutionRow(
        sid=sid[:2] + sid[2:].rjust(32, "0"), account_sid=ROOT, call_sid=call, verb=verb, status="completed",
        duration=1.5, details=details,
    )  # fmt: skip


@pytest.fixture
async def recorded(store: Store) -> None:
    call = CallRow(
        sid=CALL, account_sid=ROOT, instance_sid="ID", from_="a", to="b", direction="inbound",
        status="completed",
    )  # fmt: skip
    await store.commit(
        call,
        execution("SA1", "Say", character_count=5, voice="man", language="en", loop=1),
        execution("GA1", "Gather Dtmf", digits_count=3, num_digits=None, action_on_empty_result=False),
        execution("GA2", "Gather Speech", preTimeout=5, hints="a,b"),
        execution("RF1", "Refer", call="CA" + "2" * 32, to="sip:a@b"),
    )


async def test_each_verb_has_its_own_list(visitor: Visitor, recorded: None):
    (said,) = (await visitor.json(f"{BASE}/Says.json"))["says"]
    assert (said["character_count"], said["duration"], said["org_sid"]) == (5, 1.5, None)
    (pressed,) = (await visitor.json(f"{BASE}/Gathers/Dtmf.json"))["gathers"]
    assert (pressed["digits_count"], pressed["uri"]) == (3, f"{BASE}/Gathers/Dtmf/{pressed['sid']}.json")
    assert (await visitor.json(pressed["uri"])) == pressed
    (spoken,) = (await visitor.json(f"{BASE}/Gathers/Speech.json"))["gathers"]
    assert (spoken["preTimeout"], spoken["hints"]) == (5, "a,b")
    assert (await visitor.json(f"{BASE}/Plays.json"))["total"] == 0


async def test_a_record_is_found_among_its_own_kind_alone(visitor: Visitor, recorded: None):
    sid = "GA" + "1".rjust(32, "0")
    assert (await visitor.get(f"{BASE}/Gathers/Speech/{sid}.json"))[0].status == 404
    assert (await visitor.json(f"{BASE}/Executions/{sid}.json"))["verb"] == "Gather Dtmf"


async def test_all_verbs_of_a_call_are_below_it_in_order(visitor: Visitor, recorded: None):
    listed = await visitor.json(f"{BASE}/Calls/{CALL}/Executions.json")
    assert [each["verb"] for each in listed] == ["Say", "Gather Dtmf", "Gather Speech"]
    assert (await visitor.json(f"{BASE}/Refers.json?CallSid={CALL}"))["total"] == 0


@pytest.mark.parametrize("resource", OF_VERBS, ids=lambda resource: resource.name)
async def test_they_are_read_only(visitor: Visitor, resource):
    for method in ("POST", "PUT", "DELETE"):
        response, _ = await visitor.get(f"{BASE}/{resource.name}.json", method=method)
        assert response.status == 405
