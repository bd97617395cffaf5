"""What an application under test is told of its calls, in the words of both dialects."""

import pytest

from rcml.api_version import API_VERSION, TWILIOS_API_VERSION
from rcml.testing import dial

GATHER = """<Response>
  <Gather action="/choice" input="dtmf speech" numDigits="1"><Say>Press 1.</Say></Gather>
</Response>"""
DIAL = """<Response>
  <Dial action="/done" record="true"><Number url="/whisper">+15550102</Number></Dial>
</Response>"""
EMPTY = "<Response/>"


def asked(document, path, **options):
    """Return what was told with the request for `path`, after a 1 is pressed into the document."""
    caller = dial({"/": document, "/choice": EMPTY}, **options)
    caller.press("1")
    return dict(caller.expect_requested(path).parameters)


def test_restcomms_words_are_the_usual_ones_as_with_a_number():
    told = asked(GATHER, "/choice")
    assert (told["ApiVersion"], told["CallerName"], told["SpeechResult"]) == (API_VERSION, "", "")
    assert not {"Called", "Caller", "SipCallId"} & told.keys()
    assert list(told)[:3] == ["CallSid", "InstanceId", "AccountSid"]


def test_in_twilios_words_parties_have_two_names_and_what_is_not_known_is_left_out():
    told = asked(GATHER, "/choice", api_version=TWILIOS_API_VERSION)
    assert (told["ApiVersion"], told["Digits"]) == (TWILIOS_API_VERSION, "1")
    assert (told["Called"], told["Caller"]) == (told["To"], told["From"]) == ("+15550199", "+15550100")
    assert not {"CallerName", "ForwardedFrom", "SpeechResult"} & told.keys()
    assert told["SipCallId"]


@pytest.mark.parametrize("version", [API_VERSION, TWILIOS_API_VERSION])
def test_a_dial_tells_of_itself_in_the_words_of_the_call(version):
    caller = dial({"/": DIAL, "/done": EMPTY, "/whisper": EMPTY}, api_version=version)
    callee = caller.expect_dialled("+15550102")
    callee.answer()
    whisper = callee.expect_requested("/whisper").parameters
    caller.wait(7.6)
    callee.hang_up()
    done = caller.expect_requested("/done").parameters
    assert (done["DialCallStatus"], done["OutboundCallSid"]) == ("completed", done["DialCallSid"])
    twilio = version == TWILIOS_API_VERSION
    assert (done.get("DialBridged"), whisper.get("ParentCallSid")) == (
        ("true", done["CallSid"]) if twilio else (None, None)
    )
    assert ("RecordingSid" in done) is twilio
    assert whisper["ApiVersion"] == version
    assert whisper["CallSid"] == callee.call_sid


def test_an_unknown_version_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'2008-08-01': write 2012-04-24 or 2010-04-01"):
        dial(EMPTY, api_version="2008-08-01")  # type: ignore[arg-type]
