import ipaddress

import pytest

from engine.exchange.trunks import CallerIdentity, Trunk, TrunkDirectory, asserted_number, came_from
from engine.store import TrunkRow
from sip.errors import PeerError
from sip.flow import Destination, Flow
from sip.uri import SipUri
from tests.testkit.sip_messages import request


def trunk(name: str = "carrier", *prefixes: str, **fields) -> Trunk:
    fields.setdefault("uri", SipUri.parse("sip:203.0.113.10:5080;transport=tcp"))
    return Trunk(name=name, prefixes=prefixes, **fields)


def networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def names(trunks: tuple[Trunk, ...]) -> list[str]:
    return [found.name for found in trunks]


def test_the_longest_prefix_comes_first_then_the_order_of_the_configuration():
    trunks = trunk("all", ""), trunk("one", "+"), trunk("two", "+"), trunk("de", "00", "+49")
    directory = TrunkDirectory(trunks)
    assert names(directory.for_number("+4930123")) == ["de", "one", "two", "all"]
    assert names(directory.for_number("+1555")) == ["one", "two", "all"]
    assert names(directory.for_number("110")) == ["all"]


def test_a_number_that_no_prefix_takes_goes_nowhere():
    assert TrunkDirectory((trunk("de", "+49"), trunk("none"))).for_number("alice") == ()


def test_a_trunk_that_does_not_answer_is_tried_last():
    directory = TrunkDirectory((trunk("de", "+49"), trunk("all", "+")), lambda name: name != "de")
    assert names(directory.for_number("+4930")) == ["all", "de"]


def test_the_narrowest_network_says_whose_a_source_is():
    wide = trunk("wide", networks=networks("203.0.113.0/24"))
    narrow = trunk("narrow", networks=networks("203.0.113.10/32", "2001:db8::/32"))
    directory = TrunkDirectory((wide, narrow, trunk("later", networks=networks("203.0.113.0/24"))))
    sources = ("203.0.113.10", "203.0.113.11", "2001:db8::9", "198.51.100.1", "host.example")
    found = [directory.of_source(source) for source in sources]
    assert [each and each.name for each in found] == ["narrow", "wide", "narrow", None, None]


@pytest.mark.parametrize(
    ("number_format", "sent"),
    [
        ("dialled", {"+4930": "+4930", "004930": "004930", "030": "030"}),
        ("e164", {"+4930": "+4930", "004930": "+4930", "4930": "+4930"}),
        ("digits", {"+4930": "4930", "004930": "4930", "030": "030"}),
    ],
)
def test_numbers_are_sent_in_the_trunks_format(number_format, sent):
    ours = trunk(number_format=number_format)
    assert {number: ours.formatted(number) for number in sent} == sent


def test_the_request_uri_is_the_trunks_with_the_number():
    ours = trunk(uri=SipUri.parse("sip:me:pw@carrier.example:5080;transport=tcp?x=y"), number_format="digits")
    assert str(ours.request_uri("+4930#1")) == "sip:4930%231@carrier.example:5080;transport=tcp"


def test_the_callers_number_is_asserted_and_a_diversion_told():
    caller = CallerIdentity(number="+4930", display_name="Ada", forwarded_from="+4940")
    assert trunk().identity_fields(caller) == [
        ("From", '"Ada" <sip:+4930@203.0.113.10>'),
        ("P-Asserted-Identity", '"Ada" <sip:+4930@203.0.113.10>'),
        ("Diversion", "<sip:+4940@203.0.113.10>;reason=unconditional"),
    ]


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("remote-party-id", ["Remote-Party-ID"]),
        ("both", ["P-Asserted-Identity", "Remote-Party-ID"]),
        ("none", []),
    ],
)
def test_a_trunk_is_told_the_caller_in_the_headers_it_reads(identity, told):
    fields = trunk(identity=identity).identity_fields(CallerIdentity(number="+4930", display_name="Ada"))
    assert [name for name, _ in fields] == ["From", *told]
    if "Remote-Party-ID" in told:
        expected = '"Ada" <sip:+4930@203.0.113.10>;party=calling;screen=yes;privacy=off'
        assert dict(fields)["Remote-Party-ID"] == expected


def test_remote_party_id_says_that_a_number_is_private():
    fields = dict(trunk(identity="both").identity_fields(CallerIdentity(number="+4930", private=True)))
    assert fields["Remote-Party-ID"].endswith(";privacy=full")


def test_a_private_number_is_told_to_the_trunk_alone():
    fields = dict(trunk().identity_fields(CallerIdentity(number="+4930", private=True)))
    assert fields["From"] == '"Anonymous" <sip:anonymous@anonymous.invalid>'
    assert "+4930" in fields["P-Asserted-Identity"]
    assert fields["Privacy"] == "id"


def test_a_name_with_quotes_cannot_break_the_header():
    caller = CallerIdentity(number="1", display_name='x" <sip:evil@host>, "')
    (value,) = [text for name, text in trunk().identity_fields(caller) if name == "From"]
    sent = request(headers={"From": value + ";tag=1"})
    assert sent.from_.display_name == caller.display_name
    assert sent.from_.uri.username == "1"


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"P-Asserted-Identity": "<sip:+4930@carrier>, <tel:+4931>"}, "+4930"),
        ({"P-Asserted-Identity": "<tel:+49-31>"}, "+4931"),
        ({"Remote-Party-ID": '"A" <sip:+4932@carrier>;party=calling'}, "+4932"),
        ({"P-Asserted-Identity": "<sip:+4930"}, None),
        ({}, None),
    ],
)
def test_a_trusted_sender_vouches_for_a_number(headers, number):
    assert asserted_number(request(headers=headers)) == number


def test_t9_a_challenge_from_elsewhere_is_not_the_trunks():
    where = [Destination("UDP", "203.0.113.10", 5060)]
    ours = ("192.0.2.1", 5060)
    assert came_from(Flow("UDP", ours, ("203.0.113.10", 5070)), where)
    assert not came_from(Flow("UDP", ours, ("198.51.100.66", 5060)), where)


def row(**fields) -> TrunkRow:
    return TrunkRow(**{"sid": "TK1", "account_sid": "AC1", "name": "t", "uri": "sip:203.0.113.10", **fields})


def test_a_trunk_is_made_of_its_row():
    made = Trunk.of(
        row(username="us", password="pw", realm="carrier", prefixes=["+"], allow_from=["203.0.113.10/24"])
    )
    assert made.login is not None
    assert (made.login.username, made.login.realm, made.prefixes) == ("us", "carrier", ("+",))
    assert made.networks == networks("203.0.113.0/24")
    assert str(made.record()) == "sip:us@203.0.113.10"
    assert made.answers(lambda: "token") is not None


def test_a_trunk_without_a_user_name_answers_no_challenge():
    made = Trunk.of(row())
    assert made.login is None
    assert made.answers(lambda: "token") is None


def test_a_row_whose_uri_is_none_is_refused():
    with pytest.raises(PeerError):
        Trunk.of(row(uri="carrier"))
