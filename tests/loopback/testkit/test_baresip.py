"""The steered baresip, proved against a SIPp that answers and an RTP peer that listens."""

import pytest

from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_scenario import AnswerScenario
from tests.testkit.sip_text import Offer, audio_of
from tests.testkit.sipp import SIPP, SippCallee
from tests.testkit.waiting import eventually

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(BARESIP is None, reason="baresip is not installed"),
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed"),
]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_tones_pass_both_ways_and_keys_arrive(tmp_path, transport):
    voice = await RtpPeer.open()
    answer = AnswerScenario(str(Offer(voice.port)))
    async with (
        SippCallee(answer, tmp_path, transport=transport.upper()) as callee,
        Baresip(tmp_path / "baresip", tone(450, 20.0), transport=transport) as phone,
    ):
        await phone.dial(f"sip:1111@127.0.0.1:{callee.port}")
        offered = audio_of(callee.reports[0].message.body)
        voice.connect(offered.host, offered.port)
        await voice.hears(450, 0.4)
        await voice.say(tone(650, 0.6))
        await eventually(
            lambda: seconds_of_tone(phone.heard(), 650) > 0.3,
            5.0,
            "baresip hears 650 Hz",
            context=phone.story,
        )
        await phone.press("12#")
        await eventually(
            lambda: voice.digits_heard() == "12#", 5.0, "the keys arrive", context=voice.digits_heard
        )
        await phone.hang_up()
        await callee.finished()
    voice.close()
