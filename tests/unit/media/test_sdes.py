"""RFC 4568: keys in SDP, and what offer and answer make of them."""

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import sdes
from media.errors import AnswerRejected, OfferRejected
from media.offer_answer import LocalMedia, accept_answer, answer, make_offer
from media.sdp import SessionDescription, parse
from media.srtp import SrtpPolicy, SrtpSuite

HEAD = "v=0\r\no=bob 5 5 IN IP4 198.51.100.4\r\ns=-\r\nc=IN IP4 198.51.100.4\r\nt=0 0\r\n"
KEY_80 = base64.b64encode(bytes(range(30))).decode()
OTHER_KEY = base64.b64encode(bytes(range(30, 60))).decode()
KEY_GCM = base64.b64encode(bytes(range(44))).decode()
LINE_80 = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}"
LINE_32 = f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{OTHER_KEY}"

PREFERRED = LocalMedia("192.0.2.50", 20000, session_id=7, srtp=SrtpPolicy.PREFERRED)
REQUIRED = dataclasses.replace(PREFERRED, srtp=SrtpPolicy.REQUIRED)
OFF = dataclasses.replace(PREFERRED, srtp=SrtpPolicy.OFF)


def described(*lines: str) -> SessionDescription:
    return parse((HEAD + "".join(f"{line}\r\n" for line in lines)).encode())


def secure(*cryptos: str, protocol: str = "RTP/SAVP") -> SessionDescription:
    return described(f"m=audio 4000 {protocol} 0", *cryptos)


def test_a_line_is_read_and_printed():
    crypto = sdes.Crypto.parse(f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}")
    assert crypto is not None
    assert (crypto.tag, crypto.key.suite) == (1, SrtpSuite.AES_CM_128_HMAC_SHA1_80)
    assert crypto.key.key == bytes(range(30))
    assert f"a={crypto.attribute}" == LINE_80


def test_the_example_of_rfc_4568_with_a_lifetime_is_taken():
    value = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20 WSH=64"
    assert sdes.Crypto.parse(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY_80}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ=",
        "1 AES_CM_128_HMAC_SHA1_80 inline:%%%",
        f"1 AES_CM_128_HMAC_SHA1_80 outline:{KEY_80}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80};inline:{OTHER_KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80} UNENCRYPTED_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80} KDR=3",
    ],
)
def test_a_line_that_asks_for_what_we_cannot_is_passed_over(value: str):
    assert sdes.Crypto.parse(value) is None


@given(st.text(max_size=120))
def test_any_value_is_read_or_passed_over(value: str):
    sdes.Crypto.parse(value)
    sdes.Crypto.parse("1 AES_CM_128_HMAC_SHA1_80 " + value)


def test_an_encrypted_offer_is_answered_with_the_first_suite_its_tag_and_a_key_of_ours():
    agreed = answer(secure(LINE_80, LINE_32), PREFERRED)
    (media,) = agreed.description.media
    assert media.protocol == "RTP/SAVP"
    (ours,) = sdes.cryptos_in(media)
    assert (ours.tag, ours.key.suite) == (1, SrtpSuite.AES_CM_128_HMAC_SHA1_80)
    assert agreed.srtp is not None
    assert agreed.srtp.receive.key == bytes(range(30))
    assert agreed.srtp.send == ours.key
    assert ours.key.key != bytes(range(30))


def test_gcm_is_taken():
    agreed = answer(secure(f"a=crypto:4 AEAD_AES_256_GCM inline:{KEY_GCM}"), REQUIRED)
    assert agreed.srtp is not None
    assert agreed.srtp.send.suite is SrtpSuite.AEAD_AES_256_GCM
    assert len(agreed.srtp.send.key) == 44


def test_keys_beside_plain_rtp_are_taken_by_those_who_prefer_encryption():
    agreed = answer(secure(LINE_80, protocol="RTP/AVP"), PREFERRED)
    assert agreed.srtp is not None
    assert agreed.description.media[0].protocol == "RTP/AVP"
    assert answer(secure(LINE_80, protocol="RTP/AVP"), OFF).srtp is None


def test_one_who_prefers_encryption_also_speaks_in_clear():
    agreed = answer(secure(protocol="RTP/AVP"), PREFERRED)
    assert agreed.srtp is None
    assert not agreed.description.media[0].has("crypto")


@pytest.mark.parametrize(
    ("offer", "local", "why"),
    [
        (secure(LINE_80), OFF, "SRTP is not taken"),
        (secure(), PREFERRED, "no a=crypto line"),
        (secure(f"a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY_80}"), PREFERRED, "no a=crypto line"),
        (secure(protocol="RTP/AVP"), REQUIRED, "only SRTP is taken"),
        (secure(LINE_80, protocol="UDP/TLS/RTP/SAVPF"), REQUIRED, "only RTP/AVP and RTP/SAVP"),
    ],
)
def test_an_offer_that_does_not_suit_the_policy_is_refused(offer, local, why):
    with pytest.raises(OfferRejected, match=why):
        answer(offer, local)


def test_a_required_offer_is_encrypted_and_a_preferred_one_can_be_answered_in_clear():
    assert make_offer(REQUIRED).media[0].protocol == "RTP/SAVP"
    preferred = make_offer(PREFERRED)
    assert preferred.media[0].protocol == "RTP/AVP"
    assert len(sdes.cryptos_in(preferred.media[0])) == len(SrtpSuite)
    assert accept_answer(preferred, secure(protocol="RTP/AVP"), PREFERRED).srtp is None
    assert not make_offer(OFF).media[0].has("crypto")


def test_two_sides_agree_on_keys():
    offer = make_offer(REQUIRED)
    theirs = answer(offer, REQUIRED)
    ours = accept_answer(offer, theirs.description, REQUIRED)
    assert ours.srtp is not None
    assert theirs.srtp is not None
    assert (ours.srtp.send, ours.srtp.receive) == (theirs.srtp.receive, theirs.srtp.send)


def test_keys_are_kept_over_a_renegotiation_whoever_offers():
    offer = make_offer(REQUIRED)
    theirs = answer(offer, REQUIRED)
    again = make_offer(REQUIRED, offer)
    assert again == offer
    assert answer(again, REQUIRED, theirs.description).srtp == theirs.srtp
    back = make_offer(REQUIRED, theirs.description)
    assert theirs.srtp is not None
    assert [each.key for each in sdes.cryptos_in(back.media[0])] == [theirs.srtp.send]


def test_a_changed_key_of_the_peer_leaves_ours():
    first = answer(secure(LINE_80), PREFERRED)
    changed = LINE_80.replace(KEY_80, OTHER_KEY)
    second = answer(secure(changed), PREFERRED, first.description)
    assert first.srtp is not None
    assert second.srtp is not None
    assert second.srtp.send == first.srtp.send
    assert second.srtp.receive.key == bytes(range(30, 60))


@pytest.mark.parametrize(
    "answered",
    [
        secure(),
        secure(LINE_80.replace("crypto:1", "crypto:9")),
        secure(f"a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:{KEY_80}"),
        secure(protocol="RTP/AVP"),
    ],
)
def test_an_answer_without_one_of_the_offered_lines_cannot_be_used(answered):
    with pytest.raises(AnswerRejected, match="a=crypto"):
        accept_answer(make_offer(REQUIRED), answered, REQUIRED)


def test_a_key_is_not_printed():
    assert "key=" not in repr(answer(secure(LINE_80), PREFERRED).srtp)
