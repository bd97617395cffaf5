from engine.legs.leg_media import LegMedia
from media.codecs.registry import OPUS, PCMU
from media.srtp import SrtpPolicy


def test_a_call_to_ourselves_needs_neither_the_way_through_a_nat_nor_encryption():
    outside = LegMedia("203.0.113.7", (OPUS, PCMU), SrtpPolicy.REQUIRED, here="10.0.0.5", to_browser=True)
    inside = outside.for_ourselves()
    assert (inside.address, inside.srtp, inside.to_browser) == ("10.0.0.5", SrtpPolicy.OFF, False)
    assert inside.codecs == outside.codecs
