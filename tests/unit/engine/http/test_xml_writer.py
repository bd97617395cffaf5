import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.http.resources import ACCOUNTS, ALL, PARTS, VIEWS
from engine.http.xml_writer import Called, element, member, opened, written

KEYS = st.one_of(st.from_regex(r"[a-z]{1,6}(_[a-z]{1,6}){0,2}", fullmatch=True), st.text(max_size=8))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("sid", "Sid"),
        ("date_created", "DateCreated"),
        ("InstanceId", "InstanceId"),
        ("preTimeout", "PreTimeout"),
        ("s3_uri", "S3Uri"),
        ("subresource_uris", "SubresourceUris"),
        ("ring_duration", "Ring_duration"),
        ("mms", "MMS"),
        ("Content-Type", None),
        ("client without application", None),
        ("", None),
        ("1st", None),
    ],
)
def test_a_field_is_called_as_restcomm_and_twilio_call_it(key: str, name: str | None):
    assert element(key) == name


def test_what_is_in_a_list_is_called_as_one_of_it():
    keys = ("codecs", "prefixes", "steps", "ice_servers", "parameters", "s", "x")
    assert [member(key) for key in keys] == [
        *("Codec", "Prefix", "Step", "IceServer", "Parameter", "Item", "Item")
    ]


def test_every_resource_has_a_name_for_one_and_for_several():
    called = [each.called for each in (ACCOUNTS, *ALL)]
    called += [each.called for each in PARTS] + [each.called for each in VIEWS if each.wrapped]
    assert all(each.one != each.several and each.one.isalnum() for each in called)
    assert Called.by("SMS/Messages") == Called("SMSMessage", "SMSMessages")
    assert Called.by("Gathers/Dtmf") == Called("GatherDtmf", "GathersDtmf")


def test_nothing_yes_and_numbers_are_written_as_in_json():
    shown = {"end_time": None, "muted": True, "duration": 8, "mos": 4.25, "to": ""}
    assert written("Call", shown) == (
        "<Call><EndTime/><Muted>true</Muted><Duration>8</Duration><Mos>4.25</Mos><To/></Call>"
    )


def test_lists_and_objects_lie_inside_of_each_other():
    shown = {"codecs": ["PCMU", "opus"], "subresource_uris": {"recordings": "/a"}, "scopes": [], "detail": {}}
    assert written("Trunk", shown) == (
        "<Trunk><Codecs><Codec>PCMU</Codec><Codec>opus</Codec></Codecs>"
        "<SubresourceUris><Recordings>/a</Recordings></SubresourceUris><Scopes/><Detail/></Trunk>"
    )


def test_what_no_element_can_be_called_is_an_attribute():
    assert written("Request", {"Content-Type": "text/xml", 'a"b<': "1"}) == (
        '<Request><Item name="Content-Type">text/xml</Item>' + "<Item name='a\"b&lt;'>1</Item></Request>"
    )


def test_no_text_becomes_markup():
    assert written("To", "<b>&]]></b>\r\n") == "<To>&lt;b&gt;&amp;]]&gt;&lt;/b&gt;&#13;\n</To>"


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_forbids_is_replaced(bad: str):
    assert written("Body", f"a{bad}b") == "<Body>a\ufffdb</Body>"


def test_a_page_is_told_by_attributes():
    page = {"num_pages": 3, "first_page_uri": "/Calls?Page=0&PageSize=50", "next_page_uri": None}
    assert opened("Calls", page) == (
        '<Calls numpages="3" firstpageuri="/Calls?Page=0&amp;PageSize=50" nextpageuri="">'
    )


def as_xml_has_it(value: Any) -> Any:
    """Return what is left of a JSON value in XML: texts, lists of texts, and fields by name."""
    if isinstance(value, Mapping):
        return [(element(key) or ("Item", readable(key)), as_xml_has_it(each)) for key, each in value.items()]
    if isinstance(value, list):
        return [(None, as_xml_has_it(each)) for each in value]
    if value is None:
        return []
    text = readable(value) if isinstance(value, str) else json.dumps(value)
    return text or []


def readable(text: str) -> str:
    return "".join("\ufffd" if is_forbidden(each) else each for each in text)


def is_forbidden(character: str) -> bool:
    control = character < " " and character not in "\t\n\r"
    return control or "\ud800" <= character < "\ue000" or character in "\ufffe\uffff"


def read_back(found: ElementTree.Element, value: Any) -> Any:
    """Return an element in the form of :func:`as_xml_has_it`; ``value`` tells lists from objects."""
    if isinstance(value, list):
        return [(None, read_back(each, inner)) for each, inner in zip(found, value, strict=True)]
    if isinstance(value, Mapping):
        inner = list(value.values())
        named = [(each.tag, each.get("name")) if "name" in each.attrib else each.tag for each in found]
        return [(name, read_back(each, below)) for name, each, below in zip(named, found, inner, strict=True)]
    return found.text or []


@given(JSON)
def test_whatever_json_has_xml_has(value: Any):
    text = written("Call", value).encode()
    assert read_back(ElementTree.fromstring(text), value) == as_xml_has_it(value)
