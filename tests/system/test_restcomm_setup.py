"""Rows A and B of the Restcomm catalogue: setting a call up, rejecting, pausing, playing.

The row's number is in each test's name. Rows that need a second leg or the accounts API are not here; for
row A04 see test_sip_variations.
"""

import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.waiting import eventually

PLAY = "<Response><Play>/600.wav</Play></Response>"
HANG_UP = "<Response><Play>/600.wav</Play><Hangup/></Response>"
FIRST_FETCH = (
    "CallSid",
    "InstanceId",
    "AccountSid",
    "From",
    "To",
    "CallStatus",
    "ApiVersion",
    "Direction",
    "CallerName",
    "ForwardedFrom",
    "CallTimestamp",
)


@pytest.fixture(autouse=True)
def sound(application: FakeApplication) -> None:
    application.serve_sound("/600.wav", tone(600, 0.3))


async def test_a01_a_voice_url_that_cannot_be_resolved_rings_then_500(phones: Phones):
    call = await phones.dial("+12223334457")
    assert (await call.refused()).status == 500
    assert call.sip.steps[:2] == ["started", "provisional"]


async def test_a02_an_application_answering_408_rings_then_500(phones: Phones, application: FakeApplication):
    application.answer("/1111", Reply("", 408))
    call = await phones.dial("1111")
    assert (await call.refused()).status == 500
    assert call.sip.steps[:2] == ["started", "provisional"]


async def test_a05_a_content_type_with_an_empty_body_is_400(phones: Phones, application: FakeApplication):
    call = await phones.invite("1111", body=None, content_type="application/sdp")
    assert (await call.refused()).status == 400
    assert application.requests == []


@pytest.mark.parametrize("dialled", ["+12349876543", "12349876543"])
async def test_a07_a_number_is_found_with_and_without_its_plus_sign(
    phones: Phones, application: FakeApplication, dialled: str
):
    application.answer("/12349876543", PLAY)
    call = await (await phones.dial(dialled)).answered()
    await call.ended_by_server()
    assert len(application.requests_to("/12349876543")) == 1


async def test_a08_a_number_without_its_country_code_is_404(phones: Phones, application: FakeApplication):
    call = await phones.dial("2349876543")
    assert (await call.refused()).status == 404
    assert application.requests == []


async def test_a10_custom_headers_reach_the_application_and_a_bare_verb_is_a_document(
    phones: Phones, application: FakeApplication
):
    application.answer("/1111", "<Play>/600.wav</Play>")
    headers = {"X-MyCustom-Header1": "Value1", "X-MyCustom-Header2": "Value2"}
    call = await (await phones.dial("1111", headers=headers)).answered()
    await call.ended_by_server()
    await call.voice.hears(600, within=0.1)
    request = await application.request_to("/1111")
    assert request["SipHeader_X-MyCustom-Header1"] == "Value1"
    assert request["SipHeader_X-MyCustom-Header2"] == "Value2"


async def test_a11_the_first_fetch_has_the_parameters_of_the_reference_in_order(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", PLAY)
    headers = {"Diversion": "<sip:5550001@example.com>;reason=no-answer"}
    call = await (await phones.dial("1111", display_name="Bob Brown", headers=headers)).answered()
    await call.ended_by_server()
    request = await application.request_to("/1111")
    names = [name for name, _ in request.parameters]
    assert [name for name in names if name in FIRST_FETCH] == list(FIRST_FETCH)
    assert request["CallSid"] == call.call_sid
    assert (request["From"], request["To"]) == ("bob", "1111")
    assert (request["CallStatus"], request["Direction"]) == ("ringing", "inbound")
    assert (request["ApiVersion"], request["CallerName"]) == ("2012-04-24", "Bob Brown")
    assert request["ForwardedFrom"] == "5550001"
    assert request["SipHeader_Diversion"] == headers["Diversion"]
    record = daemon.call(call.call_sid)
    assert (record["from"], record["to"], record["caller_name"]) == ("bob", "1111", "Bob Brown")


async def test_a13_cancelling_after_the_ringing_is_487_and_the_record_says_canceled(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", Reply(PLAY, delay=5.0))
    call = await phones.dial("1111")
    await call.sip.reached("provisional")
    await application.request_to("/1111")
    assert (await call.sip.cancel()).message.status == 487
    await eventually(
        lambda: daemon.call(call.call_sid)["status"] == "canceled", 5.0, "the record says canceled"
    )
    assert len(application.requests_to("/1111")) == 1


@pytest.mark.parametrize(("reason", "status"), [("rejected", 603), ("busy", 486)])
async def test_b01_b02_reject_refuses_a_ringing_call(
    phones: Phones, application: FakeApplication, daemon: Daemon, reason: str, status: int
):
    application.answer("/1111", f'<Response><Reject reason="{reason}"/><Play>/600.wav</Play></Response>')
    call = await phones.dial("1111")
    assert (await call.refused()).status == status
    assert call.sip.steps[:2] == ["started", "provisional"]
    assert application.requests_to("/600.wav") == []
    await eventually(lambda: daemon.call(call.call_sid)["status"] == "busy", 5.0, "the record says busy")


async def test_b04_a_pause_before_a_reject_leaves_the_call_unanswered(
    phones: Phones, application: FakeApplication
):
    application.answer("/1111", '<Response><Pause length="1"/><Reject reason="rejected"/></Response>')
    call = await phones.dial("1111")
    assert (await call.refused()).status == 603
    refused, rung = call.sip.reports[-1], call.sip.reports[1]
    assert refused.at - rung.at == pytest.approx(1.0, abs=0.3)


async def test_b05_play_then_say_then_bye(phones: Phones, application: FakeApplication):
    application.answer("/1111", "<Response><Play>600.wav</Play><Say>Beep!</Say></Response>")
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    await call.voice.hears(600, within=0.1)


async def test_b07_the_call_ends_with_its_prompt_and_leaves_no_media(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", PLAY)
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    await daemon.clean(within=3.0)
    record = daemon.call(call.call_sid)
    assert (record["status"], record["direction"]) == ("completed", "inbound")


async def test_b08_a_sound_that_is_missing_ends_the_call_and_no_further_verb_runs(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111", "<Response><Play>/demo-prompt13.wav</Play><Redirect>/after</Redirect></Response>"
    )
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    assert application.requests_to("/after") == []
    noted = await eventually(lambda: daemon.notifications(call.call_sid), 5.0, "a notification is stored")
    assert {int(each["error_code"]) for each in noted} == {13233}
    assert daemon.call(call.call_sid)["status"] == "completed"


async def test_every_response_and_the_bye_name_the_call(phones: Phones, application: FakeApplication):
    application.answer("/1111", PLAY)
    call = await (await phones.dial("1111")).answered()
    bye = await call.ended_by_server()
    ringing = call.sip.reports[1].message
    assert call.answer
    for message in (ringing, call.answer, bye.message):
        assert message.call_sid == call.call_sid
        assert message.header("X-RestComm-AccountSid").startswith("AC")
        assert message.header("X-RestComm-ApiVersion") == "2012-04-24"


async def test_a_document_may_be_given_as_sound_or_as_plain_text(
    phones: Phones, application: FakeApplication
):
    application.serve_sound("/1111", tone(850, 0.4))
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    await call.voice.hears(850, 0.36, within=0.1)
    application.answer("/1111", Reply("Good evening.", content_type="text/plain"))
    spoken = await (await phones.dial("1111")).answered()
    await spoken.ended_by_server()
    assert spoken.voice.gaps().packets > 25
