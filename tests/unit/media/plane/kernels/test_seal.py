"""SRTP in the tick, against pylibsrtp as the other side."""

import numpy as np
import pytest
from pylibsrtp import Policy, Session

from media.plane import layout as c
from media.plane import shield
from media.plane.kernels.commands import carry_out
from media.plane.kernels.seal import MOST_SOURCES, seal
from media.plane.leg_statistics import read_leg
from media.plane.rtcp_reporter import RemoteView
from media.plane.shield import Shield
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite
from tests.testkit.virtual_leg import SSRC, VirtualLeg, paced, packets

PROFILES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    SrtpSuite.AEAD_AES_128_GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpSuite.AEAD_AES_256_GCM: Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
SOUND = (np.sin(np.arange(1600) * 0.7) * 8000).astype(np.int16)


def keys(suite: SrtpSuite = SrtpSuite.AES_CM_128_HMAC_SHA1_80) -> SrtpKeys:
    octets = suite.key_octets
    return SrtpKeys(SrtpKey(suite, bytes(range(octets))), SrtpKey(suite, bytes(range(1, octets + 1))))


def session(key: SrtpKey, direction: int) -> Session:
    return Session(Policy(key=key.key, ssrc_type=direction, srtp_profile=PROFILES[key.suite]))


class EncryptedLeg(VirtualLeg):
    """A leg with keys, and the peer's side of them."""

    def __init__(self, agreed: SrtpKeys | None = None, sealed: bool = True) -> None:
        super().__init__(sealed)
        agreed = agreed or keys()
        self.lane.protect, self.lane.unprotect = shield.functions()
        self.shield = Shield(agreed)
        self.command(c.SET_KEYS, 1, *self.shield.addresses)
        self.sender = session(agreed.receive, Policy.SSRC_ANY_OUTBOUND)
        self.receiver = session(agreed.send, Policy.SSRC_ANY_INBOUND)

    def command(self, kind: int, *arguments: int) -> None:
        words = np.zeros(c.COMMAND_WORDS, np.int64)
        words[: 3 + len(arguments)] = kind, 0, 1, *arguments
        carry_out(self.table, words)


@pytest.mark.parametrize("suite", list(SrtpSuite))
def test_encrypted_sound_is_heard_as_if_it_were_not(suite):
    made = packets(SOUND)
    leg = EncryptedLeg(keys(suite))
    heard = leg.listen(paced([leg.sender.protect(packet) for packet in made]), 14)
    assert np.array_equal(heard, VirtualLeg().listen(paced(made), 14))
    assert leg.count(c.UNAUTHENTIC) == 0


@pytest.mark.parametrize("suite", list(SrtpSuite))
def test_what_is_sealed_is_read_by_the_peer(suite):
    leg = EncryptedLeg(keys(suite))
    for packet in packets(SOUND):
        memory = np.frombuffer(packet, np.uint8).copy()
        octets = seal(leg.lane, leg.leg, memory.ctypes.data, len(packet))
        assert leg.receiver.unprotect(leg.lane.sealed[:octets].tobytes()) == packet


def test_garbage_and_plain_packets_are_counted_and_the_sound_goes_on():
    made = packets(SOUND)
    leg = EncryptedLeg()
    arrivals = paced([leg.sender.protect(packet) for packet in made])
    rubbish = [(at + 1, packet) for at, packet in paced(made)]
    flipped = [(at + 2, packet[:20] + bytes([packet[20] ^ 1]) + packet[21:]) for at, packet in arrivals]
    heard = leg.listen([*arrivals, *rubbish, *flipped], 14)
    assert np.array_equal(heard, VirtualLeg().listen(paced(made), 14))
    assert leg.count(c.UNAUTHENTIC) + leg.count(c.DUPLICATED) == 20
    assert leg.received == 10


def test_a_replayed_packet_is_a_duplicate():
    leg = EncryptedLeg()
    packet = leg.sender.protect(packets(SOUND)[0])
    leg.deliver(packet, 100)
    leg.deliver(packet, 110)
    assert (leg.received, leg.count(c.DUPLICATED)) == (1, 1)


def test_duplicates_that_srtp_drops_are_told_from_those_that_count_as_received():
    told = []
    for leg in (EncryptedLeg(), VirtualLeg()):
        for packet in packets(SOUND):
            sent = leg.sender.protect(packet) if isinstance(leg, EncryptedLeg) else packet
            leg.deliver(sent, 100)
            leg.deliver(sent, 110)
        counted = read_leg(leg.leg, 0, RemoteView())
        told.append((counted.packets_duplicated, counted.packets_replayed, counted.packets_lost))
    assert told == [(10, 10, 0), (10, 0, -10)]


def test_the_rollover_counter_follows_the_sequence_number():
    leg = EncryptedLeg()
    sound = np.tile(SOUND, 4)
    made = packets(sound, sequence=65520)
    leg.listen(paced([leg.sender.protect(packet) for packet in made]), 45)
    assert (leg.received, leg.count(c.UNAUTHENTIC)) == (40, 0)


def test_nobody_becomes_the_peer_without_the_key():
    leg = EncryptedLeg(sealed=False)
    for packet in packets(SOUND)[:8]:
        leg.deliver(packet, 100, source=("127.0.0.1", 6666))
    assert leg.leg.latch == c.LATCH_OPEN
    assert leg.leg.learn_count == 0
    assert leg.count(c.UNAUTHENTIC) == 8


def test_the_peer_changes_its_source_only_so_often():
    leg = EncryptedLeg()
    for change in range(MOST_SOURCES + 5):
        leg.deliver(leg.sender.protect(packets(SOUND[:160], ssrc=SSRC + change)[0]), 100)
    assert leg.leg.sources_proven == MOST_SOURCES
    last = SSRC + MOST_SOURCES - 1
    before = leg.received
    leg.deliver(leg.sender.protect(packets(SOUND[:160], sequence=1, ssrc=last)[0]), 100)
    assert leg.received == before + 1


def test_a_peer_whose_keys_come_beside_its_sound_is_heard_for_ever():
    leg = EncryptedLeg()
    for number in range(MOST_SOURCES):
        for ssrc in (SSRC, 0x7777):
            made = packets(SOUND[:160], sequence=number, ssrc=ssrc)[0]
            leg.deliver(leg.sender.protect(made), 100)
    assert leg.leg.sources_proven == 2
    assert leg.count(c.UNAUTHENTIC) == 0


def test_new_keys_take_the_place_of_the_former_ones_which_are_given_back():
    leg = EncryptedLeg()
    leg.command(c.SET_KEYS, 2, 0, 0)
    leg.deliver(packets(SOUND)[0], 100)
    assert leg.received == 1
    assert leg.events() == [(c.FREED, 1)]
