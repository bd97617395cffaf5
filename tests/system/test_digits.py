"""Keys that a caller presses reach the application, however they travel."""

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.impairment import ImpairmentRelay, Impairments
from tests.testkit.outside_sound import dtmf, silence, speech_like
from tests.testkit.phone import Phones
from tests.testkit.rtp_peer import KeyPress
from tests.testkit.sip_scenario import InDialog
from tests.testkit.waiting import eventually

GATHER = '<Response><Gather action="/keys" numDigits="{count}" timeout="3"/></Response>'
HANG_UP = "<Response><Hangup/></Response>"


def gathers(application: FakeApplication, count: int) -> None:
    application.answer("/1111", GATHER.format(count=count))
    application.answer("/keys", HANG_UP)


async def test_telephone_events_reach_the_application(phones: Phones, application: FakeApplication):
    gathers(application, 11)
    call = await (await phones.dial("1111")).answered()
    await call.voice.press("1234567890*", gap=0.06)
    request = await application.request_to("/keys")
    await call.ended_by_server()
    assert request["Digits"] == "1234567890*"
    assert request["SpeechResult"] == ""
    assert len(application.requests_to("/keys")) == 1


async def test_keys_count_once_on_a_network_that_loses_doubles_and_mixes_up_packets(
    phones: Phones, application: FakeApplication
):
    gathers(application, 6)
    rules = Impairments(delay=0.04, jitter=0.03, loss=0.05, burst=2.0, reorder=0.05, duplicate=0.05)
    async with ImpairmentRelay(None, rules, seed=8) as relay:
        call = await (await phones.dial("1111")).answered(relay=relay)
        # The relay is not where the offer said: four packets in sequence prove it, then sound comes back.
        await eventually(lambda: relay.back.sent > 0, 5.0, "the daemon follows the sound to the relay")
        await call.voice.press("112233", gap=0.06)
        assert (await application.request_to("/keys"))["Digits"] == "112233"
        await call.ended_by_server()
        assert relay.there.lost > 0


@pytest.mark.parametrize(
    "fault",
    [
        KeyPress("7", lose_first=1),
        KeyPress("7", lose_first=3),
        KeyPress("7", lose_ends=3),
        KeyPress("7", lose_ends=2),
        KeyPress("7", marker=False),
        KeyPress("7", duplicate=True),
        KeyPress("7", ticks=2),
    ],
    ids=[
        "first-lost",
        "three-first-lost",
        "all-ends-lost",
        "two-ends-lost",
        "no-marker",
        "duplicates",
        "40-ms",
    ],
)
async def test_each_key_counts_once_whatever_happens_to_its_packets(
    phones: Phones, application: FakeApplication, fault: KeyPress
):
    gathers(application, 4)
    call = await (await phones.dial("1111")).answered()
    await call.voice.press([KeyPress("1"), fault, fault, KeyPress("9")])
    assert (await application.request_to("/keys"))["Digits"] == "1779"
    await call.ended_by_server()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/dtmf-relay", "Signal={key}\r\nDuration=160\r\n"), ("application/dtmf", "{key}")],
)
async def test_keys_by_info_reach_the_application(
    phones: Phones, application: FakeApplication, content_type: str, body: str
):
    gathers(application, 3)
    keys = {f"key-{name}": key for name, key in (("five", "5"), ("star", "*"), ("zero", "0"))}
    actions = {name: InDialog("INFO", body.format(key=key), content_type) for name, key in keys.items()}
    call = await (await phones.dial("1111", actions=actions)).answered()
    for name in keys:
        answer = await call.sip.do(name)
        assert answer.message.status == 200
    assert (await application.request_to("/keys"))["Digits"] == "5*0"
    await call.ended_by_server()


async def test_keys_are_heard_in_the_sound_when_no_telephone_event_was_offered(
    phones: Phones, application: FakeApplication
):
    gathers(application, 4)
    call = await (await phones.dial("1111", telephone_event=None)).answered()
    for key in "19*0":
        call.voice.say_nowait(dtmf(key, 0.1))
        call.voice.say_nowait(silence(0.1))
    assert (await application.request_to("/keys"))["Digits"] == "19*0"
    await call.ended_by_server()


async def test_speech_is_not_mistaken_for_keys(phones: Phones, application: FakeApplication):
    gather = '<Gather action="/keys" timeout="1"/>'
    application.answer("/1111", f"<Response>{gather}<Redirect>/silent</Redirect></Response>")
    application.answer("/silent", HANG_UP)
    call = await (await phones.dial("1111", telephone_event=None)).answered()
    call.voice.say_nowait(speech_like(3.0))
    await application.request_to("/silent")
    await call.ended_by_server()
    assert application.requests_to("/keys") == []


async def test_the_finish_key_ends_the_input_and_is_left_out(phones: Phones, application: FakeApplication):
    application.answer("/1111", '<Response><Gather action="/keys" finishOnKey="*" timeout="10"/></Response>')
    application.answer("/keys", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.press("42#*")
    assert (await application.request_to("/keys", within=3.0))["Digits"] == "42#"
    await call.ended_by_server()


async def test_keys_by_info_and_by_telephone_event_make_one_input(
    phones: Phones, application: FakeApplication
):
    gathers(application, 2)
    both = {"info": InDialog("INFO", "Signal=4\r\nDuration=100\r\n", "application/dtmf-relay")}
    call = await (await phones.dial("1111", actions=both)).answered()
    await call.sip.do("info")
    await call.voice.press("2")
    assert (await application.request_to("/keys"))["Digits"] == "42"
    await call.ended_by_server()
