"""Commands of the event loop, carried out between ticks."""

import numpy as np
import pytest

from media.plane import layout as c
from media.plane.kernels.commands import DISCONNECT, NOTHING, carry_out, release
from media.plane.kernels.speak import next_event
from media.plane.keys import press_codes
from media.plane.legs import allocate, clear_row
from media.rtp.packet import RtpPacket
from media.rtp.telephone_event import TelephoneEvent
from tests.testkit.virtual_leg import VirtualLeg, paced, packets, sockaddr

ALL = c.FLAG_HEARING | c.FLAG_SENDING | c.FLAG_REMOTE_KNOWN


def command(kind, *arguments, row=0, generation=1):
    words = np.zeros(c.COMMAND_WORDS, np.int64)
    words[: 3 + len(arguments)] = kind, row, generation, *arguments
    return words


def agreed(flags=ALL, address=("127.0.0.1", 4000), law=c.LAW_MU, frame_out=160):
    return command(c.APPLY, flags, 0, 101, 0, 101, law, frame_out, *sockaddr(*address).view(np.int64))


def test_rows_that_are_opened_and_released_keep_the_others_in_their_phase():
    table = allocate(8)
    for row in range(8):
        clear_row(table.legs[row])
        table.legs[row].row, table.legs[row].generation, table.legs[row].phase = row, 1, row % 2
        carry_out(table, command(c.OPEN, row=row))
    for row in (0, 6, 3):
        assert release(table, table.legs[row])
    count = table.lane.active_count
    assert sorted(table.active[0, : count[0]].tolist()) == [2, 4]
    assert sorted(table.active[1, : count[1]].tolist()) == [1, 5, 7]
    for phase in range(2):
        for index in range(count[phase]):
            assert table.legs[table.active[phase, index]].phase_index == index


def test_commands_for_a_former_leg_of_the_row_are_not_carried_out():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.CLOSE, generation=7))
    assert leg.leg.closing == 0


def test_the_same_remote_leaves_a_learned_peer_alone():
    leg = VirtualLeg(latch=c.LATCH_SEALED)
    leg.leg.peer[:] = sockaddr("127.0.0.1", 9999)
    assert carry_out(leg.table, agreed()) == NOTHING
    assert (leg.leg.latch, leg.leg.peer[3]) == (c.LATCH_SEALED, 9999 & 255)


def test_a_peer_whose_way_is_sought_anew_stays_the_peer_of_a_socket_that_hears_others():
    leg = VirtualLeg(latch=c.LATCH_SEALED)
    leg.leg.peer[:] = sockaddr("127.0.0.1", 9999)
    assert carry_out(leg.table, agreed(ALL | c.FLAG_MOVING)) == DISCONNECT
    assert (leg.leg.latch, leg.leg.peer[3]) == (c.LATCH_OPEN, 9999 & 255)
    assert carry_out(leg.table, agreed(ALL | c.FLAG_MOVING)) == NOTHING
    assert carry_out(leg.table, agreed()) == NOTHING


def test_another_remote_moves_the_peer_and_disconnects():
    leg = VirtualLeg(latch=c.LATCH_SEALED)
    assert carry_out(leg.table, agreed(address=("127.0.0.2", 5000))) == DISCONNECT
    assert leg.leg.latch == c.LATCH_OPEN
    assert leg.leg.peer.tolist() == sockaddr("127.0.0.2", 5000).tolist()


def test_no_remote_means_that_nothing_is_sent():
    leg = VirtualLeg()
    carry_out(leg.table, agreed(flags=c.FLAG_HEARING | c.FLAG_SENDING))
    assert leg.leg.remote_known == 0


@pytest.mark.parametrize(("flags", "tick"), [(ALL, 960), (ALL | c.FLAG_SLOW_EVENTS, 160)])
def test_beside_opus_the_duration_of_a_key_is_counted_by_the_clock_of_its_type(flags, tick):
    leg = VirtualLeg(timestamp=1000)
    carry_out(leg.table, agreed(flags, law=c.OPUS))
    codes = press_codes("5")
    carry_out(leg.table, command(c.PRESS_DIGITS, 1, codes.ctypes.data, len(codes)))
    sent = [
        RtpPacket.parse(leg.lane.event_packet[: next_event(leg.lane, leg.leg)].tobytes()) for _ in range(5)
    ]
    assert [TelephoneEvent.parse(each.payload).duration for each in sent] == [tick * n for n in range(1, 6)]
    assert {each.timestamp for each in sent} == {6000}


def test_hold_drops_what_was_received():
    leg = VirtualLeg()
    leg.listen(paced(packets(np.full(1600, 3000, np.int16))), 5)
    carry_out(leg.table, agreed(flags=c.FLAG_SENDING | c.FLAG_REMOTE_KNOWN))
    leg.pass_time()
    assert not leg.hear().any()


@pytest.mark.parametrize(("law", "frame_out"), [(c.LAW_A, 160), (c.LAW_MU, 480)])
def test_codec_and_packet_length_change_in_the_middle_of_a_packet(law, frame_out):
    leg = VirtualLeg(pending=80, timestamp=1000)
    carry_out(leg.table, agreed(law=law, frame_out=frame_out))
    assert (leg.leg.law, leg.leg.frame_out) == (law, frame_out)
    assert (leg.leg.pending, leg.leg.timestamp) == (0, 1080)


def test_a_sound_that_takes_the_place_of_another_frees_it():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.PLAY_PROMPT, 1, 4096, 100, 1))
    carry_out(leg.table, command(c.PLAY_PROMPT, 2, 8192, 100, 1))
    assert leg.events() == [(c.FREED, 1)]
    assert leg.leg.prompt == 2


def test_only_the_sound_that_is_meant_is_stopped():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.PLAY_PROMPT, 2, 4096, 100, 1))
    carry_out(leg.table, command(c.STOP_PROMPT, 1))
    assert leg.leg.prompt_address == 4096
    carry_out(leg.table, command(c.STOP_PROMPT, 2))
    assert (leg.leg.prompt_address, leg.events()) == (0, [(c.FREED, 2)])


def test_keys_are_stopped_in_the_middle_of_a_press():
    leg = VirtualLeg(press=5)
    carry_out(leg.table, command(c.PRESS_DIGITS, 3, 4096, 2))
    carry_out(leg.table, command(c.STOP_DIGITS, 3))
    assert (leg.leg.digits_address, leg.leg.press, leg.events()) == (0, -1, [(c.FREED, 3)])


def test_taps_come_and_go():
    leg = VirtualLeg(listeners=0)
    for number in (1, 2):
        carry_out(leg.table, command(c.ADD_TAP, number, 4096 * number, c.TAP_IN))
    assert (leg.leg.tap_count, leg.leg.listeners) == (2, 2)
    carry_out(leg.table, command(c.REMOVE_TAP, 1))
    carry_out(leg.table, command(c.REMOVE_TAP, 1))
    assert (leg.leg.tap_count, leg.events()) == (1, [(c.FREED, 1)])


def test_another_source_frees_the_first():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.SET_SOURCE, 1, 4096))
    carry_out(leg.table, command(c.SET_SOURCE, 2, 8192))
    carry_out(leg.table, command(c.REMOVE_SOURCE, 1))
    carry_out(leg.table, command(c.REMOVE_SOURCE, 2))
    assert leg.events() == [(c.FREED, 1), (c.FREED, 2)]


def test_a_released_row_tells_who_was_heard_and_keeps_its_counters_in_the_sum():
    leg = VirtualLeg(source_known=1, source_ssrc=0xABCDEF01, highest=0x1FFFF)
    leg.leg.count[c.PACKETS_SENT] = 50
    assert release(leg.table, leg.leg)
    assert leg.events() == [(c.RELEASED, 0xABCDEF01 << 16 | 0xFFFF)]
    assert leg.lane.released_count[c.PACKETS_SENT] == 50
    assert leg.leg.in_use == 0


def test_a_leg_that_departs_for_another_thread_is_not_counted_twice():
    leg, there = VirtualLeg(), VirtualLeg(in_use=0)
    carry_out(leg.table, command(c.DEPART))
    leg.leg.count[c.PACKETS_SENT] = 50
    assert release(leg.table, leg.leg)
    assert leg.events() == [(c.DEPARTED, -1)]
    there.table.legs[0] = leg.leg
    carry_out(there.table, command(c.ARRIVE))
    sums = (leg.lane.released_count, there.lane.released_count, there.leg.count)
    assert sum(int(each[c.PACKETS_SENT]) for each in sums) == 50
    assert (leg.leg.in_use, there.leg.in_use) == (0, 1)


def test_a_row_that_leaves_is_looked_for_only_until_it_has_left():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.CLOSE))
    carry_out(leg.table, command(c.CLOSE))
    assert leg.lane.leaving == 1
    assert release(leg.table, leg.leg)
    assert leg.lane.leaving == 0


def test_a_leg_is_muted_and_heard_again():
    leg = VirtualLeg()
    carry_out(leg.table, command(c.MUTE, 1))
    assert leg.leg.muted == 1
    carry_out(leg.table, command(c.MUTE, 0))
    assert leg.leg.muted == 0


def test_a_leg_that_becomes_wideband_begins_with_nothing_in_what_it_was_lent():
    leg = VirtualLeg()
    leg.wide.view(np.uint8)[:] = 0x5A
    lent = int(leg.wide.ctypes.data)
    leg.leg.wide_address = 0
    carry_out(leg.table, command(c.SET_WIDE, lent))
    carry_out(leg.table, agreed(law=c.G722))
    assert (leg.leg.wide, leg.leg.wide_address) == (1, lent)
    assert not leg.wide[0].jitter_high.any()
    assert not leg.wide[0].heard_bands.any()
