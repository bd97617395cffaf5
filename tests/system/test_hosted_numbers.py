"""Numbers hosted here, called by calls made here: two calls with a CallSid each, and no carrier."""

from __future__ import annotations

import asyncio

from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.silent_phone import SilentPhone
from tests.testkit.waiting import eventually

CARRIER = free_port()

SETTINGS = {
    "sip": {"ping_interval": 0.0},
    "trunks": [{"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+"]}],
}
SALES, DESK = "+15550003001", "+15550003002"


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {"number": "3000", "voice_url": port.url("/front-desk")},
        {
            "number": SALES,
            "voice_url": port.url("/sales"),
            "status_callback": port.url("/sales-status"),
            "sms_url": port.url("/sales-text"),
        },
        {"number": DESK, "voice_url": port.url("/front-desk"), "sms_url": port.url("/desk-text")},
    ]


async def test_an_application_connects_its_caller_to_another_number_of_the_server(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    agent = await callees.add()
    application.answer(
        "/front-desk", f'<Response><Dial answerOnBridge="true" action="/done">{SALES}</Dial></Response>'
    )
    application.answer("/sales", f'<Response><Dial answerOnBridge="true">{agent.noun}</Dial></Response>')
    application.answer("/done", "<Response/>")
    application.answer("/sales-status", "")
    async with SilentPhone(CARRIER) as carrier:
        call = await (await phones.dial("3000", from_user="+13055550100")).answered()
        await agent.invited()
        await agent.sip.reached("answered")
        call.voice.say_nowait(tone(700, 4))
        agent.voice.say_nowait(tone(1500, 4))
        await call.voice.hears(1500, 1.0)
        await agent.voice.hears(700, 1.0)
        assert seconds_of_tone(call.voice.heard(), 700) == 0
        await call.hang_up()
        await agent.sip.reached("byed")
        told = await application.request_to("/sales")
        assert (told["From"], told["To"], told["Direction"]) == ("+13055550100", SALES, "inbound")
        assert told["CallSid"] != call.call_sid
        dialled = await application.request_to("/done")
        assert (dialled["DialCallStatus"], dialled["CallSid"]) == ("completed", call.call_sid)
        assert dialled["DialCallSid"] not in (call.call_sid, told["CallSid"])
        leg, theirs = daemon.call(dialled["DialCallSid"]), daemon.call(told["CallSid"])
        assert (leg["direction"], leg["parent_call_sid"]) == ("outbound-dial", call.call_sid)
        assert (theirs["direction"], theirs["parent_call_sid"]) == ("inbound", None)
        await eventually(
            lambda: application.requests_to("/sales-status")[-1]["CallStatus"] == "completed",
            5,
            "the number's own callback is told the end",
        )
        assert not carrier.invites


async def test_the_sdk_calls_a_number_of_the_server_and_one_application_presses_keys_for_another(
    twilio: Client, application: FakeApplication, daemon: Daemon
):
    gather = '<Gather numDigits="3" action="/pressed" timeout="10"/>'
    application.answer("/sales", f"<Response>{gather}</Response>")
    application.answer("/pressed", "<Response><Hangup/></Response>")
    application.answer("/sales-status", "")
    application.answer("/status", "")
    call = await asyncio.to_thread(
        twilio.calls.create,
        to=SALES,
        from_="+15126002188",
        twiml='<Response><Play digits="w407"/><Pause length="20"/></Response>',
        status_callback=application.url("/status"),
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    pressed = await application.request_to("/pressed")
    assert (pressed["Digits"], pressed["From"], pressed["To"]) == ("407", "+15126002188", SALES)
    assert pressed["CallSid"] != call.sid
    states = [(await application.request_to("/status", number=each))["CallStatus"] for each in (1, 2, 3, 4)]
    assert states == ["initiated", "ringing", "in-progress", "completed"]
    fetched = await asyncio.to_thread(twilio.calls(call.sid).fetch)
    assert (fetched.direction, fetched.status, fetched.to) == ("outbound-api", "completed", SALES)
    await daemon.clean()


async def test_an_application_dials_another_application_which_is_told_parameters(
    twilio: Client, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/sales", '<Response><Gather numDigits="2" action="/pressed" timeout="10"/></Response>'
    )
    application.answer("/pressed", "<Response><Hangup/></Response>")
    application.answer("/sales-status", "")
    application.answer("/speaker", '<Response><Play digits="ww55"/><Pause length="20"/></Response>')
    application.answer("/speaker-status", "")
    speaker = await asyncio.to_thread(
        twilio.applications.create,
        friendly_name="speaker",
        voice_url=application.url("/speaker"),
        status_callback=application.url("/speaker-status"),
    )
    document = VoiceResponse()
    noun = document.dial(timeout=10).application(customer_id="hotel 7")
    noun.application_sid(speaker.sid)
    noun.parameter(name="ticket", value="a 12")
    call = await asyncio.to_thread(twilio.calls.create, to=SALES, from_="+15126002188", twiml=str(document))
    asked = await application.request_to("/speaker")
    assert (asked["From"], asked["To"], asked["Direction"]) == ("+15126002188", speaker.sid, "inbound")
    assert (asked["Param_ticket"], asked["CustomerId"]) == ("a 12", "hotel 7")
    assert (await application.request_to("/pressed"))["Digits"] == "55"
    ended = await application.request_to("/speaker-status")
    assert (ended["CallSid"], ended["CallStatus"]) == (asked["CallSid"], "completed")
    (leg,) = await asyncio.to_thread(twilio.calls.list, parent_call_sid=call.sid)
    assert (leg.direction, leg.to) == ("outbound-dial", speaker.sid)
    await daemon.clean()


async def test_a_caller_who_leaves_while_the_other_numbers_agent_rings_cancels_all_of_it(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    agent = await callees.add(waits=True)
    application.answer("/front-desk", f"<Response><Dial>{SALES}</Dial></Response>")
    application.answer("/sales", f'<Response><Dial answerOnBridge="true">{agent.noun}</Dial></Response>')
    application.answer("/sales-status", "")
    call = await (await phones.dial("3000")).answered()
    await agent.sip.reached("ringing")
    await call.hang_up()
    await agent.sip.reached("cancelled")
    sales = (await application.request_to("/sales"))["CallSid"]
    await eventually(lambda: daemon.call(sales)["status"] == "canceled", 10, "the number's call is canceled")


async def test_a_number_that_rejects_is_busy_to_who_dialled_it(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/front-desk", f'<Response><Dial action="/done">{SALES}</Dial></Response>')
    application.answer("/sales", '<Response><Reject reason="busy"/></Response>')
    application.answer("/sales-status", "")
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    assert (await application.request_to("/done"))["DialCallStatus"] == "busy"
    await call.ended_by_server()
    sales = (await application.request_to("/sales"))["CallSid"]
    await eventually(lambda: daemon.call(sales)["status"] == "busy", 10, "the call that was refused")


async def test_the_sdk_writes_to_a_number_of_the_server_and_two_documents_talk(
    twilio: Client, application: FakeApplication, daemon: Daemon
):
    application.answer("/sales-text", "<Response><Message>We are open until six.</Message></Response>")
    application.answer("/desk-text", "<Response/>")
    application.answer("/told", "")
    created = await asyncio.to_thread(
        twilio.messages.create,
        to=SALES,
        from_=DESK,
        body="Open today?",
        status_callback=application.url("/told"),
    )
    asked = await application.request_to("/sales-text")
    assert (asked["From"], asked["To"], asked["Body"]) == (DESK, SALES, "Open today?")
    answered = await application.request_to("/desk-text")
    assert (answered["From"], answered["To"], answered["Body"]) == (SALES, DESK, "We are open until six.")
    await application.request_to("/told", 2)
    assert [each["MessageStatus"] for each in application.requests_to("/told")] == ["sent", "delivered"]
    listed = await asyncio.to_thread(twilio.messages.list, to=SALES)
    assert {(each.sid, each.direction) for each in listed} == {
        (created.sid, "outbound-api"),
        (asked["MessageSid"], "inbound"),
    }
