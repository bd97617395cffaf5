"""Conferences: the daemon as a process between outside phones that speak and listen (testcases.md I)."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.conferences import hang_up_all, join, participants, room
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import RATE, Samples, seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import HOLD, RESUME, Phones
from tests.testkit.recordings import download
from tests.testkit.sip_text import in_multipart
from tests.testkit.waiting import eventually

MEMBERS, MODERATOR, OTHER = "3001", "3002", "3003"
CARRIER = "127.0.0.9"
SETTINGS = {
    "sip": {"ping_interval": 0.0, "anonymous_inbound": True},
    "trunks": [{"name": "pstn", "uri": f"sip:{CARRIER}", "allow_from": [f"{CARRIER}/32"]}],
}
PEAK = 3000
"""Of the tones the phones speak: five together stay below full scale."""
BEEP, DEPARTURE = 1000, 600
"""Hertz."""


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": number, "voice_url": port.url(f"/{number}")} for number in (MEMBERS, MODERATOR, OTHER)]


def level_of(sound: Samples, frequency: float, seconds: float = 0.5) -> float:
    """Return the amplitude of a tone in the last part of a sound."""
    window = sound[-round(seconds * RATE) :].astype(np.float64)
    turns = 2j * np.pi * frequency * np.arange(len(window)) / RATE
    return float(2 * abs(np.dot(window, np.exp(-turns))) / len(window))


async def test_each_of_five_hears_the_four_others_at_their_level_and_never_itself(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room(beep="false"))
    calls = await join(phones, daemon, *[MEMBERS] * 5)
    voices = dict(zip((500, 700, 1100, 1500, 1900), calls, strict=True))
    for frequency, call in voices.items():
        call.voice.say_nowait(tone(frequency, 6.0, PEAK))

    def all_are_heard() -> bool:
        return all(
            0.9 * PEAK < level_of(call.voice.heard(), frequency) < 1.1 * PEAK
            for mine, call in voices.items()
            for frequency in voices
            if frequency != mine
        )

    await eventually(all_are_heard, 5.0, "everybody hears the four others", every=0.2)
    # G.711 puts products of the tones some 37 dB below them, also where nobody speaks.
    for mine, call in voices.items():
        assert level_of(call.voice.heard(), mine) < 0.03 * PEAK, f"{mine} Hz hears itself"
    await hang_up_all(calls)


async def test_i01_dial_conference_ends_for_both_at_the_time_limit(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("test", dial='timeLimit="2"'))
    calls = await join(phones, daemon, MEMBERS, MEMBERS)
    await asyncio.gather(*(call.ended_by_server() for call in calls))


async def test_i02_one_alone_is_hung_up_at_the_time_limit(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("test", dial='timeLimit="1"'))
    call = await (await phones.dial(MEMBERS)).answered()
    await call.ended_by_server()


async def test_i04_i10_one_alone_joins_and_leaves_cleanly(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room())
    calls = await join(phones, daemon, MEMBERS)
    await hang_up_all(calls)
    await participants(daemon, 0)


async def test_i05_two_who_call_at_the_same_time_are_in_the_same_room(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("test", dial='timeLimit="50"'))
    bob, george = await asyncio.gather(phones.dial(MEMBERS), phones.dial(MEMBERS))
    await asyncio.gather(bob.answered(), george.answered())
    await participants(daemon, 2)
    assert daemon.metrics()["dialplane_conferences"] == 1
    bob.voice.say_nowait(tone(700, 2.0))
    await george.voice.hears(700, 0.5)
    await hang_up_all([bob, george])


async def test_i07_a_participant_on_hold_by_reinvite_stays_in_the_room_and_is_heard_when_back(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("test"))
    bob, george = calls = await join(phones, daemon, MEMBERS, MEMBERS)
    assert (await bob.sip.do(HOLD)).message.status == 200
    await participants(daemon, 2)
    assert (await bob.sip.do(RESUME)).message.status == 200
    bob.voice.say_nowait(tone(700, 2.0))
    george.voice.say_nowait(tone(1500, 2.0))
    await george.voice.hears(700, 0.5)
    await bob.voice.hears(1500, 0.5)
    await hang_up_all(calls)


async def test_i08_a_caller_whose_contact_has_no_port_is_hung_up_all_the_same(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("test", dial='timeLimit="1"'))
    call = await (await phones.dial(MEMBERS, contact="sip:bob@127.0.0.1")).answered()
    await participants(daemon, 1)
    await call.ended_by_server()


async def test_s16_a_caller_from_a_trunk_reaches_a_number_that_is_only_known_here(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", room("test"))
    call = await (await phones.dial("1111", source=CARRIER)).answered()
    await participants(daemon, 1)
    metrics = daemon.metrics()
    assert (metrics["dialplane_calls_active"], metrics["dialplane_conferences"]) == (1, 1)
    await call.hang_up()
    await participants(daemon, 0)


async def test_i11_all_who_are_in_the_room_when_it_is_over_for_them_are_hung_up(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room())
    application.answer(f"/{MODERATOR}", room(endConferenceOnExit="true", dial='timeLimit="1"'))
    calls = await join(phones, daemon, MEMBERS, MODERATOR)
    await asyncio.gather(*(call.ended_by_server() for call in calls))
    await participants(daemon, 0)


async def test_i13_who_waits_hears_the_document_of_the_wait_url(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        f"/{MEMBERS}", room(startConferenceOnEnter="false", waitUrl="/waitUrl", waitMethod="GET")
    )
    application.answer("/waitUrl", "<Response><Play>/prompt.wav</Play><Say>Please wait</Say></Response>")
    application.serve_sound("/prompt.wav", tone(1300, 1.0))
    calls = await join(phones, daemon, MEMBERS)
    asked = await application.request_to("/waitUrl")
    assert (asked.method, asked["CallSid"]) == ("GET", calls[0].call_sid)
    await calls[0].voice.hears(1300, 0.8)
    await eventually(lambda: seconds_of_sound(calls[0].voice.heard()) > 1.4, 8, "the spoken text is heard")
    await hang_up_all(calls)


async def test_i14_music_on_hold_ends_when_a_moderator_comes_and_then_all_hear_each_other(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room(startConferenceOnEnter="false", waitUrl="/moh.wav"))
    application.answer(f"/{MODERATOR}", room(beep="false"))
    application.serve_sound("/moh.wav", tone(1300, 1.0))
    bob, carol = await join(phones, daemon, MEMBERS, MEMBERS)
    await asyncio.gather(bob.voice.hears(1300, 1.5), carol.voice.hears(1300, 0.5))
    await bob.voice.say(tone(700, 0.5))
    dave = await (await phones.dial(MODERATOR)).answered()
    await participants(daemon, 3)
    assert seconds_of_tone(carol.voice.heard(), 700) == 0, "who waits is muted"
    dave.voice.say_nowait(tone(1900, 3.0))
    await asyncio.gather(bob.voice.hears(1900, 1.0), carol.voice.hears(1900, 1.0))
    bob.voice.say_nowait(tone(700, 2.0))
    await dave.voice.hears(700, 0.5)
    assert len(application.requests_to("/moh.wav")) == 1
    await hang_up_all([bob, carol, dave])


@pytest.mark.parametrize("wait", ["", None])
async def test_who_waits_hears_silence_when_asked_for_and_else_the_music_of_the_server(
    phones: Phones, application: FakeApplication, daemon: Daemon, wait: str | None
):
    chosen = {} if wait is None else {"waitUrl": wait}
    application.answer(f"/{MEMBERS}", room(startConferenceOnEnter="false", **chosen))
    calls = await join(phones, daemon, MEMBERS)
    voice = calls[0].voice
    await eventually(lambda: len(voice.heard()) > 2 * RATE, 5, "two seconds have passed")
    assert (seconds_of_sound(voice.heard()) > 1.0) is (wait is None)
    await hang_up_all(calls)


@pytest.mark.parametrize(
    ("action", "verbs"),
    [("I17_no_rcml", "<Response/>"), ("I17_other_verbs", "<Response><Play>/after.wav</Play></Response>")],
)
async def test_i17_the_action_is_requested_when_a_caller_has_left_and_gets_only_the_base_parameters(
    phones: Phones, application: FakeApplication, daemon: Daemon, action: str, verbs: str
):
    application.answer(f"/{MEMBERS}", room("test", dial='action="/action" method="GET"'))
    application.answer("/action", verbs)
    calls = await join(phones, daemon, MEMBERS)
    await hang_up_all(calls)
    done = await application.request_to("/action")
    assert (done.method, done["CallStatus"]) == ("GET", "completed")
    assert not [name for name, _ in done.parameters if name.startswith("Dial")]
    assert application.requests_to("/after.wav") == []


async def test_v01_a_caller_with_a_multipart_body_joins(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room())
    call = await (await phones.dial(MEMBERS, wrap=in_multipart)).answered()
    await participants(daemon, 1)
    await call.hang_up()


async def test_coming_and_going_is_heard(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer(f"/{MEMBERS}", room())
    bob, carol = await join(phones, daemon, MEMBERS, MEMBERS)
    await bob.voice.hears(BEEP, 0.4)
    await carol.hang_up()
    await bob.voice.hears(DEPARTURE, 0.1)
    await bob.hang_up()


async def test_who_comes_when_it_is_full_goes_on_with_the_next_verb(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room(after="<Play>/full.wav</Play>", maxParticipants="1"))
    application.serve_sound("/full.wav", tone(1900, 0.6))
    calls = await join(phones, daemon, MEMBERS)
    late = await (await phones.dial(MEMBERS)).answered()
    await late.voice.hears(1900, 0.5)
    await late.ended_by_server()
    assert [each["error_code"] for each in daemon.notifications(late.call_sid)] == [16020]
    await hang_up_all(calls)


async def test_who_only_listens_is_not_heard_and_who_presses_star_leaves(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room(beep="false"))
    application.answer(
        f"/{OTHER}",
        room(beep="false", muted="true", after="<Play>/after.wav</Play>", dial='hangupOnStar="true"'),
    )
    application.serve_sound("/after.wav", tone(1900, 0.6))
    bob, listener = await join(phones, daemon, MEMBERS, OTHER)
    listener.voice.say_nowait(tone(700, 2.0))
    bob.voice.say_nowait(tone(1500, 1.5))
    await listener.voice.hears(1500, 1.0)
    assert seconds_of_tone(bob.voice.heard(), 700) == 0
    await listener.voice.press("*")
    await listener.voice.hears(1900, 0.5)
    await listener.ended_by_server()
    await bob.hang_up()


async def test_a_coach_is_heard_by_the_one_coached_alone(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room(beep="false"))
    agent, customer = await join(phones, daemon, MEMBERS, MEMBERS)
    application.answer(f"/{OTHER}", room(beep="false", coach=agent.call_sid))
    coach = await (await phones.dial(OTHER)).answered()
    await participants(daemon, 3)
    coach.voice.say_nowait(tone(700, 2.0))
    customer.voice.say_nowait(tone(1500, 2.5, 4000))
    await coach.voice.hears(1500, 1.0)
    await eventually(lambda: level_of(agent.voice.heard(), 700) > 6000, 5, "the agent hears the coach")
    assert seconds_of_tone(customer.voice.heard(), 700) == 0
    await hang_up_all([agent, customer, coach])


async def test_a_recorded_conference_has_all_voices_and_is_told(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        f"/{MEMBERS}",
        room(
            beep="false",
            dial='recordingStatusCallback="/recording"',
            record="record-from-start",
            statusCallback="/room",
            statusCallbackEvent="start end join leave speaker active-speaker",
        ),
    )
    application.answer("/recording", "")
    application.answer("/room", "")
    bob, carol = await join(phones, daemon, MEMBERS, MEMBERS)
    bob.voice.say_nowait(tone(700, 1.5))
    await carol.voice.say(tone(1500, 1.5))
    await hang_up_all([bob, carol])
    kept = await application.request_to("/recording")
    assert (kept["RecordingStatus"], kept["RecordingSource"]) == ("completed", "Conference")
    sound = await download(kept["RecordingUrl"])
    assert all(level_of(sound[RATE // 2 : RATE], each, 0.4) > 6000 for each in (700, 1500))
    assert [each["call_sid"] for each in daemon.recordings_of(bob.call_sid)] == [bob.call_sid]
    told = await _events(application, "conference-end")
    names = [name for name in told if "spe" not in name]
    assert names[:3] == ["participant-join", "conference-start", "participant-join"]
    assert names[3:] == ["participant-leave", "participant-leave", "conference-end"]
    assert told.count("participant-speech-start") == 2
    assert "active-speaker" in told
    assert kept["ConferenceSid"] == application.requests_to("/room")[0]["ConferenceSid"]


async def _events(application: FakeApplication, last: str) -> list[str]:
    def told() -> list[str]:
        return [each["StatusCallbackEvent"] for each in application.requests_to("/room")]

    await eventually(lambda: last in told(), 5, f"{last} is told", context=application.story)
    return told()
