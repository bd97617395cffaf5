"""An application that was written for Twilio, beside the daemon: its numbers are made in Twilio's dialect."""

from __future__ import annotations

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones

# A SIPp that waits for its call takes an OPTIONS for a fault.
SETTINGS = {"sip": {"ping_interval": 0}}

SESSION = (("Set-Cookie", "session=abc.def=; Path=/; HttpOnly"),)


async def test_a_menu_keeps_its_session_and_its_callbacks_say_what_twilios_say(
    twilio: Client, phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    await asyncio.to_thread(
        twilio.incoming_phone_numbers.create,
        phone_number="+14155550199",
        voice_url=application.url("/voice"),
        status_callback=application.url("/status"),
    )
    busy = await callees.add("486 Busy Here")
    noun = f"<Sip statusCallback='/leg'>{busy.uri}</Sip>"
    record = "<Record timeout='1' maxLength='2' playBeep='false' action='/recorded'/>"
    application.answer("/voice", Reply(f"<Response><Dial>{noun}</Dial>{record}</Response>", headers=SESSION))
    # As frameworks answer redirect(): with a page behind it that knows GET alone.
    application.answer("/recorded", Reply(status=302, headers=(("Location", "/thanks?from=recorded"),)))
    application.answer("/thanks", "<Response/>")
    for path in ("/leg", "/status"):
        application.answer(path, "")
    call = await (await phones.dial("+14155550199")).answered()
    call.voice.say_nowait(tone(700, 3))
    # Of a leg whose events were not chosen Twilio tells the end alone.
    assert (await application.request_to("/leg"))["CallStatus"] == "busy"
    recorded = await application.request_to("/recorded")
    assert recorded.headers["Cookie"] == "session=abc.def="
    assert recorded["ApiVersion"] == "2010-04-01"
    assert recorded["RecordingDuration"] == "2"
    sound = daemon.get(recorded["RecordingUrl"].removeprefix(daemon.http) + ".mp3")
    assert (sound.status, sound.body[:3]) == (200, b"ID3")
    await call.ended_by_server()
    thanked = await application.request_to("/thanks")
    assert (thanked.method, thanked["from"], thanked["RecordingSid"]) == (
        "GET", "recorded", recorded["RecordingSid"],
    )  # fmt: skip
    ended = await application.request_to("/status")
    assert ended["CallStatus"] == "completed"
    assert int(ended["CallDuration"]) >= 2


async def test_an_application_handles_a_call_by_its_sid(
    twilio: Client, callees: Callees, application: FakeApplication, daemon: Daemon
):
    made = await asyncio.to_thread(
        twilio.applications.create,
        friendly_name="reminder",
        voice_url=application.url("/remind"),
        voice_method="GET",
        status_callback=application.url("/ended"),
    )
    application.answer("/remind", "<Response/>")
    application.answer("/ended", "")
    bob, busy = await callees.add(), await callees.add("486 Busy Here")
    for callee in (bob, busy):
        await asyncio.to_thread(
            twilio.calls.create, to=callee.uri, from_="+15550001", application_sid=made.sid
        )
    assert (await application.request_to("/remind")).method == "GET"
    await bob.hung_up_on()
    await application.request_to("/ended", number=2)
    told = {request["To"]: request["CallStatus"] for request in application.requests_to("/ended")}
    assert told == {bob.uri: "completed", busy.uri: "busy"}
    with pytest.raises(TwilioRestException, match="no such application"):
        await asyncio.to_thread(
            twilio.calls.create, to=bob.uri, from_="+15550001", application_sid="AP" + "0" * 32
        )
    await daemon.clean()
