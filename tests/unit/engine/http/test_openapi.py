from typing import Any

import pytest

from engine.http.openapi import description
from engine.http.resources import ALL, BELOW, PARTS, VIEWS

Described = dict[str, Any]


@pytest.fixture(scope="module")
def described() -> Described:
    return description("http://voice.example.com")


def references(value: Any) -> list[str]:
    """Return every $ref in a JSON value."""
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [found for each in value.values() for found in references(each)]
    return [found for each in value for found in references(each)] if isinstance(value, list) else []


def test_every_resource_is_described_in_both_dialects(described: Described):
    for version in ("2012-04-24", "2010-04-01"):
        for resource in ALL:
            path = f"/{version}/Accounts/{{account}}/{resource.name}"
            assert "get" in described["paths"][f"{path}"]
            assert "get" in described["paths"][f"{path}/{{sid}}"]


@pytest.mark.parametrize("version", ["2012-04-24", "2010-04-01"])
def test_what_lies_below_a_resource_is_described_with_what_can_be_done_to_it(
    described: Described, version: str
):
    paths, accounts = described["paths"], f"/{version}/Accounts/{{account}}"
    for part in PARTS:
        path = f"{accounts}/{part.of.name}/{{sid}}/{part.name}"
        assert ("post" in paths[f"{path}"]) == (part.creation is not None)
        assert ("post" in paths[f"{path}/{{part}}"]) == (part.change is not None)
        assert ("delete" in paths[f"{path}/{{part}}"]) == part.deletable
    for owner, resource in BELOW:
        assert "get" in paths[f"{accounts}/{owner.name}/{{sid}}/{resource.name}"]


@pytest.mark.parametrize("version", ["2012-04-24", "2010-04-01"])
def test_what_is_worked_out_is_described_with_the_parameters_of_its_query(described: Described, version: str):
    paths, accounts = described["paths"], f"/{version}/Accounts/{{account}}"
    assert {view.schema for view in VIEWS} == {
        *("Ladder", "UsageRecord", "Explanation"),
        *("Ping", "Supervisor", "LiveCalls", "Version"),
        *("OutboundProxy", "ActiveProxy", "SwitchedProxy"),
    }
    daily = paths[f"{accounts}/Usage/Records/Daily"]["get"]["parameters"]
    named = {each["name"]: each["schema"] for each in daily}
    assert {"Category", "StartDate", "EndDate", "IncludeSubaccounts"} <= set(named)
    assert ("PageSize" in named) == (version == "2010-04-01")
    (to,) = paths[f"{accounts}/IncomingPhoneNumbers/Explain"]["get"]["parameters"]
    assert (to["name"], to["required"]) == ("To", True)
    assert [each["name"] for each in paths[f"{accounts}/Calls/{{sid}}/Ladder"]["parameters"]] == [
        "account",
        "sid",
    ]


def test_the_parameters_of_a_stream_are_described_as_they_are_sent(described: Described):
    properties = described["components"]["schemas"]["StreamCreation"]["properties"]
    assert {"Url", "Name", "Track", "Parameter1.Name", "Parameter1.Value"} <= set(properties)
    assert "Parameters" not in properties


def test_the_supervisor_is_described_in_restcomms_dialect_alone(described: Described):
    for name in ("Supervisor", "Supervisor/metrics", "Supervisor/livecalls", "Version"):
        assert "get" in described["paths"][f"/2012-04-24/Accounts/{{account}}/{name}"]
        assert f"/2010-04-01/Accounts/{{account}}/{name}" not in described["paths"]


def test_the_outbound_proxy_is_described_with_what_it_refuses(described: Described):
    paths = described["paths"]
    switch = paths["/2012-04-24/Accounts/{account}/OutboundProxy/switchProxy"]["get"]
    assert {"200", "403", "409"} <= set(switch["responses"])
    assert "409" not in paths["/2012-04-24/Accounts/{account}/OutboundProxy"]["get"]["responses"]
    assert list(described["components"]["schemas"]["RestcommActiveProxy"]["properties"]) == ["ActiveProxy"]


def test_a_gateway_is_described_without_a_password(described: Described):
    schemas = described["components"]["schemas"]
    assert "Password" in schemas["GatewayCreation"]["required"]
    assert not {each for each in schemas["RestcommGateway"]["properties"] if "password" in each.lower()}


def test_accounts_lie_above_all_else(described: Described):
    for version in ("2012-04-24", "2010-04-01"):
        assert {"get", "post"} <= set(described["paths"][f"/{version}/Accounts"])
        assert {"get", "post"} <= set(described["paths"][f"/{version}/Accounts/{{account}}"])


def test_every_reference_leads_somewhere(described: Described):
    found = references(described)
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in described["components"]["schemas"]


@pytest.mark.parametrize(
    ("version", "made", "deleted"), [("2012-04-24", "200", "200"), ("2010-04-01", "201", "204")]
)
def test_calls_are_made_changed_and_deleted_with_the_statuses_of_the_dialect(
    described: Described, version, made, deleted
):
    path = f"/{version}/Accounts/{{account}}/Calls"
    assert made in described["paths"][f"{path}"]["post"]["responses"]
    assert deleted in described["paths"][f"{path}/{{sid}}"]["delete"]["responses"]
    assert ("410" in described["paths"][f"{path}/{{sid}}"]["post"]["responses"]) == (made == "200")


def test_the_parameters_of_a_call_are_those_of_its_form(described: Described):
    properties = described["components"]["schemas"]["CallCreation"]["properties"]
    assert {"From", "To", "Url", "Twiml", "StatusCallback", "Timeout", "Username"} <= set(properties)
    assert described["components"]["schemas"]["CallCreation"]["required"] == ["From", "To"]


def test_twilios_call_has_no_field_of_restcomm_alone(described: Described):
    schemas = described["components"]["schemas"]
    assert "InstanceId" in schemas["RestcommCall"]["properties"]
    assert "InstanceId" not in schemas["TwilioCall"]["properties"]


def test_every_answer_with_a_body_can_be_had_as_json_and_as_xml(described: Described):
    roots = {"2012-04-24": "RestcommResponse", "2010-04-01": "TwilioResponse"}
    for path, methods in described["paths"].items():
        assert not path.endswith(".json"), "a path without an ending can be had in both"
        answers = [
            answer
            for method, operation in methods.items()
            if method != "parameters"
            for answer in operation["responses"].values()
        ]
        assert any("content" in answer for answer in answers)
        root = roots[path.split("/")[1]]
        for answer in answers:
            if "content" in answer:
                assert set(answer["content"]) == {"application/json", "application/xml"}
                shown = answer["content"]["application/xml"]["schema"]["$ref"]
                assert shown == f"#/components/schemas/{root}"
                assert described["components"]["schemas"][root]["xml"] == {"name": root}
