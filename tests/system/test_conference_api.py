"""Conferences seen and steered through the REST API (rest-api.md 3 and 4; testcases.md I, L and N)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.conferences import hang_up_all, join, participants, room
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.recordings import download
from tests.testkit.waiting import eventually_async

MEMBERS, LATE = "3001", "3002"


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": number, "voice_url": port.url(f"/{number}")} for number in (MEMBERS, LATE)]


def newest(daemon: Daemon) -> Any:
    """Return the conference made last."""
    return daemon.resource("Conferences.json?PageSize=1")["conferences"][0]


def listed(daemon: Daemon, sid: str, query: str = "") -> list[Any]:
    found: list[Any] = daemon.resource(f"Conferences/{sid}/Participants.json{query}")["calls"]
    return found


async def test_i10_n13_a_running_conference_lists_its_participants_and_a_completed_one_none(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("seen", participantLabel="bob"))
    calls = await join(phones, daemon, MEMBERS, MEMBERS, MEMBERS)
    running = newest(daemon)
    assert (running["friendly_name"], running["status"]) == ("seen", "RUNNING_MODERATOR_PRESENT")
    seen = listed(daemon, running["sid"])
    assert [each["sid"] for each in seen] == [call.call_sid for call in calls]
    assert {key: seen[0][key] for key in ("muted", "hold", "start_conference_on_enter", "label")} == {
        "muted": False, "hold": False, "start_conference_on_enter": True, "label": "bob",
    }  # fmt: skip
    await hang_up_all(calls)
    await participants(daemon, 0)
    ended = daemon.resource(f"Conferences/{running['sid']}.json")
    assert (ended["status"], ended["reason_conference_ended"]) == ("COMPLETED", "last-participant-left")
    assert listed(daemon, running["sid"]) == []
    were_there = daemon.resource(f"Calls.json?ConferenceSid={running['sid']}&Reverse=true")["calls"]
    assert {each["sid"] for each in were_there} == {call.call_sid for call in calls}
    completed = daemon.resource("Conferences.json?Status=COMPLETED&FriendlyName=seen")["conferences"]
    assert [each["sid"] for each in completed] == [running["sid"]]


async def test_somebody_is_called_into_a_conference_by_its_name_or_sid(
    phones: Phones, application: FakeApplication, daemon: Daemon, callees: Callees, twilio: Client
):
    application.answer(f"/{MEMBERS}", room("team & co", beep="false"))
    (bob,) = await join(phones, daemon, MEMBERS)
    conference = newest(daemon)["sid"]
    george, alice = await callees.add(), await callees.add("486 Busy Here")
    added = await asyncio.to_thread(
        twilio.conferences("team & co").participants.create,
        to=george.uri,
        from_="+15550100",
        label="george",
        beep="false",
        end_conference_on_exit=True,
    )
    assert (added.status, added.label, added.conference_sid) == ("queued", "george", conference)
    await george.answered()
    await participants(daemon, 2)
    bob.voice.say_nowait(tone(700, 3))
    await george.voice.hears(700, 0.3)
    there = await asyncio.to_thread(twilio.conferences(conference).participants("george").fetch)
    assert (there.call_sid, there.end_conference_on_exit) == (added.call_sid, True)
    await asyncio.to_thread(
        twilio.conferences(conference).participants.create, to=alice.uri, from_="+15550100"
    )
    await alice.sip.reached("refused")
    await george.sip.hang_up()
    await bob.ended_by_server()
    await participants(daemon, 0)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(
            twilio.conferences(conference).participants.create, to=george.uri, from_="+15550100"
        )
    assert caught.value.status == 404


async def test_who_is_called_into_a_conference_that_nobody_is_in_begins_it(
    phones: Phones, application: FakeApplication, daemon: Daemon, callees: Callees, twilio: Client
):
    application.answer("/told", "")
    agent, customer = await callees.add(), await callees.add(waits=True)
    participants_of = twilio.conferences("Order 4.2").participants
    options = {"from_": "+15550100", "beep": "false"}
    first = await asyncio.to_thread(
        participants_of.create,
        to=agent.uri,
        label="agent",
        conference_record="record-from-start",
        conference_status_callback=application.url("/told"),
        conference_status_callback_event=["start", "end"],
        **options,
    )
    await agent.answered()
    assert (await application.request_to("/told"))["ConferenceSid"] == first.conference_sid
    second = await asyncio.to_thread(
        twilio.conferences("Order 4.2").participants.create, to=customer.uri, **options
    )
    assert second.conference_sid == first.conference_sid
    (seen,) = await asyncio.to_thread(twilio.conferences.list, friendly_name="Order 4.2")
    assert (seen.sid, seen.status) == (first.conference_sid, "in-progress")
    await customer.answers()
    await participants(daemon, 2)
    await agent.sip.hang_up()
    await customer.sip.hang_up()
    await participants(daemon, 0)
    ended = await application.request_to("/told", number=2)
    assert ended["StatusCallbackEvent"] == "conference-end"
    assert daemon.resource(f"Recordings.json?ConferenceSid={first.conference_sid}")["total"] == 1


async def test_a_conference_that_nobody_came_into_is_completed(
    phones: Phones, daemon: Daemon, callees: Callees, twilio: Client
):
    busy = await callees.add("486 Busy Here", waits=True)
    called = await asyncio.to_thread(
        twilio.conferences("nobody").participants.create, to=busy.uri, from_="+15550100"
    )
    conference = twilio.conferences(called.conference_sid)
    assert (await asyncio.to_thread(conference.fetch)).status == "init"

    async def rings() -> bool:
        (seen,) = await asyncio.to_thread(conference.participants.list)
        return (seen.call_sid, seen.status) == (called.call_sid, "ringing")

    await eventually_async(rings, 20, "who is called is listed as ringing")
    with pytest.raises(TwilioRestException, match="end the calls into it"):
        await asyncio.to_thread(conference.update, status="completed")
    await busy.refuses()
    await daemon.clean()
    assert (await asyncio.to_thread(conference.fetch)).status == "completed"
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(conference.participants.create, to=busy.uri, from_="+15550100")
    assert caught.value.status == 404


async def test_a_conferences_recording_is_paused_and_stopped_from_outside(
    phones: Phones, application: FakeApplication, daemon: Daemon, twilio: Client
):
    application.answer(f"/{MEMBERS}", room("taped", record="record-from-start"))
    calls = await join(phones, daemon, MEMBERS, MEMBERS)
    conference = newest(daemon)["sid"]
    recordings = twilio.conferences(conference).recordings
    (running,) = await asyncio.to_thread(recordings.list)
    assert (running.status, running.conference_sid) == ("in-progress", conference)
    calls[0].voice.say_nowait(tone(700, 2.0))
    await calls[1].voice.hears(700, 0.8)
    paused = await asyncio.to_thread(recordings("Twilio.CURRENT").update, status="paused")
    assert (paused.sid, paused.status) == (running.sid, "paused")
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.calls(calls[0].call_sid).recordings("Twilio.CURRENT").fetch)
    assert caught.value.status == 404
    stopped = await asyncio.to_thread(recordings(running.sid).update, status="stopped")
    assert stopped.status == "completed"
    (kept,) = daemon.resource(f"Conferences/{conference}/Recordings.json")
    assert kept["sid"] == running.sid
    assert daemon.resource(f"Recordings.json?ConferenceSid={conference}")["total"] == 1
    assert seconds_of_tone(await download(kept["file_uri"]), 700) > 0.7
    await hang_up_all(calls)
    await participants(daemon, 0)


async def test_a_conference_where_all_wait_says_that_no_moderator_is_there(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{MEMBERS}", room("waiting", startConferenceOnEnter="false", waitUrl=""))
    calls = await join(phones, daemon, MEMBERS)
    assert newest(daemon)["status"] == "RUNNING_MODERATOR_ABSENT"
    await hang_up_all(calls)


async def test_a_participant_is_muted_held_told_something_and_removed(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    document = room(beep="false", after="<Play>/after.wav</Play>")
    application.answer(f"/{MEMBERS}", document)
    application.serve_sound("/after.wav", tone(2100, 0.6))
    application.serve_sound("/hold.wav", tone(1300, 1.0))
    application.serve_sound("/notice.wav", tone(1700, 0.6))
    bob, carol = await join(phones, daemon, MEMBERS, MEMBERS)
    one = f"Conferences/{newest(daemon)['sid']}/Participants/{bob.call_sid}.json"

    assert (await daemon.ask("POST", one, Mute="true")).json["muted"] is True
    await bob.voice.say(tone(700, 0.5))
    assert seconds_of_tone(carol.voice.heard(), 700) == 0
    assert (await daemon.ask("POST", one, Mute="false")).json["muted"] is False
    await bob.voice.say(tone(700, 0.5))
    await carol.voice.hears(700, 0.3)

    shaped = (await daemon.ask("POST", one, Agc="true", NoiseGate="true")).json
    assert (shaped["agc"], shaped["noise_gate"]) == (True, True)
    # What was said while muted is no talk.
    assert 0.2 < shaped["talk_time"] < 1.2
    assert (await daemon.ask("POST", one, Agc="false")).json["agc"] is False

    held = await daemon.ask("POST", one, Hold="true", HoldUrl=application.url("/hold.wav"))
    assert held.json["hold"] is True
    carol.voice.say_nowait(tone(500, 1.0))
    await bob.voice.hears(1300, 1.2)
    assert seconds_of_tone(bob.voice.heard(), 500) == 0
    assert (await daemon.ask("POST", one, Hold="false")).json["hold"] is False

    await daemon.ask("POST", one, AnnounceUrl=application.url("/notice.wav"))
    await bob.voice.hears(1700, 0.5)
    assert seconds_of_tone(carol.voice.heard(), 1700) == 0

    assert (await daemon.ask("DELETE", one)).status == 204
    await bob.voice.hears(2100, 0.5)
    await bob.ended_by_server()
    await participants(daemon, 1)
    assert (await daemon.ask("POST", one, Mute="true")).status == 404
    await carol.hang_up()


async def test_an_announcement_is_heard_by_all_and_then_the_conference_is_ended(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        f"/{MEMBERS}", room(beep="false", statusCallback="/room", statusCallbackEvent="announcement end")
    )
    application.answer("/notice", "<Response><Play>/notice.wav</Play></Response>")
    application.answer("/room", "")
    application.serve_sound("/notice.wav", tone(1700, 0.6))
    calls = await join(phones, daemon, MEMBERS, MEMBERS)
    sid = newest(daemon)["sid"]
    changed = await daemon.ask("POST", f"Conferences/{sid}.json", AnnounceUrl=application.url("/notice"))
    assert changed.status == 200
    await asyncio.gather(*(call.voice.hears(1700, 0.5) for call in calls))
    told = await application.request_to("/room")
    assert (told["StatusCallbackEvent"], told["AnnounceUrl"]) == (
        "announcement-end",
        application.url("/notice"),
    )
    assert (await daemon.ask("POST", f"Conferences/{sid}.json", Status="completed")).status == 200
    await asyncio.gather(*(call.ended_by_server() for call in calls))
    ended = await application.request_to("/room", number=2)
    assert ended["ReasonConferenceEnded"] == "conference-ended-via-api"
    await participants(daemon, 0)
    assert (await daemon.ask("POST", f"Conferences/{sid}.json", Status="completed")).status == 410


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("{sid}/Participants/{call}.json", {}, 400),
        ("{sid}/Participants/{call}.json", {"Mute": "perhaps"}, 400),
        ("{sid}/Participants/{call}.json", {"HoldUrl": "ftp://x/y", "Hold": "true"}, 400),
        ("{sid}/Participants/{call}.json", {"Coaching": "true"}, 400),
        ("{sid}/Participants/CA00000000000000000000000000000000.json", {"Mute": "true"}, 404),
        ("{sid}.json", {}, 400),
        ("{sid}.json", {"Status": "paused"}, 400),
        ("CF00000000000000000000000000000000.json", {"Status": "completed"}, 404),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    phones: Phones, application: FakeApplication, daemon: Daemon, path: str, form: dict[str, str], status: int
):
    application.answer(f"/{MEMBERS}", room())
    (bob,) = await join(phones, daemon, MEMBERS)
    sid = newest(daemon)["sid"]
    answer = await daemon.ask("POST", "Conferences/" + path.format(sid=sid, call=bob.call_sid), **form)
    assert answer.status == status
    assert answer.json["message"]
    assert listed(daemon, sid)[0]["muted"] is False
    await bob.hang_up()


async def test_l02_a_call_of_ours_in_a_conference_is_ended(
    application: FakeApplication, daemon: Daemon, callees: Callees
):
    george = await callees.add()
    application.answer("/url", room())
    placed = await daemon.place(george.uri, Url=application.url("/url"))
    await george.answered()
    await participants(daemon, 1)
    await daemon.change(placed["sid"], Status="completed")
    await george.hung_up_on()
    await participants(daemon, 0)
    await daemon.clean()


async def test_l07_both_legs_of_a_call_are_held_in_a_conference_and_let_out_of_it_again(
    phones: Phones, application: FakeApplication, daemon: Daemon, callees: Callees
):
    alice = await callees.add()
    application.answer(f"/{MEMBERS}", f"<Response><Dial>{alice.noun}</Dial></Response>")
    application.answer("/hold", room("HoldConf1234", startConferenceOnEnter="false", waitUrl="/moh.wav"))
    application.answer("/unhold", room("HoldConf1234", beep="false"))
    application.serve_sound("/moh.wav", tone(1300, 1.0))
    bob = await (await phones.dial(MEMBERS)).answered()
    await alice.answered()
    await daemon.change(bob.call_sid, Url=application.url("/hold"), MoveConnectedCallLeg="true")
    await participants(daemon, 2)
    await asyncio.gather(bob.voice.hears(1300, 0.5), alice.voice.hears(1300, 0.5))
    sid = newest(daemon)["sid"]
    await daemon.change(bob.call_sid, Url=application.url("/unhold"))

    async def together() -> bool:
        status = daemon.resource(f"Conferences/{sid}.json")["status"]
        return status == "RUNNING_MODERATOR_PRESENT" and len(listed(daemon, sid)) == 2

    await eventually_async(together, 5.0, "both are in the conference that has started")
    bob.voice.say_nowait(tone(700, 2.0))
    await alice.voice.hears(700, 0.5)
    await bob.hang_up()
    await alice.sip.hang_up()
    await participants(daemon, 0)


async def test_the_twilio_sdk_lists_conferences_and_steers_participants(
    phones: Phones, application: FakeApplication, daemon: Daemon, twilio: Client
):
    application.answer(f"/{MEMBERS}", room("sdk", participantLabel="bob", beep="false"))
    (bob,) = await join(phones, daemon, MEMBERS)
    (conference,) = await asyncio.to_thread(
        twilio.conferences.list, friendly_name="sdk", status="in-progress", limit=5
    )
    assert (conference.status, conference.reason_conference_ended) == ("in-progress", None)
    there = twilio.conferences(conference.sid)
    (seen,) = await asyncio.to_thread(there.participants.list, muted=False)
    assert (seen.call_sid, seen.label, seen.status) == (bob.call_sid, "bob", "connected")
    muted = await asyncio.to_thread(there.participants("bob").update, muted=True)
    assert muted.muted is True
    assert await asyncio.to_thread(there.participants.list, muted=False) == []
    ended = await asyncio.to_thread(there.update, status="completed")
    assert ended.friendly_name == "sdk"
    await bob.ended_by_server()
    await participants(daemon, 0)
    fetched = await asyncio.to_thread(there.fetch)
    assert (fetched.status, fetched.reason_conference_ended) == ("completed", "conference-ended-via-api")
