"""Sip: rows of rcml.md 5.9."""

import pytest

from rcml.dialling import SipAddress, SipTarget
from rcml.nouns.sip import Sip
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial


def read(noun: str) -> tuple[Sip, list[int]]:
    document = parse_xml(f"<Dial>{noun}</Dial>", "http://app.test/")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (sip,) = dial.nouns
    assert isinstance(sip, Sip)
    return sip, [warning.code for warning in document.warnings]


@pytest.mark.parametrize("name", ["Sip", "Uri"])
def test_an_address_is_rung_under_both_names_of_the_noun(name: str):
    sip, codes = read(f"<{name}>sip:bob@h.test;transport=tcp</{name}>")
    assert (sip.target(), codes) == (SipTarget(uri="sip:bob@h.test;transport=tcp"), [])


def test_headers_with_a_bare_ampersand_get_their_prefix():
    sip, codes = read("<Sip>sip:alice@h.test?mycustomheader=foo&myotherheader=bar</Sip>")
    headers = (("X-mycustomheader", "foo"), ("X-myotherheader", "bar"))
    assert (sip.target(), codes) == (SipTarget(uri="sip:alice@h.test", headers=headers), [])


@pytest.mark.parametrize("name", ["Sip", "Uri"])
def test_name_and_password_answer_a_challenge_and_the_password_is_not_shown(name: str):
    sip, _ = read(f'<{name} username="us" password="tell no one">sip:bob@h.test</{name}>')
    target = sip.target()
    assert target == SipTarget(uri="sip:bob@h.test", username="us", password="tell no one")
    assert "tell no one" not in repr(sip) + repr(target)


@pytest.mark.parametrize("text", ["tel:+1305", "sip:" + "a" * 252, "sip:a@h?X-A=" + "1" * 1024])
def test_what_is_no_address_is_nobody_with_warning_13243(text: str):
    sip, codes = read(f"<Sip>{text}</Sip>")
    assert (sip.target(), codes) == (None, [13243, 12200])


def test_headers_may_stand_inside_as_twilios_libraries_write_them():
    sip, codes = read(
        '<Sip>sip:bob@h.test?a=1<Headers><Header name="X-Ticket" value="12 %"/>'
        '<Header name="queue" value="gold"/></Headers></Sip>'
    )
    target = sip.target()
    assert target is not None
    assert target.headers == (("X-a", "1"), ("X-Ticket", "12 %"), ("X-queue", "gold"))
    assert codes == []


@pytest.mark.parametrize(
    "attributes", ['name="bad name" value="x"', 'value="x"', 'name="X-A" value="a&#10;b"']
)
def test_a_header_that_no_message_can_carry_is_not_sent_and_reported(attributes: str):
    sip, codes = read(f"<Sip>sip:bob@h.test<Headers><Header {attributes}/></Headers></Sip>")
    target = sip.target()
    assert target is not None
    assert (target.headers, codes) == ((), [12200])


def test_user_to_user_keeps_its_name():
    sip, codes = read("<Sip>sip:bob@h.test?User-to-User=3132%3Bencoding%3Dhex&amp;a=1</Sip>")
    target = sip.target()
    assert target is not None
    assert (target.headers, codes) == ((("User-to-User", "3132;encoding=hex"), ("X-a", "1")), [])


def test_several_addresses_stand_in_place_of_the_text():
    sip, codes = read(
        '<Sip username="x">sip:a@h.test'
        '<Uri priority="2" weight="60" username="us" password="secret">sip:b@h.test?T=1</Uri>'
        '<Uri>sip:c@h.test</Uri><Headers><Header name="Q" value="2"/></Headers></Sip>'
    )
    target = sip.target()
    assert target is not None
    first = SipAddress(
        uri="sip:b@h.test", headers=(("X-T", "1"),), username="us", password="secret", priority=2, weight=60
    )
    assert target.addresses == (first, SipAddress(uri="sip:c@h.test"))
    assert (target.uri, target.headers, codes) == ("sip:b@h.test", (("X-Q", "2"),), [])
    assert "secret" not in repr(sip) + repr(target)


def test_an_address_that_is_none_is_skipped_and_the_text_counts_when_all_are():
    sip, codes = read('<Sip>sip:a@h.test<Uri priority="-1">sip:b@h.test</Uri><Uri>tel:+1305</Uri></Sip>')
    target = sip.target()
    assert target is not None
    assert (target.uri, [each.uri for each in target.addresses]) == ("sip:b@h.test", ["sip:b@h.test"])
    assert codes == [12200, 13243, 12200]
    nobody, _ = read("<Sip>sip:a@h.test<Uri>tel:+1305</Uri></Sip>")
    assert nobody.target() == SipTarget(uri="sip:a@h.test")
