"""S7: whatever names, numbers, texts and headers say, no line of ours gets another one in it."""

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.routing import Stranger
from engine.exchange.trunks import CallerIdentity, Trunk
from engine.reporting import log
from engine.switchboard.caller_details import CallerDetails
from rcml.errors import RcmlError
from rcml.nouns.sip import Sip
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial
from sip.errors import SipError
from sip.header_values import NameAddr
from sip.message import Request
from sip.parser import parse_message
from sip.uri import SipUri
from tests.testkit.sip_messages import request

TRUNK = Trunk(name="carrier", uri=SipUri.parse("sip:203.0.113.10"), prefixes=("+",), identity="both")
SENT = "CR, LF, NUL in names, numbers, custom headers, log lines"

pytestmark = pytest.mark.hostile("S7", sent=SENT)

nasty = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="\x1b[2J\x07\u202eab\n", max_size=20),
    st.text(alphabet="\r\n\0 \t:<>\"',;?&%@abEvil", max_size=40),
    st.sampled_from(["x\r\nEvil: 1", '"\r\n\r\nINVITE sip:a SIP/2.0', "a\nEvil: 1", "\0", "a\u2028Evil: 1"]),
)


def names_on_the_wire(fields: list[tuple[str, str]]) -> list[str]:
    """Return the header names that a peer reads of a request with these fields."""
    sent = parse_message(Request("INVITE", "sip:bob@example.org", fields).to_bytes())
    return [name for name, _ in sent.headers]


@given(nasty, nasty, nasty, st.booleans())
def test_s7_who_calls_never_becomes_another_header(number: str, name: str, forwarded: str, private: bool):
    caller = CallerIdentity(number=number, display_name=name, forwarded_from=forwarded, private=private)
    try:
        fields = list(TRUNK.identity_fields(caller))
        wire = names_on_the_wire(fields)
    except SipError:
        return
    assert wire[: len(fields)] == [name for name, _ in fields]
    assert "Evil" not in wire


@given(st.one_of(st.just("X-A"), nasty), nasty)
def test_s7_headers_of_a_document_never_become_others(name: str, value: str):
    written = "".join(f"%{octet:02X}" for octet in value.encode("utf-8", "replace"))
    escaped = f"{name}={written}".replace("&", "&amp;").replace("<", "&lt;")
    document = f"<Response><Dial><Sip>sip:bob@example.org?{escaped}</Sip></Dial></Response>"
    try:
        (verb,) = parse_xml(document, "http://app.test/").verbs
    except RcmlError:
        return
    assert isinstance(verb, Dial)
    nouns = [noun for noun in verb.nouns if isinstance(noun, Sip)]
    fields = [field for noun in nouns if (target := noun.target()) for field in target.headers]
    assert names_on_the_wire(fields)[: len(fields)] == [name for name, _ in fields]


def octets(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode("utf-8", "surrogateescape"))


@given(st.one_of(nasty, st.just("\udcff")), st.sampled_from(["a", "\udcff", "a\\\0b", "Evil\u2028: 1"]))
def test_s7_who_calls_is_told_and_called_on_behalf_of_as_one_line(user: str, name: str):
    text = f'"{name}" <sip:{octets(user) or "x"}@192.0.2.1>;tag=1'
    caller = CallerDetails(request(headers={"From": text}), Stranger("192.0.2.1"))
    for told in (caller.from_, caller.name):
        told.encode()
        assert not any(unicodedata.category(letter) == "Cc" and letter < "\x80" for letter in told)
    # As Dial names a caller to an address.
    shown = str(NameAddr(SipUri.make(caller.from_, "127.0.0.1"), caller.from_))
    assert names_on_the_wire([("From", shown)])[0] == "From"


@given(nasty, st.booleans())
def test_s7_a_logged_value_is_one_line(value: str, as_json: bool):
    out = io.StringIO()
    log.configure(out, json=as_json)
    try:
        log.get("test").info("call.arrived", from_=value)
        (line,) = out.getvalue().splitlines()
        assert "call.arrived" in line
        assert "\x1b" not in line
        assert not as_json or json.loads(line)["event"] == "call.arrived"
    finally:
        log.configure()
