"""Application: a TwiML application as a party of Dial."""

import pytest

from rcml.dialling import ApplicationTarget
from rcml.nouns.application import MAX_CUSTOMER_ID, Application
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial

SID = "AP0123456789abcdef0123456789abcdef"


def read(text: str, attributes: str = "") -> tuple[ApplicationTarget | None, list[str]]:
    document = parse_xml(f"<Dial><Application {attributes}>{text}</Application></Dial>", "http://app.test/")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (application,) = dial.nouns
    assert isinstance(application, Application)
    return application.target(), [str(warning) for warning in document.warnings]


@pytest.mark.parametrize(
    "text", [SID, f"<ApplicationSid>{SID}</ApplicationSid>", SID.replace("abcdef", "ABCDEF")]
)
def test_an_application_is_its_sid_as_text_or_inside(text: str):
    assert read(text) == (ApplicationTarget(sid=SID), [])


def test_an_application_may_ring_beside_a_client():
    document = parse_xml(
        f"<Dial><Application>{SID}</Application><Client>alice</Client></Dial>", "http://app.test/"
    )
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    assert [type(noun).__name__ for noun in dial.nouns] == ["Application", "Client"]
    assert not document.warnings


def test_parameters_are_told_in_their_order():
    parameters = '<Parameter name="ticket" value="a 12"/><Parameter name="q" value=""/>'
    target = ApplicationTarget(sid=SID, parameters=(("ticket", "a 12"), ("q", "")))
    assert read(f"<ApplicationSid>{SID}</ApplicationSid>{parameters}") == (target, [])


def test_a_parameter_without_a_name_is_not_told_with_a_warning():
    target, (warning,) = read(f'{SID}<Parameter value="1"/>')
    assert target == ApplicationTarget(sid=SID)
    assert warning.endswith("has no name and is not told")


def test_a_customer_id_and_the_to_of_the_parent_may_be_told():
    target, warnings = read(SID, 'customerId="hotel 7" copyParentTo="true"')
    assert target == ApplicationTarget(sid=SID, customer_id="hotel 7", copy_parent_to=True)
    assert warnings == []


def test_an_id_that_is_too_long_does_not_count():
    target, (warning,) = read(SID, f'customerId="{"x" * (MAX_CUSTOMER_ID + 1)}"')
    assert target == ApplicationTarget(sid=SID)
    assert f"at most {MAX_CUSTOMER_ID} characters" in warning


@pytest.mark.parametrize("text", ["", "AP12", "CA0123456789abcdef0123456789abcdef", f"{SID}?X-A=1"])
def test_what_is_no_sid_names_nobody_with_a_warning(text: str):
    target, warnings = read(text)
    assert target is None
    assert any("names nobody" in warning for warning in warnings)
