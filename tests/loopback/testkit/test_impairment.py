"""The relay carries datagrams both ways over its impaired path."""

from tests.testkit.impairment import ImpairmentRelay, Impairments
from tests.testkit.outside_sound import tone
from tests.testkit.rtp_peer import RtpPeer


async def test_both_ends_hear_each_other_through_the_relay():
    alice, bob = await RtpPeer.open(), await RtpPeer.open()
    rules = Impairments(delay=0.03, jitter=0.02, loss=0.1, reorder=0.1, duplicate=0.1)
    async with ImpairmentRelay(("127.0.0.1", bob.port), rules, seed=3) as relay:
        alice.connect(*relay.address)
        bob.connect(*relay.address)
        alice.say_nowait(tone(700, 3))
        bob.say_nowait(tone(1500, 3))
        await bob.hears(700, 1.0)
        await alice.hears(1500, 1.0)
        assert 0 < relay.there.lost < relay.there.sent / 4
        assert 0 < relay.back.lost < relay.back.sent / 4
        numbers = [packet.sequence_number for packet in bob.received]
        assert numbers != sorted(numbers)
        assert len(set(numbers)) < len(numbers)
    alice.close()
    bob.close()
