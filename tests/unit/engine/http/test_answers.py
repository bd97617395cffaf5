import pytest

from engine.http.answers import wants_xml

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize(
    ("path", "xml"),
    [
        ("/Accounts/AC1/Calls", True),
        ("/Accounts/AC1/Calls.json", False),
        ("/Accounts/AC1/Calls.json/CA1", False),
        ("/Accounts/AC1/Calls/CA1.json", False),
        ("/Accounts/AC1/Recordings/RE1.xml", True),
        ("/Accounts/AC1/Conferences/CF1/Participants/a.jsonb", True),
    ],
)
def test_a_suffix_decides_and_xml_is_what_is_answered_without_one(path: str, xml: bool):
    assert wants_xml(path, "") == xml
    assert wants_xml(path, "*/*") == xml


@pytest.mark.parametrize(
    ("accept", "xml"),
    [
        ("application/json", False),
        ("Application/JSON; charset=utf-8", False),
        (AXIOS, False),
        (BROWSER, True),
        ("text/xml", True),
        ("application/xml", True),
        ("application/json;q=0.5, application/xml", True),
        ("application/json, text/xml;q=0.5", False),
        ("application/json, application/xml", False),
        ("application/*", True),
        ("application/json;q=0", True),
        ("application/json;q=nonsense", False),
        ("image/png", True),
        (",;q=,", True),
    ],
)
def test_without_a_suffix_the_header_says_what_is_liked_more(accept: str, xml: bool):
    assert wants_xml("/Accounts/AC1/Calls", accept) == xml


def test_a_suffix_counts_before_the_header():
    assert not wants_xml("/Accounts/AC1/Calls.json", "application/xml")
    assert wants_xml("/Accounts/AC1/Calls.xml", "application/json")
