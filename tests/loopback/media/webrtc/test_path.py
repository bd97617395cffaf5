"""ICE, DTLS and SRTP between two legs, and who cannot disturb them: C8, M5 and M6 of robustness.md."""

import asyncio
import secrets
import socket
import struct

import pytest

from media.plane.plane import MediaPlane
from media.webrtc import path as paths
from tests.testkit.waiting import eventually
from tests.testkit.webrtc_pair import Pair

HELLO = bytes.fromhex("16feff0000000000000000003f010000330000000000000033fefd") + bytes(38)
"""A ClientHello that offers the null cipher, as ES2023-02 sends it."""


def binding_request() -> bytes:
    """A check of somebody who knows neither user name nor password."""
    return struct.pack("!HHI", 1, 0, 0x2112A442) + secrets.token_bytes(12)


async def test_both_sides_hear_each_other(pair: Pair):
    pair.agree()
    await pair.established()
    await pair.caller.speaks_to(pair.callee, 700)
    await pair.callee.speaks_to(pair.caller, 1500)
    assert pair.caller.leg.statistics().packets_unauthentic == 0


@pytest.mark.hostile("M6", sent="forged DTLS hellos and STUN checks, before and in a handshake")
async def test_forged_hellos_and_checks_before_and_in_the_handshake_change_nothing(pair: Pair):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        for number in range(1000):
            if number == 100:
                pair.agree()
            for side in (pair.caller, pair.callee):
                stranger.sendto(HELLO, ("127.0.0.1", side.leg.local_port))
                stranger.sendto(binding_request(), ("127.0.0.1", side.leg.local_port))
            await asyncio.sleep(0)
        await pair.established()
    await pair.caller.speaks_to(pair.callee, 700)
    assert pair.caller.lost == pair.callee.lost == []


@pytest.mark.hostile("M7", sent="forged STUN, DTLS and SRTP to a browser's leg")
async def test_rubbish_on_a_call_that_is_up_is_not_heard(pair: Pair):
    pair.agree()
    await pair.established()
    await pair.caller.speaks_to(pair.callee, 700)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(500):
            for content in (HELLO, binding_request(), b"\x80\x00" + bytes(170)):
                stranger.sendto(content, ("127.0.0.1", pair.callee.leg.local_port))
    await pair.caller.speaks_to(pair.callee, 1100)
    await pair.callee.speaks_to(pair.caller, 1500)
    assert pair.callee.lost == []


@pytest.mark.hostile("M7", sent="datagrams that are empty, or STUN whose attributes are too short")
async def test_m7_what_is_too_short_to_be_read_is_passed_over(pair: Pair, record_property):
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
    pair.agree()
    await pair.established()
    short = struct.pack("!HHI12sHHI", 1, 8, 0x2112A442, bytes(12), 0x0024, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(200):
            # The empty one after another, whose octets may still lie where it is received.
            for content in (b"\x00", b"", b"\x14", b"", short):
                stranger.sendto(content, ("127.0.0.1", pair.callee.leg.local_port))
    await pair.caller.speaks_to(pair.callee, 700)
    assert failures == []
    record_property("held", "1,000 dropped, no exception, the call goes on")


async def test_new_credentials_are_an_ice_restart_and_keep_the_keys(pair: Pair):
    pair.agree()
    await pair.established()
    keys = pair.callee.path.keys
    before = pair.callee.path.local
    pair.caller.path.restart()
    pair.agree()
    await pair.restarted()
    assert pair.callee.path.local.username != before.username
    assert pair.callee.path.keys == keys
    await pair.caller.speaks_to(pair.callee, 700)
    await pair.callee.speaks_to(pair.caller, 1500)


async def test_an_offer_that_changes_nothing_leaves_ice_alone(pair: Pair):
    pair.agree()
    await pair.established()
    before = pair.callee.path.local
    pair.agree()
    assert pair.callee.path.established.is_set()
    assert pair.callee.path.local == before
    await pair.caller.speaks_to(pair.callee, 700)


async def test_another_certificate_than_the_one_in_the_answer_is_refused(pair: Pair):
    pair.agree(spoil=True)
    await eventually(lambda: pair.caller.lost, 8.0, "the caller gives up")
    assert "fingerprint" in pair.caller.lost[0]
    assert not pair.caller.path.established.is_set()
    assert pair.caller.leg.statistics().packets_sent == 0, "not a packet leaves in clear"


async def test_who_is_not_reached_in_time_is_told_with_the_cure(
    plane: MediaPlane, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(paths, "FOUND_WITHIN", 0.3)
    pair = Pair.of(plane)
    pair.callee.path.close()
    pair.agree_alone()
    await eventually(lambda: pair.caller.lost, 8.0, "the caller gives up")
    assert "[media] rtp_ports" in pair.caller.lost[0]
    pair.close()


async def test_a_closed_path_leaves_no_task(plane: MediaPlane):
    before = asyncio.all_tasks()
    pair = Pair.of(plane)
    pair.agree()
    await pair.established()
    pair.close()
    await eventually(lambda: asyncio.all_tasks() <= before, 5.0, "every task has ended")
