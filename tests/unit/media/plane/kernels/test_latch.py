"""Who becomes the peer: bleed and inject from strangers, learning behind a NAT."""

import pytest

from media.plane import layout as c
from media.plane.kernels.latch import ACCEPTED, FOREIGN, PROVEN, admit
from tests.testkit.impairment import ImpairedPath, Impairments
from tests.testkit.virtual_leg import PEER, VirtualLeg, sockaddr
from tests.testkit.virtual_leg import silent_packet as packet

OTHER_PORT = (PEER[0], 6000)
STRANGER = ("127.0.0.66", 4000)


def open_leg(**fields):
    return VirtualLeg(sealed=False, **fields)


def peer_of(leg):
    host, port = leg.leg.peer[4:8], leg.leg.peer[2:4]
    return ".".join(str(octet) for octet in host), int(port[0]) << 8 | int(port[1])


def test_the_signalled_address_is_the_peer_with_its_first_packet():
    leg = open_leg()
    assert leg.deliver(packet(1)) == PROVEN
    assert leg.received == 1


def test_another_port_of_the_signalled_host_is_learned_with_the_fourth_packet():
    leg = open_leg()
    verdicts = [leg.deliver(packet(sequence), source=OTHER_PORT) for sequence in range(10, 14)]
    assert verdicts == [FOREIGN, FOREIGN, FOREIGN, PROVEN]
    assert peer_of(leg) == OTHER_PORT


@pytest.mark.parametrize("count", [1, 4, 100])
def test_a_stranger_on_another_host_is_never_learned(count):
    leg = open_leg()
    for sequence in range(count):
        assert leg.deliver(packet(sequence), source=STRANGER) == FOREIGN
    assert (leg.received, leg.count(c.FOREIGN), peer_of(leg)) == (0, count, PEER)


def test_any_host_is_learned_where_the_signalled_one_hides_behind_a_nat():
    leg = open_leg(any_host=1)
    verdicts = [leg.deliver(packet(sequence), source=STRANGER) for sequence in range(4)]
    assert verdicts[-1] == PROVEN
    assert peer_of(leg) == STRANGER


@pytest.mark.parametrize(
    "stream",
    [
        [(1, 5), (2, 5), (3, 5), (3 + c.LEARN_WINDOW + 1, 5)],  # a jump
        [(1, 5), (2, 5), (1, 5), (2, 5)],  # what came before
        [(9, 5), (8, 5), (7, 5), (6, 5)],  # backwards
        [(1, 5), (2, 6), (3, 5), (4, 5)],  # another SSRC
        [(1, 5), (1, 5), (1, 5), (1, 5)],  # the same packet
    ],
)
def test_packets_that_are_not_ever_newer_prove_nothing(stream):
    leg = open_leg()
    verdicts = {leg.deliver(packet(sequence, ssrc=ssrc), source=OTHER_PORT) for sequence, ssrc in stream}
    assert verdicts == {FOREIGN}


@pytest.mark.parametrize(
    ("stream", "proven_by"),
    [
        ([1, 2, 4, 5], 5),  # one lost
        ([1, 3, 2, 4, 5], 5),  # two change places: what comes late neither counts nor spoils
        ([65534, 65535, 1, 0, 2], 2),  # over the end of the numbers
        ([1, 1 + c.LEARN_WINDOW, 2 + c.LEARN_WINDOW, 3 + c.LEARN_WINDOW], 3 + c.LEARN_WINDOW),
    ],
)
def test_loss_and_disorder_of_the_way_do_not_hinder_learning(stream, proven_by):
    leg = open_leg()
    verdicts = [leg.deliver(packet(sequence, timestamp=0), source=OTHER_PORT) for sequence in stream]
    assert stream[verdicts.index(PROVEN)] == proven_by
    assert verdicts.count(PROVEN) == 1


def test_a_jittery_peer_at_another_port_is_learned_within_a_third_of_a_second():
    for seed in range(200):
        path = ImpairedPath(Impairments(delay=0.08, jitter=0.06, reorder=0.05, loss=0.05), seed)
        sent = [(at, number) for number in range(30) for at in path.arrivals(number * 0.02)]
        leg = open_leg()
        heard = [number for _, number in sorted(sent)]
        verdicts = [leg.deliver(packet(number), source=OTHER_PORT) for number in heard]
        assert verdicts.index(PROVEN) < 16, heard


def test_two_strangers_by_turns_prove_nothing():
    leg = open_leg(any_host=1)
    for sequence in range(20):
        source = (STRANGER[0], 5000 + sequence % 2)
        assert leg.deliver(packet(sequence), source=source) == FOREIGN


def test_a_payload_type_that_is_not_plausible_proves_nothing():
    leg = open_leg()
    junk = packet(1).replace(b"\x80\x00", b"\x80\x60", 1)
    assert leg.deliver(junk) == FOREIGN
    assert leg.leg.latch == c.LATCH_OPEN


def test_what_waited_in_the_socket_from_strangers_is_dropped_after_connecting():
    leg = open_leg(latch=c.LATCH_DRAINING)
    assert leg.deliver(packet(1), source=STRANGER) == FOREIGN
    assert leg.deliver(packet(2)) == ACCEPTED


def test_nobody_is_heard_before_a_remote_address_is_known():
    leg = open_leg(remote_known=0)
    assert leg.deliver(packet(1)) == FOREIGN
    assert leg.received == 0


def test_while_another_way_is_sought_the_peer_is_heard_and_the_socket_stays_open():
    leg = open_leg(moving=1)
    assert leg.deliver(packet(1)) == ACCEPTED
    assert leg.deliver(packet(2), source=STRANGER) == FOREIGN
    assert (leg.leg.latch, leg.received, peer_of(leg)) == (c.LATCH_OPEN, 1, PEER)


def test_while_another_way_is_sought_who_has_the_keys_is_heard_from_anywhere():
    leg = open_leg(moving=1, unseal=1)
    leg.lane.address[:] = sockaddr(*STRANGER)
    assert admit(leg.lane, leg.leg) == ACCEPTED
    assert (leg.leg.latch, peer_of(leg)) == (c.LATCH_OPEN, PEER)
