"""RFC 3711 contexts: what stays when keys change, and RTCP."""

import pylibsrtp
import pytest
from pylibsrtp import Policy, Session

from media.errors import MediaMisuse
from media.plane.shield import Shield
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite

SUITE = SrtpSuite.AES_CM_128_HMAC_SHA1_80
OURS, THEIRS, OTHER = (SrtpKey(SUITE, bytes([n]) * 30) for n in (1, 2, 3))
REPORT = bytes.fromhex("80c900010000123481ca0003000012340103616263000000")


def test_a_direction_whose_key_stays_keeps_its_context():
    before = Shield(SrtpKeys(OURS, THEIRS))
    after = Shield(SrtpKeys(OURS, OTHER), before)
    assert after.addresses[1] == before.addresses[1]
    assert after.addresses[0] != before.addresses[0]


def test_reports_reach_the_other_side_once():
    here, there = Shield(SrtpKeys(OURS, THEIRS)), Shield(SrtpKeys(THEIRS, OURS))
    protected = here.protect_rtcp(REPORT)
    assert b"abc" not in protected
    assert there.unprotect_rtcp(protected) == REPORT
    assert there.unprotect_rtcp(protected) is None


@pytest.mark.parametrize("content", [b"", b"\x80\xc9", REPORT, bytes(5000)])
def test_what_is_no_report_of_the_peer_is_dropped(content):
    assert Shield(SrtpKeys(OURS, THEIRS)).unprotect_rtcp(content) is None


def test_a_key_of_the_wrong_length_is_refused():
    with pytest.raises(MediaMisuse, match="30 octets"):
        Shield(SrtpKeys(SrtpKey(SUITE, bytes(29)), THEIRS))


@pytest.mark.parametrize("suite", list(SrtpSuite))
def test_every_suite_is_one_of_libsrtp(suite):
    key = SrtpKey(suite, bytes(range(suite.key_octets)))
    receive, send = Shield(SrtpKeys(key, key)).addresses
    assert receive
    assert send


def test_the_inside_of_pylibsrtp_is_as_we_expect_it():
    session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND))
    assert session._srtp[0]
    assert pylibsrtp.__version__.split(".")[0] == "1"
