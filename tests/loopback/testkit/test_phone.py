"""The caller with a voice, proved against a SIPp that answers; the application, against an HTTP client."""

import aiohttp
import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.outside_sound import tone
from tests.testkit.phone import HOLD, RESUME, Phones
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_scenario import AnswerScenario
from tests.testkit.sip_text import Offer
from tests.testkit.sipp import SIPP, SippCallee

pytestmark = pytest.mark.loopback


@pytest.mark.skipif(SIPP is None, reason="sipp is not installed")
async def test_a_call_speaks_holds_resumes_and_hangs_up(tmp_path):
    other = await RtpPeer.open()
    async with (
        SippCallee(AnswerScenario(str(Offer(other.port))), tmp_path) as callee,
        Phones(("127.0.0.1", callee.port), tmp_path) as phones,
    ):
        call = await (await phones.dial("1111")).answered()
        await call.voice.say(tone(450, 0.3))
        await other.hears(450, 0.26)
        held = await call.sip.do(HOLD)
        resumed = await call.sip.do(RESUME)
        await call.hang_up()
        await callee.finished()
    other.close()
    assert (held.message.status, resumed.message.status) == (200, 200)


async def test_the_application_answers_in_turn_and_remembers_what_it_was_asked():
    async with FakeApplication() as application, aiohttp.ClientSession() as http:
        application.answer("/doc", "<Response/>", Reply("gone", 410, "text/plain"))
        async with http.post(application.url("/doc?a=1"), data={"Digits": "12#", "To": "+1"}) as first:
            assert (first.status, first.content_type) == (200, "text/xml")
        async with http.get(application.url("/doc?b=2")) as second:
            assert (second.status, await second.text()) == (410, "gone")
        async with http.get(application.url("/elsewhere")) as unknown:
            assert unknown.status == 404
        posted, got = application.requests_to("/doc")
    assert posted.parameters == (("Digits", "12#"), ("To", "+1"))
    assert got["b"] == "2"


async def test_the_application_can_answer_wrongly():
    async with FakeApplication() as application, aiohttp.ClientSession() as http:
        application.answer("/garbage", Reply(raw=b"\x00\x01 no HTTP\r\n\r\n"))
        application.answer("/untyped", Reply("<Response/>", content_type=None))
        application.answer("/drip", Reply("slow", drip=0.01))
        application.answer("/hang", Reply(hangs=True))
        with pytest.raises(aiohttp.ClientError):
            await http.get(application.url("/garbage"))
        async with http.get(application.url("/untyped")) as untyped:
            assert "Content-Type" not in untyped.headers
        async with http.get(application.url("/drip")) as dripping:
            assert await dripping.text() == "slow"
        with pytest.raises(TimeoutError):
            await http.get(application.url("/hang"), timeout=aiohttp.ClientTimeout(total=0.1))
